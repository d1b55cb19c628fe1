/** Proving a receipt: what was asked of which model, what was answered, and where the fee went. */

import { type NamedTensor, tensorsHash } from "../../chain/engine/tensor.ts";
import { STORE as INFERENCE_STORE, receiptKey } from "../../chain/modules/inference/keys.ts";
import { bytesEqual, toHex } from "../../chain/runtime/bytes.ts";
import { Mode, Receipt, Status } from "../../proto/gen/opg.inference.v1.ts";
import type { Header } from "../../proto/gen/tendermint.types.ts";
import { type ProofSources, verifyValue } from "./query.ts";
import { type Report, Reporter } from "./report.ts";

const HASH_BYTES = 32;

export interface ReceiptExpectation {
  /** What was asked; compared by its hash. */
  readonly inputs?: readonly NamedTensor[];
  /** What was answered; compared by its hash. */
  readonly outputs?: readonly NamedTensor[];
  /** SHA-256 of the model's file. */
  readonly modelHash?: Uint8Array;
}

export interface ReceiptQuery extends ProofSources, ReceiptExpectation {
  readonly receiptId: bigint;
  /** The state's height; at least the receipt's own. Absent: the newest. */
  readonly height?: bigint;
  readonly waitMs?: number;
}

export interface VerifiedReceipt {
  readonly receipt: Receipt;
  /** Height of the state that it was proven in. */
  readonly height: bigint;
  readonly header: Header;
  readonly report: Report;
}

/**
 * Proves a receipt to a header that the light client verified, and checks what the receipt says of itself.
 * @throws VerificationError naming the step that failed
 */
export async function verifyReceipt(query: ReceiptQuery): Promise<VerifiedReceipt> {
  const { receiptId } = query;
  const reporter: Reporter = new Reporter(`receipt ${receiptId}`);
  const { value, height, header } = await verifyValue(
    { ...query, store: INFERENCE_STORE, key: receiptKey(receiptId) },
    reporter,
  );
  if (!value) {
    reporter.fail(
      "receipt",
      `proven to be absent from the state of height ${height}: there was never one, it is not in a block yet, or it was pruned`,
    );
  }
  const receipt = await readReceipt(value, receiptId, reporter);
  checkReceipt(receipt, height, reporter);
  checkExpectation(receipt, query, reporter);
  return { receipt, height, header, report: reporter.report() };
}

async function readReceipt(value: Uint8Array, receiptId: bigint, reporter: Reporter): Promise<Receipt> {
  const receipt = await reporter.attempt(
    "receipt",
    () => Receipt.decode(value, { strict: true, ordered: true }),
    ({ height, requester }) => `of height ${height}, asked by ${requester}`,
  );
  if (!bytesEqual(Receipt.encode(receipt), value))
    reporter.fail("receipt", "the bytes are not its canonical encoding");
  if (receipt.id !== receiptId) reporter.fail("receipt", `the receipt under this key has id ${receipt.id}`);
  return receipt;
}

/** What a receipt must say, whatever was asked. `height` is of the state that it is in. */
export function checkReceipt(receipt: Receipt, height: bigint, reporter: Reporter): void {
  const fault = fieldFault(receipt, height);
  reporter.check(
    "fields",
    fault === undefined,
    `model ${receipt.modelId}, ${receipt.computeUnits} compute units, status ${receipt.status === Status.STATUS_OK ? "ok" : "engine error"}`,
    fault ?? "",
  );
  const sum = splitSum(receipt);
  reporter.check(
    "split",
    sum !== undefined && receipt.fee.amount === sum.toString(),
    `fee ${receipt.fee.amount}${receipt.fee.denom}: ${splitText(receipt)}`,
    `the parts (${splitText(receipt)}) sum to ${sum ?? "nothing"}, not to the fee of ${receipt.fee.amount}${receipt.fee.denom}`,
  );
}

function fieldFault(receipt: Receipt, height: bigint): string | undefined {
  const { status, mode, outputHash: output } = receipt;
  if (receipt.height < 1n || receipt.height > height)
    return `height ${receipt.height} is not from 1 to ${height}`;
  for (const [name, hash] of [
    ["model_hash", receipt.modelHash],
    ["input_hash", receipt.inputHash],
    ["engine_id", receipt.engineId],
  ] as const) {
    if (hash.length !== HASH_BYTES) return `${name} has ${hash.length} bytes, not ${HASH_BYTES}`;
  }
  if (status !== Status.STATUS_OK && status !== Status.STATUS_ENGINE_ERROR) return `status ${status} is none`;
  const wanted = status === Status.STATUS_OK ? HASH_BYTES : 0;
  if (output.length !== wanted) return `output_hash has ${output.length} bytes, not ${wanted}`;
  if (mode !== Mode.MODE_CONSENSUS) return `mode ${mode} is unknown`;
  if (receipt.requester === "") return "requester is empty";
  if (receipt.computeUnits === 0n) return "no compute units";
  return undefined;
}

const parts = ["compute", "verification", "owner", "treasury", "burn"] as const;

function splitSum({ split }: Receipt): bigint | undefined {
  let sum = 0n;
  for (const part of parts) {
    const text = split[part];
    if (!/^\d{1,78}$/.test(text)) return undefined;
    sum += BigInt(text);
  }
  return sum;
}

function splitText({ split }: Receipt): string {
  return parts.map((part) => `${part} ${split[part]}`).join(", ");
}

/** Compares the receipt with what the caller has. */
export function checkExpectation(receipt: Receipt, expected: ReceiptExpectation, reporter: Reporter): void {
  const compare = (step: "model" | "input" | "output", mine: Uint8Array, theirs: Uint8Array) =>
    reporter.check(
      step,
      bytesEqual(mine, theirs),
      `hash ${toHex(mine)} is that of the receipt`,
      `hash ${toHex(mine)} is not ${toHex(theirs)} of the receipt`,
    );
  if (expected.modelHash) compare("model", expected.modelHash, receipt.modelHash);
  if (expected.inputs) compare("input", tensorsHash(expected.inputs), receipt.inputHash);
  if (expected.outputs) compare("output", tensorsHash(expected.outputs), receipt.outputHash);
}
