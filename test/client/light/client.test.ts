import t from "tap";
import {
  decodeLightBlock,
  encodeLightBlock,
  headerHash,
  LightClient,
  type LightClientOptions,
  LightError,
  type LightErrorCode,
  MemoryLightStore,
} from "../../../client/light/index.ts";
import type { LightBlock } from "../../../client/rpc/types.ts";
import {
  at,
  BlockSource,
  CHAIN_ID,
  Key,
  type Member,
  makeBlock,
  makeChain,
  members,
  recordedBlocks,
  signBlock,
} from "./chain.ts";

const recorded = recordedBlocks();

function clientOf(
  blocks: readonly LightBlock[],
  height: bigint,
  overrides: Partial<LightClientOptions> = {},
) {
  const source = new BlockSource(blocks);
  const trusted = blocks.find((block) => block.header.height === height)!;
  const options: LightClientOptions = {
    chainId: trusted.header.chainId,
    trusted: { height, hash: headerHash(trusted.header) },
    primary: source,
    trustingPeriod: 1_000_000n,
    now: () => blocks.at(-1)!.header.time,
    ...overrides,
  };
  return { source, options, open: () => LightClient.create(options) };
}

async function codeOf(run: () => Promise<unknown>): Promise<LightErrorCode | "accepted"> {
  try {
    await run();
    return "accepted";
  } catch (error) {
    if (error instanceof LightError) return error.code;
    throw error;
  }
}

t.test(
  "the recorded chain is verified from its second block to its last, by bisection where validators changed",
  async (t) => {
    const { source, open } = clientOf(recorded, 2n);
    const client = await open();
    const block = await client.verifyHeight(20n);
    t.equal(block.header.height, 20n);
    t.ok(source.asked.length > 2, "blocks between were asked for");
    t.ok(source.asked.length < 10, `but not all of them: ${source.asked}`);
    t.equal((await client.verifyLatest()).header.height, 32n);
    t.equal((await client.latestVerified()).header.height, 32n);
    const before = source.asked.length;
    await client.verifyHeight(20n);
    t.equal(source.asked.length, before, "what was verified is not asked for again");
  },
);

t.test("every height of the recorded chain verifies from every other", async (t) => {
  for (const start of [1n, 10n, 18n, 32n]) {
    const client = await clientOf(recorded, start).open();
    for (const block of recorded) {
      const verified = await client.verifyHeight(block.header.height);
      t.same(headerHash(verified.header), headerHash(block.header));
    }
  }
});

t.test(
  "with an expired start, older heights are still reached from newer ones, and newer ones are not",
  async (t) => {
    let now = recorded[9]!.header.time;
    const { open } = clientOf(recorded, 10n, { now: () => now, trustingPeriod: 1000n });
    const client = await open();
    now = { seconds: now.seconds + 2000n, nanos: 0 };
    t.equal(await codeOf(() => client.verifyHeight(5n)), "accepted");
    t.equal(await codeOf(() => client.verifyHeight(7n)), "accepted");
    t.equal(await codeOf(() => client.verifyHeight(12n)), "expired");
  },
);

t.test("a wrong trusted hash, chain or option is refused at the start", async (t) => {
  const hash = headerHash(recorded[4]!.header);
  const primary = new BlockSource([{ ...recorded[4]!, header: { ...recorded[4]!.header, height: 5n } }]);
  const cases: [string, Partial<LightClientOptions>, LightErrorCode][] = [
    ["another hash", { trusted: { height: 5n, hash: new Uint8Array(32) } }, "trusted_hash"],
    ["another height", { trusted: { height: 6n, hash } }, "trusted_hash"],
    ["another chain", { chainId: "other-1" }, "chain_id"],
    ["height 0", { trusted: { height: 0n, hash } }, "bad_options"],
    ["a short hash", { trusted: { height: 5n, hash: hash.subarray(1) } }, "bad_options"],
    ["no period", { trustingPeriod: 0n }, "bad_options"],
    ["negative drift", { maxClockDrift: -1n }, "bad_options"],
    ["a trust level of 1/4", { trustLevel: { numerator: 1n, denominator: 4n } }, "bad_options"],
    ["a trust level of 2", { trustLevel: { numerator: 2n, denominator: 1n } }, "bad_options"],
    [
      "a witness of another chain",
      { primary, witnesses: [new BlockSource(makeChain(5, () => members(1n)))] },
      "no_witness",
    ],
  ];
  for (const [name, overrides, code] of cases) {
    t.equal(await codeOf(clientOf(recorded, 5n, overrides).open), code, name);
  }
});

t.test("a node that answers with another height is found out", async (t) => {
  const { source, open } = clientOf(recorded, 5n);
  const client = await open();
  source.blocks.set(8n, recorded[8]!);
  t.equal(await codeOf(() => client.verifyHeight(8n)), "height");
});

