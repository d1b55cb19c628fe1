/**
 * Private keys as the SDK's `keys export` writes them, so that they move between programs: OpenPGP's ASCII armor around a
 * key sealed by ChaCha20-Poly1305, with a key that Argon2id makes of the passphrase.
 * Source: crypto/armor.go of the Cosmos SDK, v0.53; RFC 4880 section 6; RFC 9106.
 */
import { randomBytes } from "node:crypto";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { argon2idAsync } from "@noble/hashes/argon2.js";
import { fromHex, toHex } from "../../chain/runtime/bytes.ts";
import { PrivateKey } from "../../client/keys/index.ts";
import { NodeError } from "../errors.ts";

const BEGIN = "-----BEGIN TENDERMINT PRIVATE KEY-----";
const END = "-----END TENDERMINT PRIVATE KEY-----";
/** What Amino writes before the 32 bytes of a secp256k1 key: the name's hash, and the length. */
const AMINO_PREFIX = fromHex("e1b0f79b20")!;
const SECRET_BYTES = 32;
/** Source: argon2Time, argon2Memory and argon2Threads. */
const COST = { t: 1, m: 64 * 1024, p: 4, dkLen: 32 } as const;
/** Always zero: every export has a salt of its own. */
const NONCE = new Uint8Array(12);
const LINE_CHARS = 64;

/** The CRC of OpenPGP's armor. */
function crc24(data: Uint8Array): Uint8Array {
  let crc = 0xb704ce;
  for (const byte of data) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) {
      crc <<= 1;
      if (crc & 0x1000000) crc ^= 0x1864cfb;
    }
  }
  return new Uint8Array([(crc >> 16) & 0xff, (crc >> 8) & 0xff, crc & 0xff]);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** A key sealed by a passphrase, as text. */
export async function armorKey(key: PrivateKey, passphrase: string): Promise<string> {
  const salt = new Uint8Array(randomBytes(16));
  const sealing = await argon2idAsync(passphrase, salt, COST);
  const sealed = chacha20poly1305(sealing, NONCE).encrypt(new Uint8Array([...AMINO_PREFIX, ...key.expose()]));
  const body = base64(sealed).match(new RegExp(`.{1,${LINE_CHARS}}`, "g"))!;
  return [
    BEGIN,
    "kdf: argon2",
    `salt: ${toHex(salt).toUpperCase()}`,
    "type: secp256k1",
    "",
    ...body,
    `=${base64(crc24(sealed))}`,
    END,
  ].join("\n");
}

/** @throws NodeError if the text is no armored key, is damaged, or the passphrase is another */
export async function unarmorKey(text: string, passphrase: string): Promise<PrivateKey> {
  const lines = text.trim().split(/\r?\n/);
  const blank = lines.indexOf("");
  if (lines[0] !== BEGIN || lines.at(-1) !== END || blank < 0)
    throw new NodeError(
      "keys",
      `the file is no exported key: it must begin with ${BEGIN}; keys import-hex reads hex`,
    );
  const headers = new Map(lines.slice(1, blank).map((line) => line.split(": ", 2) as [string, string]));
  const kdf = headers.get("kdf");
  if (kdf !== "argon2")
    throw new NodeError(
      "keys",
      `kdf: ${kdf ?? "none"} is not argon2; export the key again with SDK v0.50 or later`,
    );
  const algorithm = headers.get("type") ?? "secp256k1";
  if (algorithm !== "secp256k1")
    throw new NodeError("keys", `type: ${algorithm} is not secp256k1, the only type of accounts here`);
  const salt = fromHex((headers.get("salt") ?? "").toLowerCase());
  const rest = lines.slice(blank + 1, -1);
  const sum = rest.at(-1)?.startsWith("=") ? rest.at(-1) : undefined;
  const sealed = new Uint8Array(Buffer.from((sum ? rest.slice(0, -1) : rest).join(""), "base64"));
  if (!salt || salt.length === 0 || (sum !== undefined && sum !== `=${base64(crc24(sealed))}`))
    throw new NodeError(
      "keys",
      "the exported key is damaged: its checksum or salt is wrong; export it again",
    );
  const sealing = await argon2idAsync(passphrase, salt, COST);
  let opened: Uint8Array;
  try {
    opened = chacha20poly1305(sealing, NONCE).decrypt(sealed);
  } catch {
    throw new NodeError("keys", "the passphrase is not the one that the key was exported with");
  }
  const isKey =
    opened.length === AMINO_PREFIX.length + SECRET_BYTES &&
    AMINO_PREFIX.every((byte, at) => opened[at] === byte);
  if (!isKey) throw new NodeError("keys", "the exported key is of a type that accounts here do not have");
  return new PrivateKey(opened.slice(AMINO_PREFIX.length));
}
