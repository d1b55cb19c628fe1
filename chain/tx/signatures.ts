/** Signatures: how many, what they cost, and whether they hold. */
import { base64 } from "@scure/base";
import { SdkError } from "../runtime/errors.ts";
import type { Step } from "./pipeline.ts";
import { countKeys } from "./public-key.ts";
import { signBytes } from "./sign-bytes.ts";
import type { SignatureCheck } from "./signature-cache.ts";
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
    const { sequence, accountNumber } = signer.account.base;
    const given = signer.info?.sequence;
    if (given !== undefined && given !== sequence) {
      throw SdkError.wrongSequence(`account sequence mismatch, expected ${sequence}, got ${given}`);
    }
    if (ctx.mode === "simulate" || ctx.mode === "recheck") continue;
    const data = { chainId: ctx.block.chainId, accountNumber, sequence };
    for (const single of singlesOf(signer)) {
      if (deps.signatures.verify(checkOf(single, signBytes(single.mode, tx, data, deps.router.types))))
        continue;
      throw SdkError.unauthorized(
        `signature verification failed; please verify account number (${accountNumber}), sequence (${sequence}) and chain-id (${data.chainId})`,
      );
    }
    ctx.events.emit("tx", { signature: base64.encode(signer.signature) });
  }
};

function singlesOf({ publicKey, info, signature }: Signer): readonly SingleSignature[] {
  return publicKey ? singleSignatures(publicKey, info?.modeInfo, signature) : [];
}

function checkOf({ publicKey, signature }: SingleSignature, message: Uint8Array): SignatureCheck {
  return { publicKey, message, signature };
}
