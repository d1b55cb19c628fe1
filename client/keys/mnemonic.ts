/** From words to keys: BIP-39 mnemonics and BIP-32 paths of Cosmos accounts (coin type 118, BIP-44). */
import { HDKey } from "@scure/bip32";
import { entropyToMnemonic, mnemonicToSeedSync, validateMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { KeyError } from "./errors.ts";
import { PrivateKey } from "./secp256k1.ts";

/** Where Cosmos wallets keep their first account. */
export const DEFAULT_PATH = "m/44'/118'/0'/0/0";

export type WordCount = 12 | 15 | 18 | 21 | 24;

/** The path of the `index`-th address of an account. @throws KeyError unless both are integers from 0 to 2^31 - 1. */
export function hdPath(account = 0, index = 0): string {
  for (const each of [account, index]) {
    if (!Number.isInteger(each) || each < 0 || each > 0x7fff_ffff) {
      throw new KeyError(
        "invalid_path",
        `account and index must be integers from 0 to 2147483647, not ${each}`,
      );
    }
  }
  return `m/44'/118'/${account}'/0/${index}`;
}

/** New words from the platform's secure random source: 12 words carry 128 bits, 24 carry 256. */
export function generateMnemonic(words: WordCount = 24): string {
  return entropyToMnemonic(crypto.getRandomValues(new Uint8Array((words / 3) * 4)), wordlist);
}

/** Words in lower case with one space between them. @throws KeyError if they are no English BIP-39 mnemonic. */
export function normalizeMnemonic(text: string): string {
  const words = text.trim().toLowerCase().split(/\s+/);
  const unknown = words.findIndex((word) => !wordlist.includes(word));
  if (words.length < 12 || words.length > 24 || words.length % 3 !== 0) {
    throw new KeyError(
      "invalid_mnemonic",
      `mnemonic has ${words.length} words; 12, 15, 18, 21 or 24 are needed`,
    );
  }
  if (unknown >= 0) {
    // The word itself may be part of a secret: its place is enough to find it.
    throw new KeyError(
      "invalid_mnemonic",
      `word ${unknown + 1} of the mnemonic is not in the English BIP-39 list`,
    );
  }
  const normal = words.join(" ");
  if (!validateMnemonic(normal, wordlist)) {
    throw new KeyError(
      "invalid_mnemonic",
      "the mnemonic's checksum is wrong: check the words and their order",
    );
  }
  return normal;
}

export interface DeriveOptions {
  /** The BIP-39 passphrase, "" if none. */
  readonly passphrase?: string;
  /** Default {@link DEFAULT_PATH}. */
  readonly path?: string;
}

/** Derives the key at `path`. Takes about 100 ms (2,048 rounds of HMAC-SHA-512). @throws KeyError */
export function keyFromMnemonic(
  mnemonic: string,
  { passphrase = "", path = DEFAULT_PATH }: DeriveOptions = {},
): PrivateKey {
  if (!/^m(\/\d{1,10}'?)*$/.test(path)) {
    throw new KeyError(
      "invalid_path",
      `${JSON.stringify(path)} is not a derivation path such as ${DEFAULT_PATH}`,
    );
  }
  const seed = mnemonicToSeedSync(normalizeMnemonic(mnemonic), passphrase);
  const { privateKey } = HDKey.fromMasterSeed(seed).derive(path);
  if (!privateKey) throw new KeyError("invalid_path", `${path} has no private key`);
  return new PrivateKey(privateKey);
}
