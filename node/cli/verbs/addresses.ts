/** Addresses as people name them: in bech32 of the right kind, or by a key of the keyring. */
import { bech32 } from "@scure/base";
import { AddressCodec } from "../../../chain/runtime/address.ts";
import { sha256 } from "../../../chain/store/sha256.ts";
import type { AnyMessageType, Field } from "../../../proto/codec.ts";
import { PubKey } from "../../../proto/gen/cosmos.crypto.ed25519.ts";
import { fromJson, type Json, JsonError } from "../../../proto/json.ts";
import { NodeError } from "../../errors.ts";
import type { KeyInfo } from "../../keys/keyring.ts";

/** Whose address it is: `opg1…`, `opgvaloper1…`, `opgvalcons1…`. */
export type AddressKind = "account" | "operator" | "consensus";

const SUFFIXES: Readonly<Record<AddressKind, string>> = {
  account: "",
  operator: "valoper",
  consensus: "valcons",
};
const WHOSE: Readonly<Record<AddressKind, string>> = {
  account: "an account",
  operator: "a validator's operator",
  consensus: "a consensus key",
};
const MAX_BECH32_CHARS = 1023;
const CONSENSUS_ADDRESS_BYTES = 20;

/** What of a keyring and its home is asked. */
export interface KeyNames {
  /** The chain's bech32 prefix. */
  readonly prefix: string;
  names(): readonly string[];
  show(name: string): Pick<KeyInfo, "address">;
}

/** Fields of operators' addresses are called so in every module of the SDK. */
const OPERATOR = /^(validator(_src|_dst)?|(src|dst)_validator)_addr(ess)?$/;
const ACCOUNT =
  /^((.+_)?addr(ess)?|granter|grantee|voter|depositor|delegator|proposer|recipient|requester|owner|new_owner|operator|challenger)$/;

/** The kind of address that a field holds, by its name; undefined if it holds none. */
export function addressKind(
  type: AnyMessageType,
  { name, type: of, repeated }: Field,
): AddressKind | undefined {
  if (of !== "string" || repeated) return undefined;
  if (name === "cons_address") return "consensus";
  // Who signs for a validator is its operator, also where the field is called otherwise.
  if (OPERATOR.test(name)) return "operator";
  return ACCOUNT.test(name) && !type.typeName.endsWith("BytesRequest") ? "account" : undefined;
}

/** The address that `text` names. @throws NodeError naming the argument, with the address that may be meant */
export function resolveAddress(kind: AddressKind, text: string, name: string, keys: KeyNames): string {
  if (kind === "consensus" && text.trimStart().startsWith("{"))
    return consensusAddress(text, keys.prefix, name);
  if (kind !== "consensus" && keys.names().includes(text)) return convert(keys.show(text).address, kind);
  const prefix = prefixOfAddress(text);
  if (prefix === undefined)
    throw new NodeError(
      "usage",
      `${name}: ${JSON.stringify(text.slice(0, 128))} is ${kind === "consensus" ? "no" : "neither a key of the keyring nor an"} address; see that it is whole`,
    );
  const found = kindOf(prefix);
  if (found === kind) return text;
  const other =
    kind === "consensus" || found === "consensus" ? "" : `; of the same key it is ${convert(text, kind)}`;
  throw new NodeError(
    "usage",
    `${name}: ${text} is the address of ${WHOSE[found]}, not of ${WHOSE[kind]}${other}`,
  );
}

/** `opgvalcons1…` of an ed25519 key as `opgd comet show-validator` prints it. @throws NodeError */
function consensusAddress(json: string, prefix: string, name: string): string {
  try {
    const { "@type": type, ...rest } = JSON.parse(json) as { readonly "@type": string } & Record<
      string,
      Json
    >;
    if (type !== PubKey.typeUrl)
      throw new NodeError("usage", `${name}: a key of type ${type} is not ${PubKey.typeUrl}`);
    const { key } = fromJson(PubKey, rest);
    return new AddressCodec(prefix).consensus.format(sha256(key).slice(0, CONSENSUS_ADDRESS_BYTES));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonError)
      throw new NodeError("usage", `${name}: ${error.message}; give what opgd comet show-validator prints`);
    throw error;
  }
}

function prefixOfAddress(text: string): string | undefined {
  try {
    return bech32.decode(text as `${string}1${string}`, MAX_BECH32_CHARS).prefix;
  } catch {
    return undefined;
  }
}

function kindOf(prefix: string): AddressKind {
  if (prefix.endsWith(SUFFIXES.operator)) return "operator";
  return prefix.endsWith(SUFFIXES.consensus) ? "consensus" : "account";
}

/** The same bytes as an address of another kind, of the same chain. */
export function convert(address: string, kind: AddressKind): string {
  const { prefix, words } = bech32.decode(address as `${string}1${string}`, MAX_BECH32_CHARS);
  const base = prefix.slice(0, prefix.length - SUFFIXES[kindOf(prefix)].length);
  return bech32.encode(`${base}${SUFFIXES[kind]}`, words, MAX_BECH32_CHARS);
}
