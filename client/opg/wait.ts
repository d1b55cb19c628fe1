/** Waiting for a transaction to be in a block. */
import type { RpcClient, TxResult } from "../rpc/index.ts";
import { OpgError } from "./errors.ts";

export interface WaitOptions {
  /** Default 60,000 ms. */
  readonly timeoutMs?: number;
  /** Between two looks; grows up to four times. Default 100 ms. */
  readonly intervalMs?: number;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * The result of a transaction, once it is in a block, whatever its code.
 * @throws OpgError not_in_block after the timeout: it may still come in
 */
export async function waitForTx(
  rpc: Pick<RpcClient, "tx">,
  hash: string,
  options: WaitOptions = {},
): Promise<TxResult> {
  const { timeoutMs = 60_000, intervalMs = 100 } = options;
  const deadline = Date.now() + timeoutMs;
  for (let wait = intervalMs; ; wait = Math.min(wait * 1.25, intervalMs * 4)) {
    const found = await rpc.tx(hash);
    if (found) return found;
    if (Date.now() + wait > deadline) {
      throw new OpgError(
        "not_in_block",
        `transaction ${hash} is in no block after ${timeoutMs} ms; it may still come in: look for it by its hash, and raise the fee if it does not`,
      );
    }
    await sleep(wait);
  }
}
