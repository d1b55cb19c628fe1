/** Account addresses: bytes in the store, bech32 text in messages. The prefix is a setting of the chain's genesis. */
import { bech32 } from "@scure/base";
import { sha256 } from "../store/sha256.ts";
import { toHex } from "./bytes.ts";
import { SdkError } from "./errors.ts";

/** About 2 MB. */
const MAX_REMEMBERED = 10_000;

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
  const known = MODULE_ADDRESSES.get(name);
  if (known) return known;
  const address = sha256(new TextEncoder().encode(name)).slice(0, 20) as Address;
  MODULE_ADDRESSES.set(name, address);
  return address;
}

/** A handful of names, of which each is hashed once. */
const MODULE_ADDRESSES = new Map<string, Address>();

/** Reads and writes addresses of one chain, by its bech32 prefix. */
export class AddressCodec {
  readonly prefix: string;
  /** bech32 text by hex of the bytes, and back: pure functions, and every event, key and check of a transfer asks them. */
  readonly #texts = new Map<string, string>();
  readonly #addresses = new Map<string, Address>();
  #operators: AddressCodec | undefined;
  #consensus: AddressCodec | undefined;

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
    const known = this.#addresses.get(text);
    if (known) return known;
    const address = this.#decode(text, field);
    remember(this.#addresses, text, address);
    return address;
  }

  #decode(text: string, field: string): Address {
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

  /** The same chain's addresses of validator operators (`opgvaloper1…`). Source: SDK types/address.go. */
  get operators(): AddressCodec {
    this.#operators ??= new AddressCodec(`${this.prefix}valoper`);
    return this.#operators;
  }

  /** The same chain's addresses of consensus keys (`opgvalcons1…`). */
  get consensus(): AddressCodec {
    this.#consensus ??= new AddressCodec(`${this.prefix}valcons`);
    return this.#consensus;
  }

  format(address: Uint8Array): string {
    const key = toHex(address);
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = bech32.encode(this.prefix, bech32.toWords(address), MAX_BECH32_CHARS);
    remember(this.#texts, key, text);
    return text;
  }
}

/** Begins anew when it is full: what is forgotten is computed again. */
function remember<T>(known: Map<string, T>, key: string, value: T): void {
  if (known.size >= MAX_REMEMBERED) known.clear();
  known.set(key, value);
}
