export { KeyError, type KeyErrorCode } from "./errors.ts";
export {
  DEFAULT_PATH,
  type DeriveOptions,
  generateMnemonic,
  hdPath,
  keyFromMnemonic,
  normalizeMnemonic,
  type WordCount,
} from "./mnemonic.ts";
export {
  addressBytes,
  addressOf,
  aminoBytes,
  type MultisigPublicKey,
  multisigPublicKey,
  type PublicKey,
  publicKeyFromAny,
  publicKeyToAny,
  type SinglePublicKey,
  singlePublicKey,
} from "./public-key.ts";
export {
  assertPublicKey,
  PrivateKey,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  verifySignature,
} from "./secp256k1.ts";
