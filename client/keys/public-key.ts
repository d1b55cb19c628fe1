/**
 * Public keys of accounts, single and multisig: their protobuf and Amino forms, and the addresses they give.
 * Sources: crypto/keys of the Cosmos SDK; the Amino prefixes are those of Tendermint's registered names.
 */
import { ripemd160 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { AddressCodec } from "../../chain/runtime/address.ts";
import { compareBytes, concatBytes } from "../../chain/runtime/bytes.ts";
import { LegacyAminoPubKey } from "../../proto/gen/cosmos.crypto.multisig.ts";
import { PubKey } from "../../proto/gen/cosmos.crypto.secp256k1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import { Writer } from "../../proto/wire.ts";
import { KeyError } from "./errors.ts";
import { assertPublicKey } from "./secp256k1.ts";

export interface SinglePublicKey {
  readonly type: "secp256k1";
  /** 33 bytes. */
  readonly key: Uint8Array;
}

export interface MultisigPublicKey {
  readonly type: "multisig";
  /** How many of the keys must sign. */
  readonly threshold: number;
  /** In the order that the address depends on. */
  readonly keys: readonly SinglePublicKey[];
}

export type PublicKey = SinglePublicKey | MultisigPublicKey;

/** `tendermint/PubKeySecp256k1`, and the length 33. */
const SECP256K1_PREFIX = Uint8Array.of(0xeb, 0x5a, 0xe9, 0x87, 0x21);
/** `tendermint/PubKeyMultisigThreshold`. */
const MULTISIG_PREFIX = Uint8Array.of(0x22, 0xc1, 0xf7, 0xe2);

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
  if (publicKey.type === "secp256k1") return ripemd160(sha256(publicKey.key));
  return sha256(aminoBytes(publicKey)).slice(0, 20);
}

/** The bech32 address, such as `opg1…`. */
export function addressOf(publicKey: PublicKey, prefix: string): string {
  return new AddressCodec(prefix).format(addressBytes(publicKey));
}

/** Amino's binary form, which only addresses of multisigs still need. */
export function aminoBytes(publicKey: PublicKey): Uint8Array {
  if (publicKey.type === "secp256k1") return concatBytes(SECP256K1_PREFIX, publicKey.key);
  const writer = new Writer().tag(1, 0).uint32(publicKey.threshold);
  for (const key of publicKey.keys) writer.tag(2, 2).bytes(aminoBytes(key));
  return concatBytes(MULTISIG_PREFIX, writer.finish());
}

/** As transactions and accounts hold it. */
export function publicKeyToAny(publicKey: PublicKey): Any {
  if (publicKey.type === "secp256k1") {
    return { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key: publicKey.key }) };
  }
  const publicKeys = publicKey.keys.map(publicKeyToAny);
  return {
    typeUrl: LegacyAminoPubKey.typeUrl,
    value: LegacyAminoPubKey.encode({ threshold: publicKey.threshold, publicKeys }),
  };
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
