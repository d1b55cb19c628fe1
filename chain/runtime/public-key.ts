/**
 * Public keys of accounts, single and multisig: their protobuf and Amino forms, and the addresses they give. Which keys
 * are well formed is said where they are read: chain/tx/public-key.ts for the chain, client/keys for wallets.
 * Sources: crypto/keys of the Cosmos SDK v0.53; the Amino prefixes are those of Tendermint's registered names.
 */
import { ripemd160 } from "@noble/hashes/legacy.js";
import { LegacyAminoPubKey } from "../../proto/gen/cosmos.crypto.multisig.ts";
import { PubKey } from "../../proto/gen/cosmos.crypto.secp256k1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import { WireType, Writer } from "../../proto/wire.ts";
import { sha256 } from "../store/sha256.ts";
import type { Address } from "./address.ts";
import { concatBytes } from "./bytes.ts";

export interface SinglePublicKey {
  readonly type: "secp256k1";
  /** 33 bytes, compressed. */
  readonly key: Uint8Array;
}

export interface MultisigPublicKey<Member = PublicKey> {
  readonly type: "multisig";
  /** How many of the keys must sign. */
  readonly threshold: number;
  /** In the order that the address depends on. */
  readonly keys: readonly Member[];
}

export type PublicKey = SinglePublicKey | MultisigPublicKey;

/** `tendermint/PubKeySecp256k1`, and the length 33. */
const SECP256K1_PREFIX = Uint8Array.of(0xeb, 0x5a, 0xe9, 0x87, 0x21);
/** `tendermint/PubKeyMultisigThreshold`. */
const MULTISIG_PREFIX = Uint8Array.of(0x22, 0xc1, 0xf7, 0xe2);

/** As transactions and accounts hold it. */
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
