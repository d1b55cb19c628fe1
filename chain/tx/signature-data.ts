/** Signatures as a transaction carries them, taken apart into single checks. */
import { type CompactBitArray, MultiSignature } from "../../proto/gen/cosmos.crypto.multisig.v1beta1.ts";
import type { ModeInfo } from "../../proto/gen/cosmos.tx.v1beta1.ts";
import { WireError } from "../../proto/wire.ts";
import { SdkError } from "../runtime/errors.ts";
import type { PublicKey } from "./public-key.ts";

/** One signature of one single key, in one sign mode. */
export interface SingleSignature {
  readonly publicKey: Uint8Array;
  readonly mode: number;
  readonly signature: Uint8Array;
}

/**
 * The single signatures that a signer gave; of a multisig, those of its members that signed.
 * @throws SdkError.unauthorized if shape, number or threshold do not fit the key
 */
export function singleSignatures(
  key: PublicKey,
  mode: ModeInfo | undefined,
  signature: Uint8Array,
): SingleSignature[] {
  if (key.type === "secp256k1") {
    if (!mode?.single) throw SdkError.unauthorized("mode_info: a single key needs a single mode");
    return [{ publicKey: key.key, mode: mode.single.mode, signature }];
  }
  const multi = mode?.multi;
  if (!multi?.bitarray)
    throw SdkError.unauthorized("mode_info: a multisig needs a multi mode with its bit array");
  const signed = setBits(multi.bitarray, key.keys.length);
  const signatures = multiSignatures(signature);
  if (signed.length < key.threshold) {
    throw SdkError.unauthorized(`multisig: ${signed.length} members signed; ${key.threshold} are needed`);
  }
  if (signatures.length !== signed.length || multi.modeInfos.length !== signed.length) {
    throw SdkError.unauthorized(
      `multisig: ${signed.length} members signed, but there are ${signatures.length} signatures and ${multi.modeInfos.length} modes`,
    );
  }
  return signed.flatMap((member, index) =>
    singleSignatures(key.keys[member]!, multi.modeInfos[index], signatures[index]!),
  );
}

function multiSignatures(bytes: Uint8Array): readonly Uint8Array[] {
  try {
    return MultiSignature.decode(bytes, { strict: true }).signatures;
  } catch (error) {
    if (error instanceof WireError) throw SdkError.unauthorized(`multisig: ${error.message}`);
    throw error;
  }
}

/**
 * Indexes of the members that signed. Source: crypto/types/compact_bit_array.go of the SDK: the first member is the
 * highest bit of the first byte.
 */
function setBits({ extraBitsStored, elems }: CompactBitArray, members: number): number[] {
  const size = extraBitsStored === 0 ? elems.length * 8 : (elems.length - 1) * 8 + extraBitsStored;
  if (extraBitsStored > 7 || size !== members) {
    throw SdkError.unauthorized(`multisig: the bit array has ${size} bits for ${members} members`);
  }
  const set: number[] = [];
  for (let i = 0; i < members; i++) if ((elems[i >> 3]! & (0x80 >> (i & 7))) !== 0) set.push(i);
  return set;
}
