/** CometBFT's parameters by vote: what may change, and what would leave a chain that cannot vote itself back. */
import t from "tap";
import { AUTHORITY } from "../../../../chain/runtime/authority.ts";
import { Msg, type MsgUpdateParams, Query } from "../../../../proto/gen/cosmos.consensus.v1.ts";
import { account, codec, Sandbox } from "../sandbox.ts";

const authority = codec.format(AUTHORITY);

function message(sandbox: Sandbox): MsgUpdateParams {
  const params = sandbox.query(Query.methods.Params).params!;
  return {
    authority,
    block: params.block,
    evidence: params.evidence,
    validator: params.validator,
    abci: params.abci,
  };
}

type Change = (message: MsgUpdateParams) => Partial<MsgUpdateParams>;
const block =
  (changes: object): Change =>
  (m) => ({ block: { ...m.block!, ...changes } });
const evidence =
  (changes: object): Change =>
  (m) => ({ evidence: { ...m.evidence!, ...changes } });

const refused: Readonly<Record<string, readonly [Change, RegExp]>> = {
  "no block": [() => ({ block: undefined }), /block, evidence and validator must all be given/],
  "no evidence": [() => ({ evidence: undefined }), /must all be given/],
  "no validator": [() => ({ validator: undefined }), /must all be given/],
  "blocks of nothing": [block({ maxBytes: 0n }), /block\.max_bytes: 0/],
  "blocks over CometBFT's bound": [block({ maxBytes: 104_857_601n }), /block\.max_bytes/],
  "blocks that cannot hold their own header": [
    block({ maxBytes: 2_097_151n }),
    /block\.max_bytes: 2097151 is not -1 or at least/,
  ],
  "gas below none": [block({ maxGas: -2n }), /block\.max_gas: -2/],
  "gas that no vote fits into": [block({ maxGas: 9_999_999n }), /block\.max_gas/],
  "evidence that is never too old": [evidence({ maxAgeNumBlocks: 0n }), /max_age_num_blocks/],
  "evidence that is always too old": [
    evidence({ maxAgeDuration: { seconds: 0n, nanos: 0 } }),
    /max_age_duration/,
  ],
  "evidence larger than a block": [evidence({ maxBytes: 104_857_601n }), /evidence\.max_bytes/],
  "no type of key": [() => ({ validator: { pubKeyTypes: [] } }), /pub_key_types/],
  "a type of key that this chain has not": [
    () => ({ validator: { pubKeyTypes: ["secp256k1"] } }),
    /pub_key_types: secp256k1/,
  ],
  "vote extensions in the past": [
    () => ({ abci: { voteExtensionsEnableHeight: 1n } }),
    /vote_extensions_enable_height: 1 is not after/,
  ],
};

for (const [name, [change, text]] of Object.entries(refused)) {
  t.test(`refused: ${name}`, async (t) => {
    const sandbox = new Sandbox();
    sandbox.begin();
    const now = message(sandbox);
    const { error } = sandbox.deliver(Msg.methods.UpdateParams, { ...now, ...change(now) });
    t.match(error, { codespace: "sdk", code: 18, message: text });
  });
}

t.test("what may change does, and is told by an event", async (t) => {
  const sandbox = new Sandbox();
  sandbox.begin();
  const now = message(sandbox);
  t.match(sandbox.deliver(Msg.methods.UpdateParams, { ...now, authority: account("alice") }).error, {
    codespace: "gov",
    code: 13,
  });
  const next = { ...now, block: { maxBytes: 2_097_152n, maxGas: 10_000_000n }, abci: undefined };
  const { events, error } = sandbox.deliver(Msg.methods.UpdateParams, next);
  t.equal(error, undefined);
  t.match(events, [
    {
      type: "update_consensus_params",
      attributes: [
        { key: "authority", value: authority },
        { key: "parameters", value: /^block:<max_bytes:2097152 max_gas:10000000 > evidence:</ },
      ],
    },
  ]);
  t.same(sandbox.query(Query.methods.Params).params?.block, next.block);
  t.same(sandbox.query(Query.methods.Params).params?.abci, now.abci, "what is left out stays");
});

t.test(
  "vote extensions are switched on at a height to come, and not off again once they are in force",
  async (t) => {
    const sandbox = new Sandbox();
    sandbox.begin();
    const set = (height: bigint) => {
      const now = message(sandbox);
      return sandbox.deliver(Msg.methods.UpdateParams, {
        ...now,
        abci: { voteExtensionsEnableHeight: height },
      }).error;
    };
    t.equal(set(3n), undefined);
    t.equal(set(0n), undefined, "not in force yet");
    t.equal(set(2n), undefined);
    sandbox.end();
    sandbox.block(() => undefined);
    sandbox.begin();
    t.match(set(0n), { message: /in force since 2/ });
  },
);