t.test("a forged block between two others does not pass bisection", async (t) => {
  const { source, open } = clientOf(recorded, 2n);
  const client = await open();
  const pivot = recorded[10]!;
  source.blocks.set(11n, { ...pivot, header: { ...pivot.header, appHash: new Uint8Array(32) } });
  t.equal(await codeOf(() => client.verifyHeight(20n)), "header_hash");
  t.equal((await client.latestVerified()).header.height, 2n, "nothing of it was kept");
});

/** Two chains from one, signed by the same validators from height 6 on: an attack. */
function fork(length: number, set: readonly Member[], forkAt: bigint): LightBlock[] {
  const blocks: LightBlock[] = [];
  for (let height = 1n; height <= BigInt(length); height++) {
    const header = height >= forkAt ? { header: { appHash: new Uint8Array(32).fill(9) } } : {};
    blocks.push(makeBlock(height, set, set, blocks.at(-1), header));
  }
  return blocks;
}

t.test(
  "two chains signed by the same validators are reported as a divergence, with both blocks",
  async (t) => {
    const set = members(1n, 1n, 1n);
    const ours = makeChain(12, () => set);
    const theirs = fork(12, set, 6n);
    t.same(headerHash(ours[4]!.header), headerHash(theirs[4]!.header));
    const witness = new BlockSource(theirs, "test://witness");
    const { open } = clientOf(ours, 3n, { witnesses: [witness] });
    const client = await open();
    t.equal(await codeOf(() => client.verifyHeight(5n)), "accepted");
    try {
      await client.verifyHeight(10n);
      t.fail("accepted");
    } catch (error) {
      if (!(error instanceof LightError)) throw error;
      t.equal(error.code, "divergence");
      t.equal(error.divergence?.commonHeight, 5n);
      t.equal(error.divergence?.witnessName, "test://witness");
      t.notSame(headerHash(error.divergence!.primary.header), headerHash(error.divergence!.witness.header));
    }
    t.equal((await client.latestVerified()).header.height, 5n);
  },
);

t.test(
  "a witness that shows a header it cannot prove does not confirm, and does not stop another that does",
  async (t) => {
    const set = members(1n, 1n, 1n);
    const ours = makeChain(12, () => set);
    const forged = ours.map((block) =>
      block.header.height < 6n
        ? block
        : signBlock(
            { ...block.header, appHash: new Uint8Array(32) },
            [0, 1, 2].map((n) => ({ key: new Key(`thief ${n}`), power: 1n })),
          ),
    );
    const liar = new BlockSource(forged, "test://liar");
    const gone = new BlockSource(ours.slice(0, 4), "test://behind");
    const honest = new BlockSource(ours, "test://honest");
    const run = async (witnesses: BlockSource[]) => {
      const client = await clientOf(ours, 3n, { witnesses, witnessWaitMs: 0 }).open();
      return codeOf(() => client.verifyHeight(10n));
    };
    t.equal(await run([liar]), "no_witness");
    t.equal(await run([gone]), "no_witness");
    t.equal(await run([liar, gone, honest]), "accepted");
  },
);

t.test("a witness that is a block behind is waited for", async (t) => {
  const ours = makeChain(6, () => members(1n));
  const witness = new BlockSource(ours.slice(0, 5), "test://slow");
  const client = await clientOf(ours, 1n, { witnesses: [witness] }).open();
  const verifying = client.verifyHeight(6n);
  const { lightBlock } = witness;
  witness.lightBlock = async (height) => {
    witness.blocks.set(6n, ours[5]!);
    return lightBlock.call(witness, height);
  };
  t.equal((await verifying).header.height, 6n);
});

t.test("validators that change completely, one a block, are followed", async (t) => {
  const setAt = (height: bigint): Member[] =>
    [0n, 1n, 2n].map((n) => ({ key: new Key(`rolling ${height + n}`), power: 1n }));
  const { source, open } = clientOf(makeChain(30, setAt), 1n, { now: () => at(30n) });
  const client = await open();
  t.equal((await client.verifyLatest()).header.height, 30n);
  t.ok(source.asked.length >= 28, "every block, as each shares at most a third beyond the next");
});

t.test("a store carries trust from one client to the next", async (t) => {
  const store = new MemoryLightStore();
  const first = await clientOf(recorded, 2n, { store }).open();
  await first.verifyHeight(20n);
  const { source, open } = clientOf(recorded, 2n, { store });
  const second = await open();
  await second.verifyHeight(20n);
  t.same(source.asked, []);
  t.same(await second.verifyHeight(20n), recorded[19]);
});

t.test("a memory store stays within its limit and keeps the first block", async (t) => {
  const store = new MemoryLightStore(5);
  for (const block of recorded) await store.put(block);
  t.same(await store.heights(), [1n, 29n, 30n, 31n, 32n]);
});

t.test("light blocks survive their encoding", async (t) => {
  for (const block of recorded) t.same(decodeLightBlock(encodeLightBlock(block)), block);
  t.throws(() => decodeLightBlock(new Uint8Array(0)), LightError);
  t.equal(recorded[0]!.header.chainId === CHAIN_ID, false);
});
