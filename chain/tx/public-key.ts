/**
 * Public keys of accounts, single and multisig: their protobuf and Amino forms, and the addresses they give.
 * Sources: crypto/keys of the Cosmos SDK v0.53; the Amino prefixes are those of Tendermint's registered names.
 */
import { ripemd160 } from "@noble/hashes/legacy.js";
import { LegacyAminoPubKey } from "../../proto/gen/cosmos.crypto.multisig.ts";
import { PubKey } from "../../proto/gen/cosmos.crypto.secp256k1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import { WireError, WireType, Writer } from "../../proto/wire.ts";
import type { Address } from "../runtime/address.ts";
import { concatBytes } from "../runtime/bytes.ts";
import { SdkError } from "../runtime/errors.ts";
import { sha256 } from "../store/sha256.ts";
import { PUBLIC_KEY_BYTES } from "./secp256k1.ts";

export interface SinglePublicKey {
  readonly type: "secp256k1";
  /** 33 bytes, compressed. */
  readonly key: Uint8Array;
}

export interface MultisigPublicKey {
  readonly type: "multisig";
  /** How many of the keys must sign. */
  readonly threshold: number;
  readonly keys: readonly PublicKey[];
}

export type PublicKey = SinglePublicKey | MultisigPublicKey;

/** Multisigs within multisigs deeper than this are refused. */
const MAX_NESTING = 4;

/** `tendermint/PubKeySecp256k1`, and the length 33. */
const SECP256K1_PREFIX = Uint8Array.of(0xeb, 0x5a, 0xe9, 0x87, 0x21);
/** `tendermint/PubKeyMultisigThreshold`. */
const MULTISIG_PREFIX = Uint8Array.of(0x22, 0xc1, 0xf7, 0xe2);

/** @throws SdkError.invalidPubKey if it is of another kind, or not well formed */
export function publicKeyFromAny(any: Any, depth = 0): PublicKey {
  try {
    return decoded(any, depth);
  } catch (error) {
    if (error instanceof WireError)
      throw SdkError.invalidPubKey(`public key ${any.typeUrl}: ${error.message}`);
    throw error;
  }
}

function decoded(any: Any, depth: number): PublicKey {
  if (any.typeUrl === PubKey.typeUrl) {
    const { key } = PubKey.decode(any.value, { strict: true });
    if (key.length !== PUBLIC_KEY_BYTES || (key[0] !== 2 && key[0] !== 3)) {
      throw SdkError.invalidPubKey(
        `public key: ${key.length} bytes are no compressed secp256k1 key of ${PUBLIC_KEY_BYTES}`,
      );
    }
    return { type: "secp256k1", key };
  }
  if (any.typeUrl !== LegacyAminoPubKey.typeUrl) {
    throw SdkError.invalidPubKey(
      `public key: type ${any.typeUrl} is not supported; secp256k1 and its multisigs are`,
    );
  }
  if (depth >= MAX_NESTING)
    throw SdkError.invalidPubKey(`public key: multisigs are nested deeper than ${MAX_NESTING}`);
  const { threshold, publicKeys } = LegacyAminoPubKey.decode(any.value, { strict: true });
  if (threshold < 1 || threshold > publicKeys.length) {
    throw SdkError.invalidPubKey(`public key: threshold ${threshold} of ${publicKeys.length} keys`);
  }
  return { type: "multisig", threshold, keys: publicKeys.map((each) => publicKeyFromAny(each, depth + 1)) };
}

export function publicKeyToAny(publicKey: PublicKey): Any {
  if (publicKey.type === "secp256k1")
    return { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key: publicKey.key }) };
  const publicKeys = publicKey.keys.map(publicKeyToAny);
  const { threshold } = publicKey;
  return { typeUrl: LegacyAminoPubKey.typeUrl, value: LegacyAminoPubKey.encode({ threshold, publicKeys }) };
}

/** 20 bytes: RIPEMD-160 of SHA-256 of a single key; for a multisig the start of SHA-256 of its Amino form. */
export function publicKeyAddress(publicKey: PublicKey): Address {
  if (publicKey.type === "secp256k1") return ripemd160(sha256(publicKey.key)) as Address;
  return sha256(aminoBytes(publicKey)).slice(0, 20) as Address;
}

/** Amino's binary form, which only addresses of multisigs still need. */
export function aminoBytes(publicKey: PublicKey): Uint8Array {
  if (publicKey.type === "secp256k1") return concatBytes(SECP256K1_PREFIX, publicKey.key);
  const writer = new Writer().tag(1, WireType.varint).uint32(publicKey.threshold);
  for (const key of publicKey.keys) writer.tag(2, WireType.bytes).bytes(aminoBytes(key));
  return concatBytes(MULTISIG_PREFIX, writer.finish());
}

/** Number of single keys in it. */
export function countKeys(publicKey: PublicKey): number {
  return publicKey.type === "secp256k1" ? 1 : publicKey.keys.reduce((sum, key) => sum + countKeys(key), 0);
}
