/** Public keys as transactions and accounts hold them, read strictly. What they are is in chain/runtime/public-key.ts. */
import { LegacyAminoPubKey } from "../../proto/gen/cosmos.crypto.multisig.ts";
import { PubKey } from "../../proto/gen/cosmos.crypto.secp256k1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import { WireError } from "../../proto/wire.ts";
import { SdkError } from "../runtime/errors.ts";
import type { PublicKey } from "../runtime/public-key.ts";
import { PUBLIC_KEY_BYTES } from "./secp256k1.ts";

export {
  aminoBytes,
  countKeys,
  type MultisigPublicKey,
  type PublicKey,
  publicKeyAddress,
  publicKeyToAny,
  type SinglePublicKey,
} from "../runtime/public-key.ts";

/** Multisigs within multisigs deeper than this are refused. */
const MAX_NESTING = 4;

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
