import t from "tap";
import { DEFAULT_PARAMS } from "../../../../chain/modules/inference/params.ts";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { Msg, Query } from "../../../../proto/gen/opg.inference.v1.ts";
import { type Asked, ask, matmul, publishModel, vector } from "../samples.ts";
import { account, codec, Sandbox } from "../sandbox.ts";

const authority = codec.format(moduleAddress("gov"));
const asked = (modelId: bigint): Asked => ({ requester: "alice", modelId, inputs: [vector(4, 1)] });

/** A chain with one published model, in the middle of block 2. */
function started(): { readonly sandbox: Sandbox; readonly modelId: bigint } {
  const sandbox = new Sandbox({ funds: { alice: 1_000_000_000n } });
  const modelId = sandbox.block(() => publishModel(sandbox, "owner", matmul(4)));
  sandbox.begin();
  return { sandbox, modelId };
}

t.test("parameters are set by the governance account alone, and are in force from the next block", (t) => {
  const { sandbox, modelId } = started();
  const params = { ...DEFAULT_PARAMS, maxTags: 1, minUnitPrice: "2000000000000000" };
  t.match(sandbox.deliver(Msg.methods.UpdateParams, { authority: account("alice"), params }).error, {
    codespace: "gov",
    code: 13,
  });
  sandbox.run(Msg.methods.UpdateParams, { authority, params });
  t.equal(
    ask(sandbox, { ...asked(modelId), tags: ["a", "b"] }).error,
    undefined,
    "this block has the old ones",
  );
  sandbox.end();
  t.strictSame(sandbox.query(Query.methods.Params).params, params, "known from this block's end");
  t.equal(
    sandbox.query(Query.methods.Price).unitPrice,
    params.minUnitPrice,
    "the price keeps to the new bounds",
  );
  sandbox.begin();
  t.match(ask(sandbox, { ...asked(modelId), tags: ["a", "b"] }).error, { code: 8 });
  t.end();
});

t.test("parameters out of bounds are refused by name", (t) => {
  const { sandbox } = started();
  const half = "500000000000000000";
  const cases: readonly (readonly [Partial<typeof DEFAULT_PARAMS>, RegExp])[] = [
    [{ feeDenom: "1" }, /fee_denom/],
    [{ split: { ...DEFAULT_PARAMS.split, burn: half } }, /weights sum to/],
    [{ split: { ...DEFAULT_PARAMS.split, burn: "-1" } }, /split\.burn/],
    [{ blockComputeBudget: 0n }, /blockComputeBudget/],
    [{ targetUse: "0" }, /target_use/],
    [{ targetUse: "1000000000000000000" }, /target_use/],
    [{ maxPriceChange: "600000000000000000" }, /max_price_change/],
    [{ minUnitPrice: "0" }, /min_unit_price/],
    [{ minUnitPrice: "2", maxUnitPrice: "1" }, /max_unit_price/],
    [{ maxInputBytes: 0n }, /maxInputBytes/],
    [{ maxTags: 65 }, /maxTags/],
    [{ outputRetentionBlocks: 0n }, /outputRetentionBlocks/],
    [{ outputRetentionBlocks: 9n, receiptRetentionBlocks: 8n }, /outputRetentionBlocks/],
    [{ receiptRetentionBlocks: 2_000_000_000n }, /receiptRetentionBlocks/],
    [{ targetUse: "0.5" }, /target_use/],
  ];
  for (const [change, message] of cases) {
    const { error } = sandbox.deliver(Msg.methods.UpdateParams, {
      authority,
      params: { ...DEFAULT_PARAMS, ...change },
    });
    t.match(error?.message ?? "", message);
    t.equal(error?.codespace, "sdk");
  }
  t.end();
});
