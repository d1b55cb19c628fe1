/** Consensus parameters: what CometBFT would refuse is refused here, since it would stop every validator there. */
import t from "tap";
import { DEFAULT_CONSENSUS_PARAMS } from "../../../../chain/modules/consensus/index.ts";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { Msg, type MsgUpdateParams, Query } from "../../../../proto/gen/cosmos.consensus.v1.ts";
import type { ConsensusParams } from "../../../../proto/gen/tendermint.types.ts";
import { account, codec, Sandbox } from "../sandbox.ts";

const authority = codec.format(moduleAddress("gov"));
const { block, evidence, validator } = DEFAULT_CONSENSUS_PARAMS as Required<ConsensusParams>;

function update(sandbox: Sandbox, changes: Partial<MsgUpdateParams>) {
  return sandbox.deliver(Msg.methods.UpdateParams, {
    authority,
    block,
    evidence,
    validator,
    ...changes,
  } as Partial<MsgUpdateParams>);
}

t.test("the authority changes what it names, and abci stays where it is left out", (t) => {
  const sandbox = new Sandbox();
  sandbox.begin();
  t.strictSame(sandbox.query(Query.methods.Params).params!.block, block);
  t.equal(update(sandbox, { block: { maxBytes: 3_000_000n, maxGas: 200_000_000n } }).error, undefined);
  t.equal(update(sandbox, { abci: { voteExtensionsEnableHeight: 10n } }).error, undefined);
  t.equal(update(sandbox, { block: { maxBytes: 2_500_000n, maxGas: -1n } }).error, undefined);
  const { params } = sandbox.query(Query.methods.Params);
  t.match(params, {
    block: { maxBytes: 2_500_000n, maxGas: -1n },
    abci: { voteExtensionsEnableHeight: 10n },
  });
  t.end();
});

/** Source: ValidateBasic of types/params.go, CometBFT v0.40. */
const bad: readonly (readonly [name: string, changes: Partial<MsgUpdateParams>])[] = [
  ["no block", { block: undefined }],
  ["no evidence", { evidence: undefined }],
  ["no validator", { validator: undefined }],
  ["a block of no bytes", { block: { maxBytes: 0n, maxGas: 1n } }],
  ["a block of less than no bytes", { block: { maxBytes: -2n, maxGas: 1n } }],
  ["a block of more than 100 MiB", { block: { maxBytes: 104_857_601n, maxGas: 1n } }],
  ["less gas than none", { block: { maxBytes: 3_000_000n, maxGas: -2n } }],
  ["evidence that never ages by blocks", { evidence: { ...evidence!, maxAgeNumBlocks: 0n } }],
  ["evidence that never ages", { evidence: { ...evidence!, maxAgeDuration: { seconds: 0n, nanos: 0 } } }],
  ["evidence older than time", { evidence: { ...evidence!, maxAgeDuration: { seconds: -1n, nanos: 0 } } }],
  [
    "more evidence than a block",
    { block: { maxBytes: 1_000n, maxGas: -1n }, evidence: { ...evidence!, maxBytes: 1_001n } },
  ],
  ["less evidence than none", { evidence: { ...evidence!, maxBytes: -1n } }],
  ["no key type", { validator: { pubKeyTypes: [] } }],
  ["a key type that CometBFT does not have", { validator: { pubKeyTypes: ["ed25519", "rsa"] } }],
  ["vote extensions before time", { abci: { voteExtensionsEnableHeight: -1n } }],
];
for (const [name, changes] of bad) {
  t.test(`${name} is refused`, (t) => {
    const sandbox = new Sandbox();
    sandbox.begin();
    t.match(update(sandbox, changes).error, { codespace: "sdk", code: 18 });
    t.end();
  });
}

/** Source: ValidateUpdate of types/params.go, CometBFT v0.40; at height 5. */
const heights: readonly (readonly [was: bigint, will: bigint, ok: boolean])[] = [
  [0n, 0n, true],
  [0n, 6n, true],
  [0n, 5n, false],
  [0n, 4n, false],
  [6n, 0n, true],
  [6n, 7n, true],
  [6n, 5n, false],
  [5n, 5n, true],
  [5n, 0n, false],
  [5n, 9n, false],
  [4n, 4n, true],
  [4n, 6n, false],
];
for (const [was, will, ok] of heights) {
  t.test(`vote extensions from ${was} to ${will} at height 5 are ${ok ? "taken" : "refused"}`, (t) => {
    const sandbox = new Sandbox();
    sandbox.begin();
    if (was > 0n && was !== 1n)
      t.equal(update(sandbox, { abci: { voteExtensionsEnableHeight: was } }).error, undefined);
    while (sandbox.height < 5n) {
      sandbox.end();
      sandbox.begin();
    }
    t.equal(update(sandbox, { abci: { voteExtensionsEnableHeight: will } }).error === undefined, ok);
    t.end();
  });
}

t.test("nobody else may change them", (t) => {
  const sandbox = new Sandbox();
  sandbox.begin();
  t.equal(update(sandbox, { authority: account("alice") }).error?.codespace, "gov");
  t.strictSame(sandbox.query(Query.methods.Params).params!.block, block);
  t.end();
});
