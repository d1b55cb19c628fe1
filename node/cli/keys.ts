/** opgd keys: account keys of a home. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { bech32 } from "@scure/base";
import { Command } from "commander";
import { AddressCodec } from "../../chain/runtime/address.ts";
import { fromHex, toHex } from "../../chain/runtime/bytes.ts";
import {
  generateMnemonic,
  hdPath,
  keyFromMnemonic,
  normalizeMnemonic,
  PrivateKey,
} from "../../client/keys/index.ts";
import { NodeError } from "../errors.ts";
import type { KeyInfo, Keyring } from "../keys/keyring.ts";
import { keyringOf, prefixIn } from "./keyring.ts";
import { index, type KeyOptions, type OutputOptions, positive, withKeyring, withOutput } from "./options.ts";
import { print } from "./output.ts";

type Options = KeyOptions & OutputOptions;

function text({ name, type, address, pubkey }: KeyInfo): string {
  return `name: ${name}\ntype: ${type}\naddress: ${address}\npubkey: ${pubkey}`;
}

/** @throws NodeError naming the flag that is wrong */
function addMultisig(
  keyring: Keyring,
  name: string,
  options: { readonly multisig: string; readonly multisigThreshold?: string },
): KeyInfo {
  const members = options.multisig.split(",").map((member) => member.trim());
  const threshold = positive(options.multisigThreshold ?? "1", "--multisig-threshold");
  if (threshold > BigInt(members.length))
    throw new NodeError(
      "usage",
      `--multisig-threshold: ${threshold} of ${members.length} keys cannot sign; give 1 to ${members.length}`,
    );
  return keyring.addMultisig(name, Number(threshold), members);
}

/** @param question asked where standard input is a terminal */
async function standardInput(question: string): Promise<string> {
  if (process.stdin.isTTY) {
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await reader.question(question);
    } finally {
      reader.close();
    }
  }
  const text = readFileSync(0, "utf8");
  if (text.trim() === "")
    throw new NodeError("usage", "standard input is empty: pipe the secret in, or run it in a terminal");
  return text;
}

export function keysCommand(): Command {
  const keys = new Command("keys").description("account keys of a home");
  const sub = (name: string, description: string) =>
    withOutput(withKeyring(keys.command(name).description(description)));

  sub("add <name>", "make a key, or recover one from its mnemonic")
    .option("--recover", "read the mnemonic from standard input")
    .option("--account <n>", "account number of the HD path", "0")
    .option("--index <n>", "address index of the HD path", "0")
    .option("--multisig <names>", "a multisig of these keys, with commas")
    .option("--multisig-threshold <n>", "how many of them must sign; default 1")
    .action(
      async (
        name: string,
        options: Options & {
          recover?: true;
          account: string;
          index: string;
          multisig?: string;
          multisigThreshold?: string;
        },
      ) => {
        const keyring = keyringOf(options);
        if (options.multisig !== undefined) {
          const info = addMultisig(keyring, name, { ...options, multisig: options.multisig });
          print(options, info, text(info));
          return;
        }
        if (options.multisigThreshold !== undefined)
          throw new NodeError("usage", "--multisig-threshold: name the keys with --multisig too");
        const mnemonic = options.recover
          ? normalizeMnemonic(await standardInput("Mnemonic: "))
          : generateMnemonic();
        const path = hdPath(index(options.account, "--account"), index(options.index, "--index"));
        const info = await keyring.add(name, keyFromMnemonic(mnemonic, { path }));
        const made = options.recover ? info : { ...info, mnemonic };
        print(
          options,
          made,
          options.recover
            ? text(info)
            : `${text(info)}\n\nWrite the mnemonic down and keep it safe: it is the only way to recover the key.\n${mnemonic}`,
        );
      },
    );
  sub("list", "list all keys").action((options: Options) => {
    const all = keyringOf(options).list();
    print(options, all, all.map(text).join("\n\n") || "no keys");
  });
  sub("show <name>", "show one key, by name or address")
    .option("-a, --address", "the address alone")
    .option("-p, --pubkey", "the public key alone")
    .action((name: string, options: Options & { address?: true; pubkey?: true }) => {
      const info = keyringOf(options).show(name);
      if (options.address || options.pubkey)
        process.stdout.write(`${options.address ? info.address : info.pubkey}\n`);
      else print(options, info, text(info));
    });
  sub("delete <name>", "delete a key")
    .option("-y, --yes", "do not ask")
    .action((name: string, options: Options & { yes?: true }) => {
      if (!options.yes)
        throw new NodeError(
          "usage",
          `keys delete: key ${JSON.stringify(name)} cannot be brought back without its mnemonic; give -y to delete it`,
        );
      keyringOf(options).delete(name);
      process.stderr.write(`deleted key ${name}\n`);
    });
  sub("rename <from> <to>", "give a key another name")
    .option("-y, --yes", "do not ask; nothing is asked, so it changes nothing")
    .action((from: string, to: string, options: Options) => {
      keyringOf(options).rename(from, to);
      process.stderr.write(`key ${from} is ${to} now\n`);
    });
  sub("export <name>", "print a private key in hex")
    .option("--unsafe", "yes, show the secret")
    .action(async (name: string, options: Options & { unsafe?: true }) => {
      if (!options.unsafe)
        throw new NodeError(
          "usage",
          "keys export: this shows the secret on the screen; give --unsafe to do it",
        );
      process.stdout.write(`${toHex((await keyringOf(options).privateKey(name)).expose())}\n`);
    });
  sub("import <name>", "read a private key in hex from standard input").action(
    async (name: string, options: Options) => {
      const secret = fromHex((await standardInput("Private key, 64 hex digits: ")).trim());
      if (!secret) throw new NodeError("keys", "keys import: standard input must be 64 hex digits");
      const info = await keyringOf(options).add(name, new PrivateKey(secret));
      print(options, info, text(info));
    },
  );
  keys
    .command("mnemonic")
    .description("print a new mnemonic, of which no key is kept")
    .action(() => {
      process.stdout.write(`${generateMnemonic()}\n`);
    });
  sub("parse <address>", "an address in bech32 as hex, or in hex as bech32").action(
    (address: string, options: Options) => {
      const parsed = parseAddress(address, prefixIn(options.home));
      print(options, parsed);
    },
  );
  return keys;
}

const MAX_BECH32_CHARS = 1023;

/** The other form of an address; field names are the SDK's. @throws NodeError */
function parseAddress(
  text: string,
  prefix: string,
): { readonly human: string; readonly bytes: string } | { readonly formats: readonly string[] } {
  const bytes = fromHex(text.toLowerCase());
  if (bytes && bytes.length > 0 && bytes.length <= 255)
    return { formats: [new AddressCodec(prefix).format(bytes)] };
  try {
    const { prefix: human, words } = bech32.decode(text as `${string}1${string}`, MAX_BECH32_CHARS);
    return { human, bytes: toHex(bech32.fromWords(words)).toUpperCase() };
  } catch {
    throw new NodeError(
      "usage",
      `keys parse: ${JSON.stringify(text)} is neither bech32, such as ${prefix}1…, nor hex; see that it is whole`,
    );
  }
}
