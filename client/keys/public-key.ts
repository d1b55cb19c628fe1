/** Public keys of accounts, single and multisig, as wallets make them. What they are is in chain/runtime/public-key.ts. */
import { AddressCodec } from "../../chain/runtime/address.ts";
import { compareBytes } from "../../chain/runtime/bytes.ts";
import {
  type MultisigPublicKey as Multisig,
  publicKeyAddress,
  type SinglePublicKey,
} from "../../chain/runtime/public-key.ts";
import { LegacyAminoPubKey } from "../../proto/gen/cosmos.crypto.multisig.ts";
import { PubKey } from "../../proto/gen/cosmos.crypto.secp256k1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import { KeyError } from "./errors.ts";
import { assertPublicKey } from "./secp256k1.ts";

export { aminoBytes, publicKeyToAny, type SinglePublicKey } from "../../chain/runtime/public-key.ts";

/** Of single keys only: a multisig within a multisig is the chain's to read, and no wallet's to make. */
export type MultisigPublicKey = Multisig<SinglePublicKey>;

export type PublicKey = SinglePublicKey | MultisigPublicKey;

/** @throws KeyError unless `key` is a compressed point. */
export function singlePublicKey(key: Uint8Array): SinglePublicKey {
  assertPublicKey(key);
  return { type: "secp256k1", key };
}

/**
 * A multisig of `threshold` of `keys`.
 * @param options.sort order the keys by their addresses, as wallets do (default), or keep the order given.
 * @throws KeyError unless 1 ≤ threshold ≤ number of keys, and no key comes twice.
 */
export function multisigPublicKey(
  threshold: number,
  keys: readonly Uint8Array[],
  options: { readonly sort?: boolean } = {},
): MultisigPublicKey {
  if (keys.length === 0 || !Number.isInteger(threshold) || threshold < 1 || threshold > keys.length) {
    throw new KeyError(
      "invalid_multisig",
      `threshold ${threshold} of ${keys.length} keys: it must be from 1 to the number of keys`,
    );
  }
  const singles = keys.map(singlePublicKey);
  if (options.sort ?? true) singles.sort((a, b) => compareBytes(addressBytes(a), addressBytes(b)));
  const seen = new Set(singles.map(({ key }) => key.join()));
  if (seen.size !== singles.length)
    throw new KeyError("invalid_multisig", "a key is given twice: each member signs with its own");
  return { type: "multisig", threshold, keys: singles };
}

/** 20 bytes: RIPEMD-160 of SHA-256 of a single key; for a multisig the start of SHA-256 of its Amino form. */
export function addressBytes(publicKey: PublicKey): Uint8Array {
  return publicKeyAddress(publicKey);
}

/** The bech32 address, such as `opg1…`. */
export function addressOf(publicKey: PublicKey, prefix: string): string {
  return new AddressCodec(prefix).format(addressBytes(publicKey));
}

/** @throws KeyError if it is of another kind, or not well formed. */
export function publicKeyFromAny(any: Any): PublicKey {
  if (any.typeUrl === PubKey.typeUrl) return singlePublicKey(PubKey.decode(any.value).key);
  if (any.typeUrl !== LegacyAminoPubKey.typeUrl) {
    throw new KeyError(
      "invalid_public_key",
      `public key of type ${any.typeUrl} is not supported; use secp256k1 or a multisig of such keys`,
    );
  }
  const { threshold, publicKeys } = LegacyAminoPubKey.decode(any.value);
  const keys = publicKeys.map((each) => {
    const key = publicKeyFromAny(each);
    if (key.type !== "secp256k1")
      throw new KeyError("invalid_multisig", "a multisig within a multisig is not supported");
    return key.key;
  });
  return multisigPublicKey(threshold, keys, { sort: false });
}
