/**
 * Transactions of a multisig account. Each member signs the same Amino document with the account's number and
 * sequence; whoever has enough signatures assembles and broadcasts.
 * Source: crypto/types/multisig of the Cosmos SDK (CompactBitArray, MultiSignature).
 */

import { sortedText } from "../../proto/amino.ts";
import type { CompactBitArray } from "../../proto/gen/cosmos.crypto.multisig.v1beta1.ts";
import { MultiSignature } from "../../proto/gen/cosmos.crypto.multisig.v1beta1.ts";
import { AuthInfo, type ModeInfo, TxBody } from "../../proto/gen/cosmos.tx.v1beta1.ts";
import type { TypeRegistry } from "../../proto/registry.ts";
import { type MultisigPublicKey, publicKeyToAny, verifySignature } from "../keys/index.ts";
import {
  aminoDocument,
  authInfo,
  type SigningAccount,
  singleMode,
  type TxContent,
  txBody,
  txBytes,
} from "./build.ts";
import { TxError } from "./errors.ts";
import type { SignRequest } from "./signer.ts";

/** One member's signature over {@link multisigSignRequest}. */
export interface MemberSignature {
  /** The member's public key, 33 bytes. */
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** What every member signs: mode amino, as members' signatures must not depend on who else signs. */
export function multisigSignRequest(
  content: TxContent,
  publicKey: MultisigPublicKey,
  account: SigningAccount,
  registry: TypeRegistry,
): SignRequest {
  const document = aminoDocument(content, account, registry);
  // The members that sign are not known yet, so that the auth info here names none.
  const info = { publicKey: publicKeyToAny(publicKey), modeInfo: undefined, sequence: account.sequence };
  return {
    ...account,
    mode: "amino",
    bodyBytes: TxBody.encode(txBody(content)),
    authInfoBytes: AuthInfo.encode(authInfo(content.fee, [info])),
    document,
    signBytes: new TextEncoder().encode(sortedText(document)),
  };
}

/** A bit for each key, the first in the highest bit of the first byte. */
function bitArray(bits: readonly boolean[]): CompactBitArray {
  const elems = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [index, bit] of bits.entries()) {
    if (bit) elems[index >> 3]! |= 1 << (7 - (index % 8));
  }
  return { extraBitsStored: bits.length % 8, elems };
}

/**
 * Puts members' signatures together. More than the threshold may be given; exactly the threshold's number is used,
 * the first by the keys' order.
 * @returns the bytes to broadcast
 * @throws TxError if a signature is wrong or of no member, or if there are too few
 */
export function assembleMultisig(
  content: TxContent,
  publicKey: MultisigPublicKey,
  account: SigningAccount,
  signatures: readonly MemberSignature[],
  registry: TypeRegistry,
): Uint8Array {
  const request = multisigSignRequest(content, publicKey, account, registry);
  const byKey = new Map<string, Uint8Array>();
  for (const { publicKey: member, signature } of signatures) {
    const index = publicKey.keys.findIndex(({ key }) => key.join() === member.join());
    if (index < 0) throw new TxError("not_a_member", "a signature is by a key that is not in the multisig");
    if (!verifySignature(member, request.signBytes, signature)) {
      throw new TxError(
        "bad_signature",
        `the signature of key ${index} of the multisig is not of this transaction, account number and sequence`,
      );
    }
    byKey.set(member.join(), signature);
  }
  if (byKey.size < publicKey.threshold) {
    throw new TxError(
      "too_few_signatures",
      `${byKey.size} signatures of the ${publicKey.threshold} that are needed`,
    );
  }
  const used: Uint8Array[] = [];
  const bits = publicKey.keys.map(({ key }) => {
    const signature = byKey.get(key.join());
    if (!signature || used.length === publicKey.threshold) return false;
    used.push(signature);
    return true;
  });
  const modeInfo: ModeInfo = {
    single: undefined,
    multi: { bitarray: bitArray(bits), modeInfos: used.map(() => singleMode("amino")) },
  };
  const info = { publicKey: publicKeyToAny(publicKey), modeInfo, sequence: account.sequence };
  const authInfoBytes = AuthInfo.encode(authInfo(content.fee, [info]));
  return txBytes(request.bodyBytes, authInfoBytes, [MultiSignature.encode({ signatures: used })]);
}
