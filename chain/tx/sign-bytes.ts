/** What a signature covers: the document of each sign mode, for one signer. */
import { AminoError, aminoSignBytes } from "../../proto/amino.ts";
import { SignMode } from "../../proto/gen/cosmos.tx.signing.v1beta1.ts";
import { SignDoc, TxBody } from "../../proto/gen/cosmos.tx.v1beta1.ts";
import type { TypeRegistry } from "../../proto/registry.ts";
import { WireError } from "../../proto/wire.ts";
import { SdkError } from "../runtime/errors.ts";
import { sha256 } from "../store/sha256.ts";
import type { DecodedTx } from "./decode.ts";

export interface SignerData {
  readonly chainId: string;
  readonly accountNumber: bigint;
  readonly sequence: bigint;
}

/** What of a transaction a signature covers. */
export type SignedParts = Pick<DecodedTx, "bodyBytes" | "authInfoBytes" | "body" | "authInfo">;

/**
 * @throws SdkError.notSupported for other modes than DIRECT and LEGACY_AMINO_JSON; invalidRequest, unauthorized for what
 * LEGACY_AMINO_JSON cannot cover
 */
export function signBytes(
  mode: number,
  tx: SignedParts,
  signer: SignerData,
  types: TypeRegistry,
): Uint8Array {
  const { chainId, accountNumber, sequence } = signer;
  if (mode === SignMode.SIGN_MODE_DIRECT) {
    const { bodyBytes, authInfoBytes } = tx;
    return SignDoc.encode({ bodyBytes, authInfoBytes, chainId, accountNumber });
  }
  if (mode !== SignMode.SIGN_MODE_LEGACY_AMINO_JSON) {
    throw SdkError.notSupported(`sign mode ${mode} is not supported; use DIRECT or LEGACY_AMINO_JSON`);
  }
  const { body, authInfo } = tx;
  if (body.extensionOptions.length > 0 || body.nonCriticalExtensionOptions.length > 0) {
    throw SdkError.invalidRequest("body: LEGACY_AMINO_JSON cannot cover extension options; sign with DIRECT");
  }
  const fee = authInfo.fee!;
  try {
    // Decoding let unknown non-critical fields pass (ADR-020); Amino JSON does not cover them, so anyone could add some.
    TxBody.decode(tx.bodyBytes, { strict: true });
    return aminoSignBytes(
      {
        chainId,
        accountNumber,
        sequence,
        fee,
        messages: body.messages,
        memo: body.memo,
        timeoutHeight: body.timeoutHeight,
        unordered: body.unordered,
        timeoutTimestamp: body.timeoutTimestamp,
      },
      types,
    );
  } catch (error) {
    if (!(error instanceof AminoError || error instanceof WireError)) throw error;
    throw SdkError.unauthorized(
      `body: LEGACY_AMINO_JSON cannot cover it: ${error.message}; sign with DIRECT`,
    );
  }
}

/**
 * SHA-256 of the sign bytes, kept with the transaction: mempool, proposal and block ask for the same. A sender whose
 * account number changed in between, as when it came up on another branch, asks for another.
 * @throws as signBytes
 */
export function signDigest(mode: number, tx: DecodedTx, signer: SignerData, types: TypeRegistry): Uint8Array {
  const key = `${mode}/${signer.accountNumber}/${signer.sequence}/${signer.chainId}`;
  const known = tx.digests.get(key);
  if (known) return known;
  const digest = sha256(signBytes(mode, tx, signer, types));
  // A transaction has a digest for each signer and mode; more are of states that are gone.
  if (tx.digests.size >= MAX_DIGESTS) tx.digests.clear();
  tx.digests.set(key, digest);
  return digest;
}

const MAX_DIGESTS = 16;
