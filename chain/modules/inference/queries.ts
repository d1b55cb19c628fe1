import { PageRequest } from "../../../proto/gen/cosmos.base.query.v1beta1.ts";
import {
  Query,
  type QueryReceiptsResponse,
  Receipt,
  type ReceiptsRoot,
} from "../../../proto/gen/opg.inference.v1.ts";
import { u64Bytes, u64FromBytes } from "../../runtime/bytes.ts";
import { coinToProto } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { decToWire } from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyQueryRoute, queryRoute } from "../../runtime/module.ts";
import { MAX_LIMIT, paginate } from "../../runtime/pagination.ts";
import { hashLeaf, merklePath } from "../../store/merkle.ts";
import { hashBytes } from "../../store/sha256.ts";
import { InferenceError } from "./errors.ts";
import type { InferenceKeeper } from "./keeper.ts";
import { modelReceiptsPrefix, RECEIPT_PREFIX, requesterPrefix, STORE } from "./keys.ts";
import { findOutput, findReceipt, findRoot, nextReceiptId, receiptsFrom } from "./receipts.ts";
import { partsToProto, splitFee } from "./split.ts";

/** Receipts on a page if the request does not say. */
const DEFAULT_PAGE = 100n;

export function inferenceQueries(keeper: InferenceKeeper): readonly AnyQueryRoute[] {
  const { methods } = Query;
  return [
    queryRoute(methods.Params, (ctx) => ({ params: keeper.params(ctx) })),
    queryRoute(methods.Engine, (ctx) => {
      const engine = keeper.engine(ctx);
      if (!engine) throw SdkError.keyNotFound("engine: none is set");
      return { engine };
    }),
    queryRoute(methods.Price, (ctx) => ({
      unitPrice: decToWire(keeper.unitPrice(ctx)),
      denom: keeper.params(ctx).feeDenom,
      ...keeper.use(ctx),
    })),
    queryRoute(methods.Quote, (ctx, { modelId, batch }) => {
      const { callable, cost, unitPrice, fee, denom } = keeper.quote(ctx, modelId, batch || 1n);
      return {
        computeUnits: cost.units,
        unitPrice: decToWire(unitPrice),
        modelPrice: coinToProto(callable.price),
        fee: coinToProto({ denom, amount: fee }),
        split: partsToProto(splitFee(fee, keeper.params(ctx).split)),
      };
    }),
    queryRoute(methods.Receipt, (ctx, { receiptId }) => ({ receipt: existing(ctx, receiptId) })),
    queryRoute(methods.Receipts, (ctx, { requester, modelId, height, pagination }) => {
      const store = ctx.store(STORE);
      const filters = [requester !== "", modelId !== 0n, height !== 0n].filter(Boolean).length;
      if (filters > 1)
        throw SdkError.invalidRequest("requester, model_id and height exclude each other; give one");
      if (height !== 0n) {
        const root = findRoot(ctx, height);
        return root ? pageOfBlock(ctx, root, pagination) : { receipts: [], pagination: undefined };
      }
      if (filters === 0) {
        const page = paginate(store, RECEIPT_PREFIX, pagination, (_, value) => Receipt.decode(value));
        return { receipts: page.items, pagination: page.pagination };
      }
      const prefix =
        requester !== ""
          ? requesterPrefix(ctx.addresses.parse(requester, "requester"))
          : modelReceiptsPrefix(modelId);
      const page = paginate(store, prefix, pagination, (key) => findReceipt(ctx, u64FromBytes(key)));
      return { receipts: page.items, pagination: page.pagination };
    }),
    queryRoute(methods.Output, (ctx, { receiptId }) => {
      const receipt = existing(ctx, receiptId);
      const tensors = findOutput(ctx, receiptId);
      if (!tensors) {
        throw InferenceError.pruned(
          receipt.outputHash.length === 0
            ? `receipt ${receiptId} has no output: the run failed`
            : `the output of receipt ${receiptId} is pruned; its hash is in the receipt`,
        );
      }
      return { tensors };
    }),
    queryRoute(methods.ReceiptsRoot, (ctx, { height }) => ({ root: existingRoot(ctx, height) })),
    queryRoute(methods.ReceiptProof, (ctx, { receiptId }) => {
      const receipt = existing(ctx, receiptId);
      const root = existingRoot(ctx, receipt.height);
      const leaves = receiptsFrom(ctx, root.firstId, root.count).map((each) =>
        hashLeaf(Receipt.encode(each)),
      );
      const index = Number(receiptId - root.firstId);
      const aunts = merklePath(leaves, index).map(({ sibling }) => hashBytes(sibling));
      return { receipt, root, index, aunts };
    }),
  ];
}

/** A page of one block's receipts; its key is the id of the next one. Empty where they are pruned. */
function pageOfBlock(
  ctx: Context,
  { firstId, count }: ReceiptsRoot,
  request: PageRequest | undefined,
): QueryReceiptsResponse {
  const { key, offset, limit, reverse } = PageRequest.create(request);
  if (key.length > 0 && (key.length !== 8 || offset > 0n))
    throw SdkError.invalidRequest("pagination: key must be one that a page gave, and excludes offset");
  const last = firstId + BigInt(count) - 1n;
  const idAt = (position: bigint) => (reverse ? last - position : firstId + position);
  const start = key.length === 0 ? offset : reverse ? last - u64FromBytes(key) : u64FromBytes(key) - firstId;
  if (start < 0n || start > BigInt(count)) return { receipts: [], pagination: undefined };
  const size = limit === 0n ? DEFAULT_PAGE : limit > MAX_LIMIT ? MAX_LIMIT : limit;
  const end = start + size < BigInt(count) ? start + size : BigInt(count);
  const [low, high] = reverse ? [idAt(end - 1n), idAt(start)] : [idAt(start), idAt(end - 1n)];
  const receipts = start === end ? [] : receiptsFrom(ctx, low, Number(high - low + 1n));
  const nextKey = end < BigInt(count) ? u64Bytes(idAt(end)) : new Uint8Array(0);
  return {
    receipts: reverse ? receipts.reverse() : receipts,
    pagination: { nextKey, total: key.length === 0 ? BigInt(count) : 0n },
  };
}

function existing(ctx: Context, id: bigint): Receipt {
  const receipt = findReceipt(ctx, id);
  if (receipt) return receipt;
  if (id > 0n && id < nextReceiptId(ctx))
    throw InferenceError.pruned(`receipt ${id} is pruned; the root of its block is kept`);
  throw SdkError.keyNotFound(`receipt_id: there is no receipt ${id}`);
}

function existingRoot(ctx: Context, height: bigint) {
  const root = findRoot(ctx, height);
  if (!root) throw SdkError.keyNotFound(`height: block ${height} has no receipts`);
  return root;
}
