/** The size of transactions in a block, as CometBFT counts it. */

function uvarintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) size++;
  return size;
}

/**
 * Bytes that one transaction takes in a block's data: tag, length and content (CometBFT types.ComputeProtoSizeForTxs).
 * `maxTxBytes` of PrepareProposal is a limit on the sum of these.
 */
export function txSizeInBlock(tx: Uint8Array): number {
  return 1 + uvarintSize(tx.length) + tx.length;
}

/**
 * The longest prefix of `txs` that fits `maxTxBytes`; all of them if the limit is negative.
 * CometBFT offers more than fits when `max_bytes` is -1, and aborts the node if a proposal is over the limit.
 */
export function takeTxs(txs: readonly Uint8Array[], maxTxBytes: bigint): readonly Uint8Array[] {
  if (maxTxBytes < 0n) return txs;
  const limit = Number(maxTxBytes);
  let total = 0;
  for (let i = 0; i < txs.length; i++) {
    total += txSizeInBlock(txs[i]!);
    if (total > limit) return txs.slice(0, i);
  }
  return txs;
}
