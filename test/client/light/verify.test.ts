import t from "tap";
import {
  headerHash,
  LightError,
  type LightErrorCode,
  type VerifyOptions,
  verifyBackward,
  verifyCommit,
  verifyCommitTrusting,
  verifyForward,
  verifyZip215,
} from "../../../client/light/index.ts";
import type { LightBlock } from "../../../client/rpc/types.ts";
import type { Header } from "../../../proto/gen/tendermint.types.ts";
import {
  at,
  CHAIN_ID,
  FLAG_ABSENT,
  FLAG_COMMIT,
  FLAG_NIL,
  Key,
  makeBlock,
  makeChain,
  members,
  recordedBlocks,
  signBlock,
} from "./chain.ts";

const third = { numerator: 1n, denominator: 3n };

function options(chainId = CHAIN_ID, now = at(100n)): VerifyOptions {
  return { chainId, trustingPeriod: 1_000_000n, maxClockDrift: 10n, trustLevel: third, now };
}

function codeOf(run: () => void): LightErrorCode | "accepted" {
  try {
    run();
    return "accepted";
  } catch (error) {
    if (error instanceof LightError) return error.code;
    throw error;
  }
}

const recorded = recordedBlocks();
const chainId = recorded[0]!.header.chainId;
const recordedOptions = options(chainId, recorded.at(-1)!.header.time);

t.test("every recorded block has the hash its commit signs, and follows from the one before", async (t) => {
  for (const [index, block] of recorded.entries()) {
    t.same(headerHash(block.header), block.commit.blockId.hash, `height ${block.header.height}`);
    if (index === 0) continue;
    t.equal(
      codeOf(() => verifyForward(recorded[index - 1]!, block, recordedOptions)),
      "accepted",
    );
    t.equal(
      codeOf(() => verifyBackward(block, recorded[index - 1]!, chainId)),
      "accepted",
    );
  }
});

t.test(
  "a recorded block far ahead is accepted exactly while more than a third of the trusted power signs it",
  async (t) => {
    // Validators: A from 1, A and B from 7, B and C from 15, all from 27.
    const cases: [from: number, to: number, code: string][] = [
      [2, 6, "accepted"],
      [2, 14, "accepted"],
      [2, 15, "untrusted_validators"],
      [2, 26, "untrusted_validators"],
      [2, 27, "accepted"],
      [7, 15, "accepted"],
      [7, 26, "accepted"],
      [15, 32, "accepted"],
    ];
    for (const [from, to, code] of cases) {
      const run = () => verifyForward(recorded[from - 1]!, recorded[to - 1]!, recordedOptions);
      t.equal(codeOf(run), code, `${from} to ${to}`);
    }
  },
);

t.test("a header with any field changed is refused", async (t) => {
  const trusted = recorded[3]!;
  const block = recorded[4]!;
  const flip = (bytes: Uint8Array) => bytes.map((byte, index) => (index === 0 ? byte ^ 1 : byte));
  const { header } = block;
  const changes: [keyof Header, Header[keyof Header], LightErrorCode][] = [
    ["version", { ...header.version, block: 12n }, "header_hash"],
    ["version", { ...header.version, app: 2n }, "header_hash"],
    ["chainId", "another", "chain_id"],
    ["height", 6n, "height"],
    ["time", { ...header.time, nanos: header.time.nanos ^ 1 }, "header_hash"],
    ["lastBlockId", { ...header.lastBlockId, hash: flip(header.lastBlockId.hash) }, "header_hash"],
    [
      "lastBlockId",
      { ...header.lastBlockId, partSetHeader: { ...header.lastBlockId.partSetHeader, total: 2 } },
      "header_hash",
    ],
    ...(
      [
        "lastCommitHash",
        "dataHash",
        "validatorsHash",
        "nextValidatorsHash",
        "consensusHash",
        "appHash",
        "lastResultsHash",
        "evidenceHash",
        "proposerAddress",
      ] as const
    ).map((name): [keyof Header, Uint8Array, LightErrorCode] => [name, flip(header[name]), "header_hash"]),
  ];
  t.equal(new Set(changes.map(([name]) => name)).size, Object.keys(header).length, "every field is tried");
  for (const [name, value, code] of changes) {
    const tampered = { ...block, header: { ...header, [name]: value } };
    t.equal(
      codeOf(() => verifyForward(trusted, tampered, recordedOptions)),
      code,
      name,
    );
  }
});

