/** The keyring that a command's flags name, and how it asks for its passphrase. */
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { DEFAULT_BECH32_PREFIX, prefixOf } from "../../chain/runtime/prefix.ts";
import { parseGenesis } from "../../genesis/document.ts";
import { homePaths } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { Keyring } from "../keys/keyring.ts";
import type { KeyOptions } from "./options.ts";

/** The keyring of a home. A passphrase comes from OPGD_KEYRING_PASSPHRASE, or is asked for on a terminal. */
export function keyringOf({ home, keyringBackend }: KeyOptions): Keyring {
  return new Keyring({ home, backend: keyringBackend, prefix: prefixIn(home), passphrase: askPassphrase });
}

/** The bech32 prefix of the chain of a home; the usual one if it has no genesis. */
export function prefixIn(home: string): string {
  const { genesis } = homePaths(home);
  return existsSync(genesis)
    ? prefixOf(parseGenesis(readFileSync(genesis, "utf8")).app_state)
    : DEFAULT_BECH32_PREFIX;
}

/** The passphrase that an exported key is sealed by: from OPGD_EXPORT_PASSPHRASE, or asked for. @throws NodeError if too short */
export async function exportPassphrase(isNew: boolean): Promise<string> {
  const given = process.env["OPGD_EXPORT_PASSPHRASE"];
  if (given === undefined && !process.stdin.isTTY)
    throw new NodeError(
      "keys",
      "the exported key needs its passphrase: set OPGD_EXPORT_PASSPHRASE, or use a terminal",
    );
  const passphrase = given ?? (await askHidden("Passphrase of the exported key: "));
  if (isNew && given === undefined && passphrase !== (await askHidden("Once more: ")))
    throw new NodeError("keys", "the two passphrases differ");
  if (isNew && passphrase.length < 8)
    throw new NodeError("keys", "the passphrase must have at least 8 characters");
  return passphrase;
}

async function askPassphrase(isNew: boolean): Promise<string> {
  const given = process.env["OPGD_KEYRING_PASSPHRASE"];
  if (given !== undefined) return given;
  if (!process.stdin.isTTY)
    throw new NodeError(
      "keys",
      "the file keyring needs its passphrase: set OPGD_KEYRING_PASSPHRASE, or use a terminal",
    );
  const first = await askHidden(isNew ? "New passphrase of the keyring: " : "Passphrase of the keyring: ");
  if (isNew && first !== (await askHidden("Once more: ")))
    throw new NodeError("keys", "the two passphrases differ");
  return first;
}

async function askHidden(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const reader = createInterface({ input: process.stdin, terminal: true, output: undefined });
  try {
    return await reader.question("");
  } finally {
    reader.close();
    process.stderr.write("\n");
  }
}
