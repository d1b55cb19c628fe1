/** The key files of a CometBFT home: the validator's consensus key and the node's p2p key, both ed25519. */
import { createHash, generateKeyPairSync } from "node:crypto";

/** An ed25519 key as CometBFT stores it: `priv` is seed followed by public key, 64 bytes. */
export interface ConsensusKey {
  readonly pub: Uint8Array;
  readonly priv: Uint8Array;
}

/** A new key from the system's randomness. */
export function newConsensusKey(): ConsensusKey {
  const { privateKey } = generateKeyPairSync("ed25519");
  const jwk = privateKey.export({ format: "jwk" });
  const seed = Buffer.from(jwk.d ?? "", "base64url");
  const pub = Buffer.from(jwk.x ?? "", "base64url");
  return { pub: new Uint8Array(pub), priv: new Uint8Array(Buffer.concat([seed, pub])) };
}

/** First 20 bytes of the SHA-256 of the public key (CometBFT crypto/ed25519). */
export function consensusAddress(pub: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(pub).digest().subarray(0, 20));
}

/** How peers name a node: its address in lower-case hex (CometBFT p2p/key.go). */
export function nodeId(pub: Uint8Array): string {
  return Buffer.from(consensusAddress(pub)).toString("hex");
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** A public key in Amino JSON, as genesis and key files have it. */
export function pubKeyJson(pub: Uint8Array): { readonly type: string; readonly value: string } {
  return { type: "tendermint/PubKeyEd25519", value: base64(pub) };
}

/** Contents of config/priv_validator_key.json. */
export function validatorKeyFile(key: ConsensusKey): string {
  const file = {
    address: Buffer.from(consensusAddress(key.pub)).toString("hex").toUpperCase(),
    pub_key: pubKeyJson(key.pub),
    priv_key: { type: "tendermint/PrivKeyEd25519", value: base64(key.priv) },
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Contents of config/node_key.json. */
export function nodeKeyFile(key: ConsensusKey): string {
  return `${JSON.stringify({ priv_key: { type: "tendermint/PrivKeyEd25519", value: base64(key.priv) } })}\n`;
}

/** Contents of data/priv_validator_state.json before anything was signed. Resetting it later risks a double signature. */
export const freshValidatorState = `${JSON.stringify({ height: "0", round: 0, step: 0 }, null, 2)}\n`;

/** The key in either key file; undefined if the text is not one. */
export function parseKeyFile(text: string): ConsensusKey | undefined {
  let value: unknown;
  try {
    value = (JSON.parse(text) as { priv_key?: { value?: unknown } }).priv_key?.value;
  } catch {
    return undefined;
  }
  if (typeof value !== "string") return undefined;
  const priv = new Uint8Array(Buffer.from(value, "base64"));
  return priv.length === 64 ? { priv, pub: priv.slice(32) } : undefined;
}
