/** Who plays: operators with their consensus keys, and delegators. Keys are made from names. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { AddressCodec, moduleAddress } from "../../../../chain/runtime/address.ts";
import { utf8 } from "../../../../chain/runtime/bytes.ts";
import { keySigner, PrivateKey, type Signer } from "../../../../client/index.ts";

export const CHAIN_ID = "simd-play-1";
/** simd's own prefix; ours is a setting of genesis. */
export const PREFIX = "cosmos";
export const DENOM = "stake";
/** A second coin that fees are paid in, so that rewards have two. */
export const TIP = "photon";

export const codec = new AddressCodec(PREFIX);

export interface Actor {
  readonly name: string;
  readonly signer: Signer;
  readonly address: string;
  readonly accountNumber: bigint;
}

export interface Operator extends Actor {
  readonly validator: string;
  readonly consensusKey: Uint8Array;
  /** 20 bytes. */
  readonly consensus: Uint8Array;
}

function actor(name: string, index: number): Actor {
  const signer = keySigner(new PrivateKey(sha256(utf8(`simd-play:${name}`))), PREFIX);
  return { name, signer, address: signer.address, accountNumber: BigInt(index) };
}

function operator(name: string, index: number): Operator {
  const made = actor(name, index);
  const consensusKey = ed25519.getPublicKey(sha256(utf8(`simd-play-consensus:${name}`)));
  const validator = codec.operators.format(codec.parse(made.address));
  return { ...made, validator, consensusKey, consensus: sha256(consensusKey).slice(0, 20) };
}

const names = (letter: string, count: number) => Array.from({ length: count }, (_, n) => `${letter}${n}`);

/** The first GENESIS_OPERATORS validate from the start; the others join in the play. */
export const GENESIS_OPERATORS = 9;
export const operators: readonly Operator[] = names("v", 14).map(operator);
/** The last two have vesting accounts. */
export const delegators: readonly Actor[] = names("d", 14).map((name, n) =>
  actor(name, operators.length + n),
);
export const actors: readonly Actor[] = [...operators, ...delegators];

/** Accounts of modules that hold coins. */
export const moduleAccounts: Readonly<Record<string, string>> = Object.fromEntries(
  ["fee_collector", "bonded_tokens_pool", "not_bonded_tokens_pool", "distribution", "mint", "gov"].map(
    (name) => [name, codec.format(moduleAddress(name))],
  ),
);
