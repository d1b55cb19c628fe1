/**
 * Proving a receipt that the chain has pruned: who kept it, and its path, proves it by the root of its block's receipts,
 * which stays in the state for ever. The path comes from the query ReceiptProof, while the chain still has the receipt.
 */

import { rootKey, STORE } from "../../chain/modules/inference/keys.ts";
import { bytesEqual, toHex } from "../../chain/runtime/bytes.ts";
import { type QueryReceiptProofResponse, Receipt, ReceiptsRoot } from "../../proto/gen/opg.inference.v1.ts";
import { merklePathRoot } from "../light/index.ts";
import { type ProofSources, verifyValue } from "./query.ts";
import { checkExpectation, checkReceipt, type ReceiptExpectation, type VerifiedReceipt } from "./receipt.ts";
import { Reporter } from "./report.ts";

export interface KeptReceiptQuery extends ProofSources, ReceiptExpectation {
  /** What was kept: the receipt, its index in its block, and the sibling hashes. Its `root` is not believed. */
  readonly kept: Pick<QueryReceiptProofResponse, "receipt" | "index" | "aunts">;
  /** The state's height; at least the receipt's own. Absent: the newest. */
  readonly height?: bigint;
  readonly waitMs?: number;
}

/**
 * Proves a kept receipt to a header that the light client verified, and checks what it says of itself.
 * @throws VerificationError naming the step that failed
 */
export async function verifyKeptReceipt(query: KeptReceiptQuery): Promise<VerifiedReceipt> {
  const { receipt, index, aunts } = query.kept;
  const reporter: Reporter = new Reporter(`receipt ${receipt.id}`);
  const key = rootKey(receipt.height);
  const { value, height, header } = await verifyValue({ ...query, store: STORE, key }, reporter);
  if (!value)
    reporter.fail("root", `no receipts of height ${receipt.height} are in the state of height ${height}`);
  const root = await reporter.attempt(
    "root",
    () => ReceiptsRoot.decode(value, { strict: true, ordered: true }),
    ({ root: hash, count }) => `of ${count} receipts of height ${receipt.height}: ${toHex(hash)}`,
  );
  if (root.height !== receipt.height)
    reporter.fail("root", `it is of height ${root.height}, not ${receipt.height}`);
  if (receipt.id !== root.firstId + BigInt(index)) {
    reporter.fail("path", `receipt ${receipt.id} is not number ${index} from ${root.firstId}`);
  }
  const led = merklePathRoot(Receipt.encode(receipt), index, root.count, aunts);
  reporter.check(
    "path",
    led !== undefined && bytesEqual(led, root.root),
    `number ${index} of ${root.count}, ${aunts.length} hashes to the root`,
    `the path leads to ${led ? toHex(led) : "nothing"}, not to the root`,
  );
  checkReceipt(receipt, height, reporter);
  checkExpectation(receipt, query, reporter);
  return { receipt, height, header, report: reporter.report() };
}