t.test("a commit with any part changed is refused", async (t) => {
  const trusted = recorded[28]!;
  const block = recorded[29]!;
  const { commit } = block;
  const first = commit.signatures[0]!;
  const withFirst = (change: object): LightBlock => ({
    ...block,
    commit: { ...commit, signatures: [{ ...first, ...change }, ...commit.signatures.slice(1)] },
  });
  const cases: [string, LightBlock, LightErrorCode][] = [
    [
      "signature",
      withFirst({ signature: first.signature.map((b, i) => (i === 5 ? b ^ 1 : b)) }),
      "wrong_signature",
    ],
    ["empty signature", withFirst({ signature: new Uint8Array(0) }), "wrong_signature"],
    [
      "timestamp",
      withFirst({ timestamp: { ...first.timestamp, nanos: first.timestamp.nanos ^ 1 } }),
      "wrong_signature",
    ],
    ["address", withFirst({ validatorAddress: commit.signatures[1]!.validatorAddress }), "wrong_validator"],
    ["round", { ...block, commit: { ...commit, round: commit.round + 1 } }, "wrong_signature"],
    ["height", { ...block, commit: { ...commit, height: commit.height + 1n } }, "height"],
    [
      "block hash",
      { ...block, commit: { ...commit, blockId: { ...commit.blockId, hash: new Uint8Array(32) } } },
      "header_hash",
    ],
    [
      "part set",
      {
        ...block,
        commit: {
          ...commit,
          blockId: {
            ...commit.blockId,
            partSetHeader: { total: 9, hash: commit.blockId.partSetHeader.hash },
          },
        },
      },
      "wrong_signature",
    ],
    [
      "a place less",
      { ...block, commit: { ...commit, signatures: commit.signatures.slice(1) } },
      "signature_count",
    ],
    [
      "a place more",
      { ...block, commit: { ...commit, signatures: [...commit.signatures, first] } },
      "signature_count",
    ],
    [
      "places swapped",
      { ...block, commit: { ...commit, signatures: [commit.signatures[1]!, first, commit.signatures[2]!] } },
      "wrong_validator",
    ],
  ];
  for (const [name, changed, code] of cases) {
    t.equal(
      codeOf(() => verifyForward(trusted, changed, recordedOptions)),
      code,
      name,
    );
  }
});

t.test(
  "more than two thirds of the power must sign: nil votes and absent validators do not count",
  async (t) => {
    const cases: [powers: bigint[], flags: number[], code: string][] = [
      [[1n], [FLAG_COMMIT], "accepted"],
      [[1n], [FLAG_NIL], "not_enough_power"],
      [[1n], [FLAG_ABSENT], "not_enough_power"],
      [[1n, 1n, 1n], [FLAG_COMMIT, FLAG_COMMIT, FLAG_ABSENT], "not_enough_power"],
      [[1n, 1n, 1n], [FLAG_COMMIT, FLAG_COMMIT, FLAG_NIL], "not_enough_power"],
      [[1n, 1n, 1n, 1n], [FLAG_COMMIT, FLAG_ABSENT, FLAG_COMMIT, FLAG_COMMIT], "accepted"],
      [[200n, 100n, 1n], [FLAG_COMMIT, FLAG_ABSENT, FLAG_ABSENT], "not_enough_power"],
      [[200n, 100n, 1n], [FLAG_COMMIT, FLAG_NIL, FLAG_COMMIT], "accepted"],
      [[1n, 1n, 1n], [FLAG_ABSENT, FLAG_ABSENT, FLAG_ABSENT], "not_enough_power"],
    ];
    for (const [powers, flags, code] of cases) {
      const set = members(...powers);
      const trusted = makeBlock(4n, set, set, undefined);
      const block = makeBlock(5n, set, set, trusted, { flags });
      t.equal(
        codeOf(() => verifyForward(trusted, block, options())),
        code,
        `${powers} ${flags}`,
      );
    }
  },
);

t.test("lies that are well signed are refused by name", async (t) => {
  const set = members(1n, 1n, 1n, 1n);
  const strangers = [0, 1, 2, 3].map((n) => ({ key: new Key(`stranger ${n}`), power: 1n }));
  const trusted = makeBlock(4n, set, set, undefined);
  const good = makeBlock(5n, set, set, trusted);
  const later = makeBlock(9n, set, set, undefined);
  const swapped = [...good.validators];
  swapped[0] = { ...swapped[0]!, address: swapped[1]!.address };
  const cases: [string, LightBlock, LightErrorCode][] = [
    [
      "another's key signs",
      makeBlock(5n, set, set, trusted, { signers: new Map([[0, strangers[0]!.key]]) }),
      "wrong_signature",
    ],
    [
      "signed for another chain",
      makeBlock(5n, set, set, trusted, { signedChainId: "other-1" }),
      "wrong_signature",
    ],
    ["a block of another chain", makeBlock(5n, set, set, trusted, { chainId: "other-1" }), "chain_id"],
    ["validators that nobody announced", makeBlock(5n, strangers, set, trusted), "next_validators"],
    ["strangers, later", makeBlock(9n, strangers, strangers, undefined), "untrusted_validators"],
    [
      "other validators beside the header",
      { ...good, validators: strangers.map((_, i) => makeBlock(5n, strangers, set, trusted).validators[i]!) },
      "validators_hash",
    ],
    [
      "powers changed",
      { ...good, validators: good.validators.map((v) => ({ ...v, votingPower: 5n })) },
      "validators_hash",
    ],
    ["addresses swapped", { ...good, validators: swapped }, "invalid_validators"],
    ["an address swapped, later", { ...later, validators: swapped }, "invalid_validators"],
    [
      "the trusted height again",
      makeBlock(4n, set, set, undefined, { header: { appHash: new Uint8Array(32) } }),
      "height",
    ],
    ["an older height", makeBlock(3n, set, set, undefined), "height"],
    ["from the future", makeBlock(5n, set, set, trusted, { header: { time: at(103n) } }), "future_time"],
    [
      "not later than the trusted one",
      makeBlock(5n, set, set, trusted, { header: { time: trusted.header.time } }),
      "time_order",
    ],
  ];
  t.equal(
    codeOf(() => verifyForward(trusted, good, options())),
    "accepted",
  );
  t.equal(
    codeOf(() => verifyForward(trusted, later, options())),
    "accepted",
  );
  for (const [name, block, code] of cases)
    t.equal(
      codeOf(() => verifyForward(trusted, block, options())),
      code,
      name,
    );
});

