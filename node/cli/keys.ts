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
  KeyError,
  keyFromMnemonic,
  normalizeMnemonic,
  PrivateKey,
  singlePublicKey,
} from "../../client/keys/index.ts";
import { NodeError } from "../errors.ts";
import { armorKey, unarmorKey } from "../keys/armor.ts";
import type { KeyInfo, Keyring } from "../keys/keyring.ts";
import { exportPassphrase, keyringOf, prefixIn } from "./keyring.ts";
import { index, type KeyOptions, type OutputOptions, positive, withKeyring, withOutput } from "./options.ts";
import { print } from "./output.ts";
import { type AddressKind, convert } from "./verbs/addresses.ts";
import { fileText } from "./verbs/file-text.ts";

type Options = KeyOptions & OutputOptions;

function text({ name, type, address, pubkey }: KeyInfo): string {
  return `name: ${name}\ntype: ${type}\naddress: ${address}\npubkey: ${pubkey}`;
}

interface AddFlags extends Options {
  readonly recover?: true;
  readonly source?: string;
  readonly account: string;
  readonly index: string;
  readonly coinType: string;
  readonly hdPath?: string;
  readonly keyType: string;
  readonly multisig?: string;
  readonly multisigThreshold?: string;
  /** False by --nosort. */
  readonly nosort?: true;
  readonly pubkey?: string;
  readonly pubkeyBase64?: string;
  /** False by --no-backup. */
  readonly backup: boolean;
  readonly dryRun?: true;
}

/** The names of a multisig, and how many must sign. @throws NodeError naming the flag that is wrong */
function membersOf(
  names: readonly string[],
  threshold: string | undefined,
): readonly [readonly string[], number] {
  const needed = positive(threshold ?? "1", "--multisig-threshold");
  if (needed > BigInt(names.length))
    throw new NodeError(
      "usage",
      `--multisig-threshold: ${needed} of ${names.length} keys cannot sign; give 1 to ${names.length}`,
    );
  return [names, Number(needed)];
}

function addMultisig(keyring: Keyring, name: string, flags: AddFlags): KeyInfo {
  const [members, threshold] = membersOf(
    flags.multisig!.split(",").map((member) => member.trim()),
    flags.multisigThreshold,
  );
  if (flags.dryRun) return keyring.info(name, "multi", keyring.multisigOf(threshold, members, !flags.nosort));
  return keyring.addMultisig(name, threshold, members, !flags.nosort);
}

/** 33 bytes, from the JSON that `keys show -p` prints or from base64. @throws NodeError */
function publicKeyBytes({ pubkey, pubkeyBase64 }: AddFlags): Uint8Array {
  const flag = pubkey === undefined ? "--pubkey-base64" : "--pubkey";
  try {
    const text =
      pubkey === undefined
        ? pubkeyBase64!
        : (JSON.parse(pubkey) as { readonly "@type"?: unknown; readonly key?: unknown }).key;
    if (typeof text === "string") return singlePublicKey(new Uint8Array(Buffer.from(text, "base64"))).key;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof KeyError)) throw error;
  }
  throw new NodeError("usage", `${flag}: is no secp256k1 key; opgd keys show -p prints one`);
}

/** @throws NodeError */
function pathOf({ hdPath: path, coinType, account, index: at }: AddFlags): string {
  if (path) return path.startsWith("m/") ? path : `m/${path}`;
  const [coin, ...rest] = [
    index(coinType, "--coin-type"),
    index(account, "--account"),
    index(at, "--index"),
  ] as const;
  return hdPath(rest[0], rest[1]).replace("/118'/", `/${coin}'/`);
}

async function add(name: string, flags: AddFlags): Promise<void> {
  const keyring = keyringOf(flags);
  if (flags.keyType !== "secp256k1")
    throw new NodeError(
      "usage",
      `--key-type: ${flags.keyType} is not secp256k1, the only type of accounts here`,
    );
  if (flags.multisig !== undefined) {
    const info = addMultisig(keyring, name, flags);
    return print(flags, info, text(info));
  }
  if (flags.multisigThreshold !== undefined)
    throw new NodeError("usage", "--multisig-threshold: name the keys with --multisig too");
  if (flags.pubkey !== undefined || flags.pubkeyBase64 !== undefined) {
    const key = publicKeyBytes(flags);
    const info = flags.dryRun
      ? keyring.info(name, "offline", singlePublicKey(key))
      : keyring.addPublic(name, key);
    return print(flags, info, text(info));
  }
  const known = flags.recover || flags.source !== undefined;
  const mnemonic = known ? normalizeMnemonic(await mnemonicOf(flags)) : generateMnemonic();
  const key = keyFromMnemonic(mnemonic, { path: pathOf(flags) });
  const info = flags.dryRun
    ? keyring.info(name, "local", singlePublicKey(key.publicKey))
    : await keyring.add(name, key);
  if (known || !flags.backup) return print(flags, info, text(info));
  print(
    flags,
    { ...info, mnemonic },
    `${text(info)}\n\nWrite the mnemonic down and keep it safe: it is the only way to recover the key.\n${mnemonic}`,
  );
}

async function mnemonicOf({ source }: AddFlags): Promise<string> {
  return source === undefined ? standardInput("Mnemonic: ") : fileText(source, "--source");
}

const BECHS: Readonly<Record<string, AddressKind>> = { acc: "account", val: "operator", cons: "consensus" };

interface ShowFlags extends Options {
  readonly address?: true;
  readonly pubkey?: true;
  readonly bech: string;
  readonly multisigThreshold?: string;
}

