/** Signatures: how many, what they cost, and whether they hold. */
import type { Context } from "../runtime/context.ts";
import { ChainError, SdkError } from "../runtime/errors.ts";
import { GasMeter } from "../runtime/gas.ts";
import type { DecodedTx } from "./decode.ts";
import type { Step, TxDeps } from "./pipeline.ts";
import { countKeys, publicKeyFromAny } from "./public-key.ts";
import type { SignatureCheck } from "./secp256k1.ts";
import { signDigest } from "./sign-bytes.ts";
import { type SingleSignature, singleSignatures } from "./signature-data.ts";
import type { Signer } from "./signers.ts";

export const countSignatures: Step = (ctx, { signers }, { auth }) => {
  const { txSigLimit } = auth.params(ctx);
  const count = signers.reduce((sum, { publicKey }) => sum + (publicKey ? countKeys(publicKey) : 1), 0);
  if (BigInt(count) > txSigLimit)
    throw SdkError.tooManySignatures(`signatures: ${count} keys; ${txSigLimit} are allowed`);
};

/** A multisig pays for those that signed; an unknown key, in a simulation, for one signature. */
export const chargeSignatures: Step = (ctx, { signers }, { auth }) => {
  const { sigVerifyCostSecp256k1 } = auth.params(ctx);
  for (const signer of signers) {
    const singles = ctx.mode === "simulate" ? simulatedCount(signer) : singlesOf(signer).length;
    ctx.gas.consume(sigVerifyCostSecp256k1 * BigInt(singles), "ante verify: secp256k1");
  }
};

/** A simulated multisig has no signatures: as many as it needs at least are charged. */
function simulatedCount({ publicKey }: Signer): number {
  return publicKey?.type === "multisig" ? publicKey.threshold : 1;
}

export const verifySignatures: Step = (ctx, { tx, signers }, deps) => {
  for (const signer of signers) {
    const { sequence } = signer.account.base;
    // Accounts have no numbers yet when transactions of genesis are signed. Source: x/auth/ante/sigverify.go of the SDK.
    const accountNumber = ctx.mode === "genesis" ? 0n : signer.account.base.accountNumber;
    const given = signer.info?.sequence;
    if (given !== undefined && given !== sequence) {
      throw SdkError.wrongSequence(`account sequence mismatch, expected ${sequence}, got ${given}`);
    }
    if (ctx.mode === "simulate" || ctx.mode === "recheck") continue;
    const data = { chainId: ctx.block.chainId, accountNumber, sequence };
    for (const single of singlesOf(signer)) {
      if (deps.signatures.verify(checkOf(single, signDigest(single.mode, tx, data, deps.router.types))))
        continue;
      throw SdkError.unauthorized(
        `signature verification failed; please verify account number (${accountNumber}), sequence (${sequence}) and chain-id (${data.chainId})`,
      );
    }
  }
  deps.signatures.markChecked(tx);
};

function singlesOf({ publicKey, info, signature }: Signer): readonly SingleSignature[] {
  return publicKey ? singleSignatures(publicKey, info?.modeInfo, signature) : [];
}

function checkOf({ publicKey, signature }: SingleSignature, digest: Uint8Array): SignatureCheck {
  return { publicKey, digest, signature };
}

/** More signatures than this of one transaction are not worked at ahead of need: they may all be for nothing. */
const MAX_AHEAD = 16;

/**
 * Hands the signature checks that transactions will need to the threads, as far as the state tells which they are: a guess
 * that is wrong costs time only. Does nothing without threads.
 */
export function checkAhead(ctx: Context, txs: readonly DecodedTx[], deps: TxDeps): void {
  if (!deps.signatures.hasThreads) return;
  const fresh = txs.filter((tx) => !deps.signatures.isChecked(tx));
  if (fresh.length === 0) return;
  // Looking is no work of any transaction.
  const free = ctx.branch({ gas: new GasMeter() }).ctx;
  deps.signatures.ahead(fresh.flatMap((tx) => expectedChecks(free, tx, deps)));
}

function expectedChecks(ctx: Context, tx: DecodedTx, { auth, router }: TxDeps): SignatureCheck[] {
  try {
    const checks: SignatureCheck[] = [];
    for (const [index, address] of tx.signers.entries()) {
      const base = auth.account(ctx, address)?.base;
      const info = tx.authInfo.signerInfos[index];
      const key = base?.pubKey ?? info?.publicKey;
      if (!base || !info || !key) return checks;
      const { accountNumber } = base;
      const data = { chainId: ctx.block.chainId, accountNumber, sequence: info.sequence };
      const signature = tx.signatures[index] ?? new Uint8Array(0);
      for (const single of singleSignatures(publicKeyFromAny(key), info.modeInfo, signature)) {
        if (checks.length === MAX_AHEAD) return checks;
        checks.push(checkOf(single, signDigest(single.mode, tx, data, router.types)));
      }
    }
    return checks;
  } catch (error) {
    // What is not well formed is refused where it is needed.
    if (error instanceof ChainError) return [];
    throw error;
  }
}
