/** Named account keys in a home: in the clear (backend `test`) or sealed by a passphrase (backend `file`). */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fromHex, toHex } from "../../chain/runtime/bytes.ts";
import {
  addressOf,
  type MultisigPublicKey,
  multisigPublicKey,
  PrivateKey,
  type PublicKey,
  publicKeyToAny,
  singlePublicKey,
} from "../../client/keys/index.ts";
import { keySigner, type Signer } from "../../client/tx/signer.ts";
import { LegacyAminoPubKey } from "../../proto/gen/cosmos.crypto.multisig.ts";
import { PubKey } from "../../proto/gen/cosmos.crypto.secp256k1.ts";
import { TypeRegistry, toJson } from "../../proto/json.ts";
import { NodeError } from "../errors.ts";
import { makeFolder, writeFileSafely } from "../files.ts";
import type { Backend } from "./backend.ts";
import { open, type Sealed, seal } from "./sealed.ts";

/** A key with its secret, a multisig, or a public key whose secret is elsewhere. */
export type KeyKind = "local" | "multi" | "offline";

interface KeyFile {
  readonly type: KeyKind;
  /** Hex: of a local key its 33 bytes, of a multisig those of its members. */
  readonly publicKeys: readonly string[];
  readonly threshold?: number;
  /** Backend `test`: the secret, in hex. */
  readonly secret?: string;
  /** Backend `file`. */
  readonly box?: Sealed;
}

/** A key as `opgd keys` prints it; the fields are the Cosmos SDK's. */
export interface KeyInfo {
  readonly name: string;
  readonly type: KeyKind;
  readonly address: string;
  /** Proto JSON of the public key, as text. */
  readonly pubkey: string;
}

export interface KeyringOptions {
  readonly home: string;
  readonly backend: Backend;
  /** bech32 prefix of addresses. */
  readonly prefix: string;
  /** Asks for the passphrase of the file backend; `isNew` when it is being set. */
  readonly passphrase: (isNew: boolean) => Promise<string>;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/;
const MIN_PASSPHRASE = 8;
const types = new TypeRegistry([PubKey, LegacyAminoPubKey]);

export class Keyring {
  readonly #options: KeyringOptions;
  readonly #folder: string;

  constructor(options: KeyringOptions) {
    this.#options = options;
    this.#folder = join(options.home, `keyring-${options.backend}`);
  }

  #path(name: string): string {
    if (!NAME.test(name))
      throw new NodeError(
        "keys",
        `key name ${JSON.stringify(name)} must be letters, digits or . _ - (64 at most)`,
      );
    return join(this.#folder, `${name}.json`);
  }