t.test("a validator of the trusted set that signs in two places is found out", async (t) => {
  const set = members(1n, 1n, 1n, 1n);
  const block = makeBlock(9n, set, set, undefined);
  const doubled = {
    ...block.commit,
    signatures: [
      block.commit.signatures[0]!,
      block.commit.signatures[0]!,
      ...block.commit.signatures.slice(2),
    ],
  };
  t.equal(
    codeOf(() =>
      verifyCommitTrusting(CHAIN_ID, block.validators, doubled, { numerator: 1n, denominator: 1n }),
    ),
    "double_vote",
  );
});

t.test("validator sets that are not sound are refused", async (t) => {
  const set = members(1n, 1n);
  const block = makeBlock(9n, set, set, undefined);
  const [first, second] = block.validators as [LightBlock["validators"][0], LightBlock["validators"][0]];
  const cases: [string, LightBlock["validators"], LightErrorCode][] = [
    ["none", [], "invalid_validators"],
    ["one twice", [first, first], "invalid_validators"],
    ["no power", [first, { ...second, votingPower: 0n }], "invalid_validators"],
    ["negative power", [first, { ...second, votingPower: -1n }], "invalid_validators"],
    ["too much power", [first, { ...second, votingPower: 2n ** 62n }], "invalid_validators"],
    [
      "another kind of key",
      [first, { ...second, pubKey: { ...second.pubKey, ed25519: undefined, secp256k1: new Uint8Array(33) } }],
      "unsupported_key",
    ],
  ];
  for (const [name, validators, code] of cases) {
    t.equal(
      codeOf(() => verifyCommit(CHAIN_ID, validators, block.commit)),
      code,
      name,
    );
  }
});

t.test("a trusted header expires at the end of its period, not before", async (t) => {
  const [trusted, next] = makeChain(2, () => members(1n)) as [LightBlock, LightBlock];
  const period = { ...options(), trustingPeriod: 100n };
  const { time } = trusted.header;
  const before = { seconds: time.seconds + 99n, nanos: time.nanos };
  const end = { seconds: time.seconds + 100n, nanos: time.nanos };
  t.equal(
    codeOf(() => verifyForward(trusted, next, { ...period, now: before })),
    "accepted",
  );
  t.equal(
    codeOf(() => verifyForward(trusted, next, { ...period, now: end })),
    "expired",
  );
});

t.test("going back follows the hashes alone", async (t) => {
  const blocks = makeChain(4, () => members(1n, 1n));
  const forged = signBlock({ ...blocks[1]!.header, appHash: new Uint8Array(32) }, members(1n, 1n));
  t.equal(
    codeOf(() => verifyBackward(blocks[2]!, blocks[1]!, CHAIN_ID)),
    "accepted",
  );
  t.equal(
    codeOf(() => verifyBackward(blocks[2]!, forged, CHAIN_ID)),
    "hash_chain",
  );
  t.equal(
    codeOf(() => verifyBackward(blocks[3]!, blocks[1]!, CHAIN_ID)),
    "height",
  );
});

t.test("signatures that only ZIP-215 accepts are accepted, as CometBFT accepts them", async (t) => {
  // The identity point as key and as R, with s = 0: the equation holds for every message.
  const identity = new Uint8Array(32);
  identity[0] = 1;
  const signature = new Uint8Array(64);
  signature[0] = 1;
  t.ok(verifyZip215(identity, new TextEncoder().encode("anything"), signature));
  t.notOk(verifyZip215(identity.subarray(1), new Uint8Array(0), signature));
  t.notOk(verifyZip215(identity, new Uint8Array(0), signature.subarray(1)));
});

t.test("a header that does not follow directly costs each signature one check, not two", async (t) => {
  const set = members(1n, 1n, 1n, 1n, 1n, 1n);
  const trusted = makeBlock(4n, set, set, undefined);
  const later = makeBlock(9n, set, set, undefined);
  let checks = 0;
  const verifySignature: typeof verifyZip215 = (...args) => {
    checks++;
    return verifyZip215(...args);
  };
  verifyForward(trusted, later, { ...options(), verifySignature });
  t.equal(checks, 5, "more than 2/3 of six");
});
