/** Limits that a transaction is held to before anything of it is paid for or kept. */
import { SdkError } from "../runtime/errors.ts";
import { GasMeter } from "../runtime/gas.ts";
import type { Step } from "./pipeline.ts";

/** Gas must be asked for, and fit a block; at genesis it is free. */
export const checkGasLimit: Step = (ctx, { tx }, deps) => {
  if (ctx.mode === "simulate" || ctx.mode === "genesis") return;
  if (tx.gasLimit === 0n) throw SdkError.invalidGasLimit("auth_info.fee.gas_limit: must be positive");
  // The SDK has the block's limits at hand; reading them is no work of the transaction, and simulations do not.
  const most = deps.maxBlockGas(ctx.branch({ gas: new GasMeter() }).ctx);
  if (most >= 0n && tx.gasLimit > most) {
    throw SdkError.invalidGasLimit(
      `auth_info.fee.gas_limit: ${tx.gasLimit} is over the block's max_gas ${most}`,
    );
  }
};

/** No extension option is known, so a critical one cannot be honoured. */
export const checkExtensions: Step = (_, { tx }) => {
  const [first] = tx.body.extensionOptions;
  if (first) throw SdkError.unknownExtensionOptions(`body.extension_options: ${first.typeUrl} is not known`);
};

/**
 * What each message says of itself: asked before anything else of what is proposed or sent. In a block it is asked when
 * the message's turn comes, as in the SDK: by then the fee is paid and the sequence used (ADR-0145).
 */
export const checkMessages: Step = (ctx, { tx }) => {
  if (ctx.mode === "deliver" || ctx.mode === "simulate" || ctx.mode === "genesis") return;
  for (const { route, value } of tx.msgs) route.validate?.(value, ctx.addresses);
};

export const checkTimeout: Step = (ctx, { tx }) => {
  const { timeoutHeight, timeoutTimestamp, unordered } = tx.body;
  if (unordered) {
    throw SdkError.notSupported(
      "body.unordered: unordered transactions are not enabled; use the account's sequence",
    );
  }
  if (timeoutHeight > 0n && ctx.block.height > timeoutHeight) {
    throw SdkError.txTimeoutHeight(
      `body.timeout_height: block height ${ctx.block.height} is after ${timeoutHeight}`,
    );
  }
  // Second 0 is no timeout, as in the SDK.
  if (timeoutTimestamp && timeoutTimestamp.seconds !== 0n) {
    const { seconds, nanos } = ctx.block.time;
    const after = timeoutTimestamp.seconds - seconds || BigInt(timeoutTimestamp.nanos - nanos);
    if (after < 0n)
      throw SdkError.txTimeout(
        `body.timeout_timestamp: block time ${seconds}s is after ${timeoutTimestamp.seconds}s`,
      );
  }
};

export const checkMemo: Step = (ctx, { tx }, { auth }) => {
  const { memo } = tx.body;
  if (memo === "") return;
  const { maxMemoCharacters } = auth.params(ctx);
  // The SDK counts bytes, whatever the parameter is called.
  const bytes = new TextEncoder().encode(memo).length;
  if (BigInt(bytes) > maxMemoCharacters) {
    throw SdkError.memoTooLarge(`body.memo: ${bytes} bytes; ${maxMemoCharacters} are allowed`);
  }
};

/** Gas by the byte. A simulated transaction has no signatures yet: what they will take is added. */
export const chargeSize: Step = (ctx, { tx }, { auth }) => {
  const { txSizeCostPerByte } = auth.params(ctx);
  ctx.gas.consume(txSizeCostPerByte * BigInt(tx.bytes.length), "txSize");
  if (ctx.mode !== "simulate") return;
  const missing = tx.signers.length - tx.signatures.filter((signature) => signature.length > 0).length;
  if (missing > 0) ctx.gas.consume(txSizeCostPerByte * BigInt(missing) * SIMULATED_SIGNATURE_BYTES, "txSize");
};

/** A 64-byte signature and a 33-byte key, with their framing. */
const SIMULATED_SIGNATURE_BYTES = 180n;