/** One key; of several, the multisig that they would be. */
function show(names: readonly string[], flags: ShowFlags): void {
  const keyring = keyringOf(flags);
  const kind = BECHS[flags.bech];
  if (!kind)
    throw new NodeError("usage", `--bech: ${flags.bech} is not one of ${Object.keys(BECHS).join(", ")}`);
  const several =
    names.length > 1 ? keyring.multisigOf(...swap(membersOf(names, flags.multisigThreshold))) : undefined;
  const found = several ? keyring.info("multi", "multi", several) : keyring.show(names[0]!);
  const info = { ...found, address: convert(found.address, kind) };
  if (flags.address && flags.pubkey) throw new NodeError("usage", "--address, --pubkey: give one of them");
  if (flags.address || flags.pubkey) process.stdout.write(`${flags.address ? info.address : info.pubkey}\n`);
  else print(flags, info, text(info));
}

function swap<A, B>([a, b]: readonly [A, B]): [B, A] {
  return [b, a];
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

  sub("add <name>", "make a key, recover one from its mnemonic, or keep a multisig or a public key")
    .option("--recover", "read the mnemonic from standard input")
    .option("--source <file>", "read the mnemonic from a file")
    .option("--account <n>", "account number of the HD path", "0")
    .option("--index <n>", "address index of the HD path", "0")
    .option("--coin-type <n>", "coin type of the HD path", "118")
    .option("--hd-path <path>", "the whole HD path, such as m/44'/118'/0'/0/0")
    .option("--key-type <type>", "secp256k1, the only one there is", "secp256k1")
    .option("--no-backup", "do not print the mnemonic")
    .option("--dry-run", "keep nothing, print only")
    .option("--multisig <names>", "a multisig of these keys, with commas")
    .option("--multisig-threshold <n>", "how many of them must sign; default 1")
    .option("--nosort", "the keys of the multisig in the order given; else by their addresses")
    .option("--pubkey <json>", "keep a public key alone, as keys show -p prints it")
    .option("--pubkey-base64 <key>", "keep a public key alone, in base64")
    .action(add);
  sub("list", "list all keys")
    .option("-n, --list-names", "their names alone")
    .action((options: Options & { listNames?: true }) => {
      const keyring = keyringOf(options);
      const all = options.listNames ? keyring.names() : keyring.list();
      print(
        options,
        all,
        all
          .map((each) => (typeof each === "string" ? each : text(each)))
          .join(options.listNames ? "\n" : "\n\n") || "no keys",
      );
    });
  sub("list-key-types", "the types of keys that accounts may have").action((options: Options) =>
    print(options, ["secp256k1"]),
  );
  sub("show <names...>", "show a key, by name or address; or the multisig that several would be")
    .option("-a, --address", "the address alone")
    .option("-p, --pubkey", "the public key alone")
    .option("--bech <kind>", "address as acc (account), val (validator's operator) or cons", "acc")
    .option("--multisig-threshold <n>", "of several keys, how many must sign; default 1")
    .action(show);
  sub("delete <names...>", "delete keys")
    .option("-y, --yes", "do not ask")
    .option("-f, --force", "the same")
    .action((names: string[], options: Options & { yes?: true; force?: true }) => {
      const keyring = keyringOf(options);
      for (const name of names) keyring.show(name);
      if (!options.yes && !options.force)
        throw new NodeError(
          "usage",
          `keys delete: key ${names.map((name) => JSON.stringify(name)).join(", ")} cannot be brought back without its mnemonic; give -y to delete it`,
        );
      for (const name of names) {
        keyring.delete(name);
        process.stderr.write(`deleted key ${name}\n`);
      }
    });
  sub("rename <from> <to>", "give a key another name")
    .option("-y, --yes", "do not ask; nothing is asked, so it changes nothing")
    .action((from: string, to: string, options: Options) => {
      keyringOf(options).rename(from, to);
      process.stderr.write(`key ${from} is ${to} now\n`);
    });
  sub("export <name>", "print a private key, sealed by a passphrase, for keys import")
    .option("--unarmored-hex", "in hex, for everybody to read; with --unsafe")
    .option("--unsafe", "yes, show the secret")
    .option("-y, --yes", "do not ask; nothing is asked, so it changes nothing")
    .action(async (name: string, options: Options & { unarmoredHex?: true; unsafe?: true }) => {
      if (options.unarmoredHex !== options.unsafe)
        throw new NodeError(
          "usage",
          "keys export: --unarmored-hex shows the secret on the screen; give --unsafe too to do it, or neither",
        );
      const key = await keyringOf(options).privateKey(name);
      const exported = options.unsafe
        ? toHex(key.expose())
        : await armorKey(key, await exportPassphrase(true));
      process.stdout.write(`${exported}\n`);
    });
  sub("import <name> <keyfile>", "keep a key that keys export wrote, here or with the SDK's programs").action(
    async (name: string, path: string, options: Options) => {
      const armored = fileText(path, "keyfile");
      const info = await keyringOf(options).add(
        name,
        await unarmorKey(armored, await exportPassphrase(false)),
      );
      print(options, info, text(info));
    },
  );
  sub("import-hex <name> [hex]", "keep a private key in hex, by default from standard input")
    .option("--key-type <type>", "secp256k1, the only one there is", "secp256k1")
    .action(async (name: string, hex: string | undefined, options: Options) => {
      const secret = fromHex(
        (hex ?? (await standardInput("Private key, 64 hex digits: "))).trim().toLowerCase(),
      );
      if (!secret) throw new NodeError("keys", "keys import-hex: the key must be 64 hex digits");
      const info = await keyringOf(options).add(name, new PrivateKey(secret));
      print(options, info, text(info));
    });
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
