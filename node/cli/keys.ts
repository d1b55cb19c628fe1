/** opgd keys: account keys of a home. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import { fromHex, toHex } from "../../chain/runtime/bytes.ts";
import {
  generateMnemonic,
  hdPath,
  keyFromMnemonic,
  normalizeMnemonic,
  PrivateKey,
} from "../../client/index.ts";
import { NodeError } from "../errors.ts";
import type { KeyInfo } from "../keys/keyring.ts";
import { type KeyOptions, keyringOf, type OutputOptions, withKeyring, withOutput } from "./options.ts";
import { print } from "./output.ts";

type Options = KeyOptions & OutputOptions;

function text({ name, type, address, pubkey }: KeyInfo): string {
  return `name: ${name}\ntype: ${type}\naddress: ${address}\npubkey: ${pubkey}`;
}

async function standardInput(): Promise<string> {
  if (process.stdin.isTTY) {
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await reader.question("Mnemonic: ");
    } finally {
      reader.close();
    }
  }
  return readFileSync(0, "utf8");
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
    .option("--multisig-threshold <n>", "how many of them must sign", "1")
    .action(
      async (
        name: string,
        options: Options & {
          recover?: true;
          account: string;
          index: string;
          multisig?: string;
          multisigThreshold: string;
        },
      ) => {
        const keyring = keyringOf(options);
        if (options.multisig) {
          const info = keyring.addMultisig(
            name,
            Number(options.multisigThreshold),
            options.multisig.split(","),
          );
          print(options, info, text(info));
          return;
        }
        const mnemonic = options.recover ? normalizeMnemonic(await standardInput()) : generateMnemonic();
        const path = hdPath(Number(options.account), Number(options.index));
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
          `keys delete: ${name} cannot be brought back without its mnemonic; give -y to delete it`,
        );
      keyringOf(options).delete(name);
    });
  sub("rename <from> <to>", "give a key another name").action((from: string, to: string, options: Options) =>
    keyringOf(options).rename(from, to),
  );
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
      const secret = fromHex((await standardInput()).trim());
      if (!secret) throw new NodeError("keys", "keys import: standard input must be 64 hex digits");
      const info = await keyringOf(options).add(name, new PrivateKey(secret));
      print(options, info, text(info));
    },
  );
  return keys;
}