  has(name: string): boolean {
    return existsSync(this.#path(name));
  }

  names(): readonly string[] {
    if (!existsSync(this.#folder)) return [];
    return readdirSync(this.#folder)
      .filter((file) => file.endsWith(".json"))
      .map((file) => file.slice(0, -".json".length))
      .sort();
  }

  list(): readonly KeyInfo[] {
    return this.names().map((name) => this.show(name));
  }

  /** A key by its name, or by its address. @throws NodeError if there is none */
  show(nameOrAddress: string): KeyInfo {
    const name = this.#nameOf(nameOrAddress);
    const { type } = this.#read(name);
    return this.info(name, type, this.publicKey(name));
  }

  /** A key as it is printed, kept or not. */
  info(name: string, type: KeyKind, publicKey: PublicKey): KeyInfo {
    const any = publicKeyToAny(publicKey);
    const type_ = types.get(any.typeUrl)!;
    const json = { "@type": any.typeUrl, ...(toJson(type_, type_.decode(any.value), types) as object) };
    return { name, type, address: addressOf(publicKey, this.#options.prefix), pubkey: JSON.stringify(json) };
  }

  publicKey(name: string): PublicKey {
    const { type, publicKeys, threshold } = this.#read(name);
    const keys = publicKeys.map((text) => fromHex(text)!);
    return type === "multi"
      ? multisigPublicKey(threshold!, keys, { sort: false })
      : singlePublicKey(keys[0]!);
  }

  /** Keeps a key under a name. @throws NodeError if the name is taken */
  async add(name: string, key: PrivateKey): Promise<KeyInfo> {
    const common = { type: "local", publicKeys: [toHex(key.publicKey)] } as const;
    this.#assertFree(name);
    if (this.#options.backend === "test") this.#write(name, { ...common, secret: toHex(key.expose()) });
    else this.#write(name, { ...common, box: await seal(key.expose(), await this.#newPassphrase(), name) });
    return this.show(name);
  }

  /** Keeps a public key, such as of another member of a multisig: nothing can be signed with it here. */
  addPublic(name: string, key: Uint8Array): KeyInfo {
    this.#assertFree(name);
    this.#write(name, { type: "offline", publicKeys: [toHex(singlePublicKey(key).key)] });
    return this.show(name);
  }

  /** A multisig of keys that are in this keyring. @param sort by address, as wallets do; else in the order given */
  multisigOf(threshold: number, members: readonly string[], sort = true): MultisigPublicKey {
    const keys = members.map((member) => {
      const key = this.publicKey(this.#nameOf(member));
      if (key.type !== "secp256k1")
        throw new NodeError("keys", `key ${member} is a multisig itself; name single keys`);
      return key.key;
    });
    return multisigPublicKey(threshold, keys, { sort });
  }

  /** Keeps a multisig of keys that are in this keyring. @param sort as multisigOf */
  addMultisig(name: string, threshold: number, members: readonly string[], sort = true): KeyInfo {
    this.#assertFree(name);
    const multisig = this.multisigOf(threshold, members, sort);
    this.#write(name, { type: "multi", publicKeys: multisig.keys.map(({ key }) => toHex(key)), threshold });
    return this.show(name);
  }

  async privateKey(nameOrAddress: string): Promise<PrivateKey> {
    const name = this.#nameOf(nameOrAddress);
    const { type, secret, box } = this.#read(name);
    if (type === "offline")
      throw new NodeError("keys", `key ${name} is a public key alone: sign where its secret is`);
    if (secret) return new PrivateKey(fromHex(secret)!);
    if (!box) throw new NodeError("keys", `key ${name} is a multisig: its members sign`);
    return new PrivateKey(await open(box, await this.#options.passphrase(false), name));
  }

  async signer(nameOrAddress: string): Promise<Signer> {
    return keySigner(await this.privateKey(nameOrAddress), this.#options.prefix);
  }

  delete(nameOrAddress: string): void {
    rmSync(this.#path(this.#nameOf(nameOrAddress)));
  }

  async rename(from: string, to: string): Promise<void> {
    this.#assertFree(to);
    const file = this.#read(from);
    if (file.box) {
      // The seal is bound to the name.
      await this.add(to, await this.privateKey(from));
      this.delete(from);
    } else renameSync(this.#path(from), this.#path(to));
  }

  async #newPassphrase(): Promise<string> {
    const passphrase = await this.#options.passphrase(this.names().length === 0);
    if (passphrase.length < MIN_PASSPHRASE)
      throw new NodeError("keys", `the passphrase must have at least ${MIN_PASSPHRASE} characters`);
    // One passphrase opens the whole keyring: a slip of the hand must not seal a key by another.
    for (const name of this.names()) {
      const { box } = this.#read(name);
      if (!box) continue;
      await open(box, passphrase, name);
      break;
    }
    return passphrase;
  }

  #assertFree(name: string): void {
    if (this.has(name))
      throw new NodeError("keys", `key ${name} is there already; delete or rename it first`);
  }

  #nameOf(nameOrAddress: string): string {
    if (NAME.test(nameOrAddress) && existsSync(join(this.#folder, `${nameOrAddress}.json`)))
      return nameOrAddress;
    const byAddress = this.names().find(
      (name) => addressOf(this.publicKey(name), this.#options.prefix) === nameOrAddress,
    );
    if (byAddress) return byAddress;
    const names = this.names().join(", ") || "none";
    throw new NodeError(
      "keys",
      `there is no key ${nameOrAddress} in the ${this.#options.backend} keyring (there: ${names}); opgd keys add makes one`,
    );
  }

  #read(name: string): KeyFile {
    return JSON.parse(readFileSync(this.#path(name), "utf8")) as KeyFile;
  }

  #write(name: string, file: KeyFile): void {
    makeFolder(this.#folder);
    writeFileSafely(this.#path(name), new TextEncoder().encode(`${JSON.stringify(file, undefined, 2)}\n`));
  }
}
