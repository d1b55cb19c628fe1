import { GenesisState } from "../../../proto/gen/opg.inference.v1.ts";
import { decFromWire, decToWire } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import type { InferenceKeeper } from "./keeper.ts";
import { DEFAULT_PARAMS, DEFAULT_UNIT_PRICE, validateParams } from "./params.ts";
import {
  allOutputs,
  allReceipts,
  allRoots,
  nextReceiptId,
  prunedHeight,
  putOutput,
  putReceipt,
  putRoot,
  setNextReceiptId,
  setPrunedHeight,
} from "./receipts.ts";

export function inferenceGenesis(keeper: InferenceKeeper): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () =>
      GenesisState.create({
        params: DEFAULT_PARAMS,
        unitPrice: decToWire(DEFAULT_UNIT_PRICE),
        nextReceiptId: 1n,
      }),
    validate: (genesis, addresses) => {
      validateParams(genesis.params);
      if (decFromWire(genesis.unitPrice, "unit_price") <= 0n)
        throw SdkError.invalidRequest("unit_price: must be positive");
      let before = 0n;
      for (const [index, { id, requester }] of genesis.receipts.entries()) {
        if (id <= before)
          throw SdkError.invalidRequest(`receipts[${index}].id: ${id} does not ascend after ${before}`);
        addresses.parse(requester, `receipts[${index}].requester`);
        before = id;
      }
      if (before >= genesis.nextReceiptId && before > 0n) {
        throw SdkError.invalidRequest(
          `next_receipt_id: ${genesis.nextReceiptId} is taken; the last receipt is ${before}`,
        );
      }
    },
    init: (ctx, genesis) => {
      keeper.initParams(ctx, genesis.params);
      keeper.setUnitPrice(ctx, decFromWire(genesis.unitPrice, "unit_price"));
      const { id, idHash, conformanceHash } = ctx.compute.engine;
      keeper.setEngine(ctx, genesis.engine ?? { id, idHash, conformanceHash });
      keeper.assertEngine(ctx, ctx.compute.engine);
      setNextReceiptId(ctx, genesis.nextReceiptId || 1n);
      for (const receipt of genesis.receipts) putReceipt(ctx, receipt);
      for (const { receiptId, tensors } of genesis.outputs) putOutput(ctx, receiptId, tensors);
      for (const root of genesis.roots) putRoot(ctx, root);
      setPrunedHeight(ctx, "outputs", genesis.outputsPrunedHeight);
      setPrunedHeight(ctx, "receipts", genesis.receiptsPrunedHeight);
      keeper.setUse(ctx, genesis.lastUsed, 0n);
      return undefined;
    },
    export: (ctx) => ({
      params: keeper.params(ctx),
      engine: keeper.engine(ctx),
      unitPrice: decToWire(keeper.unitPrice(ctx)),
      nextReceiptId: nextReceiptId(ctx),
      receipts: [...allReceipts(ctx)],
      outputs: [...allOutputs(ctx)],
      roots: [...allRoots(ctx)],
      outputsPrunedHeight: prunedHeight(ctx, "outputs"),
      receiptsPrunedHeight: prunedHeight(ctx, "receipts"),
      lastUsed: keeper.use(ctx).used,
    }),
  };
}
