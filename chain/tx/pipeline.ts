/**
 * What a transaction goes through before its messages run: one ordered list. The order is the SDK's (x/auth/ante), and
 * so are the codes: a client sees the same fault for the same fault.
 */
import type { AuthKeeper } from "../modules/auth/index.ts";
import type { BankKeeper } from "../modules/bank/index.ts";
import type { Context } from "../runtime/context.ts";
import type { Router } from "../runtime/router.ts";
import type { DecodedTx } from "./decode.ts";
import type { DecodedTxs } from "./decoded.ts";
import { type BaseFee, deductFee, type FeeAllowances, type GasPrices } from "./fee.ts";
import {
  chargeSize,
  checkExtensions,
  checkGasLimit,
  checkMemo,
  checkMessages,
  checkTimeout,
} from "./limits.ts";
import { incrementSequences } from "./sequence.ts";
import type { SignatureCache } from "./signature-cache.ts";
import { chargeSignatures, countSignatures, verifySignatures } from "./signatures.ts";
import { loadSigners, type Signer } from "./signers.ts";

export interface TxDeps {
  readonly auth: AuthKeeper;
  readonly bank: BankKeeper;
  readonly router: Router;
  readonly signatures: SignatureCache;
  readonly decoded: DecodedTxs;
  /** Most gas that a block may hold; -1n for no limit. */
  readonly maxBlockGas: (ctx: Context) => bigint;
  /** What this node asks for at least, per unit of gas. Looked at in CheckTx only: it is not consensus. */
  readonly minGasPrices: GasPrices;
  /** Who may pay fees for whom. */
  readonly allowances: FeeAllowances;
  /** What everybody pays for a unit of gas at least. */
  readonly baseFee: BaseFee;
}

/** A transaction on its way; `signers` are there from loadSigners on. */
export interface TxWork {
  readonly tx: DecodedTx;
  signers: readonly Signer[];
}

/** Passes, or throws a ChainError; then nothing of the transaction is kept. */
export type Step = (ctx: Context, work: TxWork, deps: TxDeps) => void;

export const steps: readonly Step[] = [
  checkGasLimit,
  checkExtensions,
  checkMessages,
  checkTimeout,
  checkMemo,
  chargeSize,
  deductFee,
  loadSigners,
  countSignatures,
  chargeSignatures,
  verifySignatures,
  incrementSequences,
];

/** Runs all steps. `ctx.gas` is limited to what the transaction wants. @throws ChainError */
export function runPipeline(ctx: Context, tx: DecodedTx, deps: TxDeps): void {
  const work: TxWork = { tx, signers: [] };
  for (const step of steps) step(ctx, work, deps);
}
