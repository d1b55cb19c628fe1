/** Account addresses: bytes in the store, bech32 text in messages. The prefix is a setting of the chain's genesis. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bech32 } from "@scure/base";
import { SdkError } from "./errors.ts";

declare const brand: unique symbol;
/** 1 to 255 bytes; 20 for keys and module accounts. */
export type Address = Uint8Array & { readonly [brand]: "Address" };

const MAX_ADDRESS_BYTES = 255;
/** Cosmos addresses are longer than BIP-173's limit of 90 characters when 32 bytes and a long prefix meet. */
const MAX_BECH32_CHARS = 1023;

/** Takes bytes for an address. @throws SdkError.invalidAddress if there are none or more than 255. */
export function addressFromBytes(bytes: Uint8Array): Address {
  if (bytes.length === 0 || bytes.length > MAX_ADDRESS_BYTES) {
    throw SdkError.invalidAddress(`address has ${bytes.length} bytes; 1 to ${MAX_ADDRESS_BYTES} are allowed`);
  }
  return bytes as Address;
}

/** Address of the account that a module holds coins in. Source: x/auth/types NewModuleAddress of the SDK. */
export function moduleAddress(name: string): Address {
  return sha256(new TextEncoder().encode(name)).slice(0, 20) as Address;
}

/** Reads and writes addresses of one chain, by its bech32 prefix. */
export class AddressCodec {
  readonly prefix: string;

  constructor(prefix: string) {
    if (!/^[a-z][a-z0-9]{0,81}$/.test(prefix)) {
      throw SdkError.invalidRequest(
        `bech32 prefix ${JSON.stringify(prefix)} must be lower-case letters and digits, a letter first`,
      );
    }
    this.prefix = prefix;
  }

  /**
   * @param field the name of the field that `text` stands in, for the error.
   * @throws SdkError.invalidAddress if `text` is not bech32 of this chain's prefix.
   */
  parse(text: string, field = "address"): Address {
    let decoded: { readonly prefix: string; readonly bytes: Uint8Array };
    try {
      const { prefix, words } = bech32.decode(text as `${string}1${string}`, MAX_BECH32_CHARS);
      decoded = { prefix, bytes: bech32.fromWords(words) };
    } catch {
      throw SdkError.invalidAddress(
        `${field}: ${JSON.stringify(text.slice(0, 128))} is not a bech32 address`,
      );
    }
    if (decoded.prefix !== this.prefix) {
      throw SdkError.invalidAddress(`${field}: prefix ${decoded.prefix} where ${this.prefix} is expected`);
    }
    return addressFromBytes(decoded.bytes);
  }

  format(address: Uint8Array): string {
    return bech32.encode(this.prefix, bech32.toWords(address), MAX_BECH32_CHARS);
  }
}
