/** Receipts, their outputs, indexes and roots in the store. */

import { Receipt, ReceiptsRoot } from "../../../proto/gen/opg.inference.v1.ts";
import { u64Bytes, u64FromBytes } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { prefixRange } from "../../runtime/range.ts";
import { hashItems } from "../../store/merkle.ts";
import {
  modelReceiptKey,
  NEXT_ID_KEY,
  OUTPUT_PREFIX,
  OUTPUTS_PRUNED_KEY,
  outputKey,
  RECEIPT_PREFIX,
  RECEIPTS_PRUNED_KEY,
  ROOT_PREFIX,
  receiptKey,
  requesterKey,
  rootKey,
  STORE,
} from "./keys.ts";
import { MAX_PRUNED_BLOCKS, MAX_PRUNED_RECEIPTS } from "./params.ts";

export function nextReceiptId(ctx: Context): bigint {
  const bytes = ctx.store(STORE).get(NEXT_ID_KEY);
  return bytes ? u64FromBytes(bytes) : 1n;
}

export function setNextReceiptId(ctx: Context, next: bigint): void {
  ctx.store(STORE).set(NEXT_ID_KEY, u64Bytes(next));
}

/** Writes a receipt and its indexes. */
export function putReceipt(ctx: Context, receipt: Receipt): void {
  const store = ctx.store(STORE);
  store.set(receiptKey(receipt.id), Receipt.encode(receipt));
  store.set(requesterKey(ctx.addresses.parse(receipt.requester), receipt.id), Uint8Array.of(1));
  store.set(modelReceiptKey(receipt.modelId, receipt.id), Uint8Array.of(1));
}

function dropReceipt(ctx: Context, id: bigint): void {
  const store = ctx.store(STORE);
  const receipt = findReceipt(ctx, id);
  if (!receipt) return;
  store.delete(receiptKey(id));
  store.delete(requesterKey(ctx.addresses.parse(receipt.requester), id));
  store.delete(modelReceiptKey(receipt.modelId, id));
}

export function findReceipt(ctx: Context, id: bigint): Receipt | undefined {
  const bytes = ctx.store(STORE).get(receiptKey(id));
  return bytes && Receipt.decode(bytes);
}

/** Receipts with ids from `first`, `count` of them, as they stand in the store; fewer if some are pruned. */
export function encodedReceiptsFrom(ctx: Context, first: bigint, count: number): Uint8Array[] {
  const range = { start: receiptKey(first), end: receiptKey(first + BigInt(count)) };
  return [...ctx.store(STORE).iterate(range)].map(([, value]) => value);
}

export function receiptsFrom(ctx: Context, first: bigint, count: number): Receipt[] {
  return encodedReceiptsFrom(ctx, first, count).map((bytes) => Receipt.decode(bytes));
}

export function* allReceipts(ctx: Context): IterableIterator<Receipt> {
  const range = prefixRange(RECEIPT_PREFIX);
  for (const [, value] of ctx.store(STORE).iterate(range)) yield Receipt.decode(value);
}

export function* allOutputs(
  ctx: Context,
): IterableIterator<{ readonly receiptId: bigint; readonly tensors: Uint8Array }> {
  const range = prefixRange(OUTPUT_PREFIX);
  for (const [key, tensors] of ctx.store(STORE).iterate(range))
    yield { receiptId: u64FromBytes(key.subarray(1)), tensors };
}

export function putOutput(ctx: Context, id: bigint, tensors: Uint8Array): void {
  ctx.store(STORE).set(outputKey(id), tensors);
}

export function findOutput(ctx: Context, id: bigint): Uint8Array | undefined {
  return ctx.store(STORE).get(outputKey(id));
}

/** Root over a block's receipts, in order of id: RFC 6962, as CometBFT's (merkle.HashFromByteSlices). */
export function rootOf(receipts: readonly Receipt[]): Uint8Array {
  return rootOfEncoded(receipts.map((receipt) => Receipt.encode(receipt)));
}

/** The same of receipts as they stand in the store, which is how they are encoded. */
export function rootOfEncoded(encoded: readonly Uint8Array[]): Uint8Array {
  return hashItems(encoded);
}

export function findRoot(ctx: Context, height: bigint): ReceiptsRoot | undefined {
  const bytes = ctx.store(STORE).get(rootKey(height));
  return bytes && ReceiptsRoot.decode(bytes);
}

export function putRoot(ctx: Context, root: ReceiptsRoot): void {
  ctx.store(STORE).set(rootKey(root.height), ReceiptsRoot.encode(root));
}

export function* allRoots(ctx: Context): IterableIterator<ReceiptsRoot> {
  const range = prefixRange(ROOT_PREFIX);
  for (const [, value] of ctx.store(STORE).iterate(range)) yield ReceiptsRoot.decode(value);
}

export type Prunable = "outputs" | "receipts";

const CURSORS: Readonly<Record<Prunable, Uint8Array>> = {
  outputs: OUTPUTS_PRUNED_KEY,
  receipts: RECEIPTS_PRUNED_KEY,
};

/** Height up to which they are pruned. */
export function prunedHeight(ctx: Context, what: Prunable): bigint {
  const bytes = ctx.store(STORE).get(CURSORS[what]);
  return bytes ? u64FromBytes(bytes) : 0n;
}

export function setPrunedHeight(ctx: Context, what: Prunable, height: bigint): void {
  if (height > 0n) ctx.store(STORE).set(CURSORS[what], u64Bytes(height));
}

/** Prunes blocks up to `height`, some of them a block; roots stay. */
export function prune(ctx: Context, what: Prunable, height: bigint): void {
  const from = prunedHeight(ctx, what) + 1n;
  if (height < from) return;
  const due: ReceiptsRoot[] = [];
  let receipts = 0;
  let isWhole = true;
  for (const [, value] of ctx.store(STORE).iterate({ start: rootKey(from), end: rootKey(height + 1n) })) {
    const root = ReceiptsRoot.decode(value);
    // One block always: it took a block's work to fill, and pruning must keep up.
    if (due.length > 0 && (due.length === MAX_PRUNED_BLOCKS || receipts + root.count > MAX_PRUNED_RECEIPTS)) {
      isWhole = false;
      break;
    }
    due.push(root);
    receipts += root.count;
  }
  for (const { firstId, count } of due) {
    for (let id = firstId; id < firstId + BigInt(count); id++) {
      if (what === "outputs") ctx.store(STORE).delete(outputKey(id));
      else dropReceipt(ctx, id);
    }
  }
  setPrunedHeight(ctx, what, isWhole ? height : due.at(-1)!.height);
}
