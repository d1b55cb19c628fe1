/** Messages of validators that files and several flags say: tx staking create-validator and edit-validator. */
import { defaultRegistry, pack } from "../../../client/index.ts";
import { PubKey } from "../../../proto/gen/cosmos.crypto.ed25519.ts";
import { MsgCreateValidator, MsgEditValidator } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import { Any } from "../../../proto/gen/google.protobuf.ts";
import { fromJson, type Json, JsonError } from "../../../proto/json.ts";
import { NodeError } from "../../errors.ts";
import { fileText } from "./file-text.ts";
import type { Made } from "./tx.ts";
import { coinOf, decimalOf } from "./value.ts";

/** The fields of validator.json, which the SDK names with dashes; those that must be there first. */
const MUST = [
  "pubkey",
  "amount",
  "moniker",
  "commission-rate",
  "commission-max-rate",
  "commission-max-change-rate",
  "min-self-delegation",
] as const;
const MAY = ["identity", "website", "security", "details"] as const;

/** A JSON object of a file. @throws NodeError naming the file, and fields that are unknown */
export function jsonFile(
  path: string,
  name: string,
  known: readonly string[],
): Readonly<Record<string, Json>> {
  let json: Json;
  try {
    json = JSON.parse(fileText(path, name)) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) throw new NodeError("usage", `${path}: ${error.message}`);
    throw error;
  }
  if (json === null || typeof json !== "object" || Array.isArray(json))
    throw new NodeError("usage", `${path}: must be a JSON object with ${known.join(", ")}`);
  const unknown = Object.keys(json).find((each) => !known.includes(each));
  if (unknown !== undefined)
    throw new NodeError(
      "usage",
      `${path}: ${unknown}: there is no such field; there are ${known.join(", ")}`,
    );
  return json as Readonly<Record<string, Json>>;
}

/** @throws NodeError unless it is an integer from 1 */
function selfDelegation(text: string, name: string): string {
  if (!/^[1-9]\d{0,76}$/.test(text))
    throw new NodeError("usage", `${name}: ${JSON.stringify(text)} is no positive integer`);
  return text;
}

export function createValidator({ words: [file], sender }: Made): readonly Any[] {
  const json = jsonFile(file!, "file", [...MUST, ...MAY]);
  const text = (name: (typeof MUST)[number] | (typeof MAY)[number]): string => {
    const value = json[name] ?? ((MAY as readonly string[]).includes(name) ? "" : undefined);
    if (typeof value !== "string" || (value === "" && (MUST as readonly string[]).includes(name)))
      throw new NodeError("usage", `${file}: ${name}: must be a text that is not empty`);
    return value;
  };
  return [
    pack(MsgCreateValidator, {
      description: {
        moniker: text("moniker"),
        identity: text("identity"),
        website: text("website"),
        securityContact: text("security"),
        details: text("details"),
      },
      commission: {
        rate: decimalOf(text("commission-rate"), `${file}: commission-rate`),
        maxRate: decimalOf(text("commission-max-rate"), `${file}: commission-max-rate`),
        maxChangeRate: decimalOf(text("commission-max-change-rate"), `${file}: commission-max-change-rate`),
      },
      minSelfDelegation: selfDelegation(text("min-self-delegation"), `${file}: min-self-delegation`),
      validatorAddress: sender.operator,
      pubkey: consensusKey(json["pubkey"], file!),
      value: coinOf(text("amount"), `${file}: amount`),
    }),
  ];
}

function consensusKey(json: Json | undefined, file: string): Any {
  if (json === undefined)
    throw new NodeError("usage", `${file}: pubkey: is missing; opgd comet show-validator prints it`);
  try {
    // Some write it as text, as show-validator prints it.
    const value = typeof json === "string" ? (JSON.parse(json) as Json) : json;
    const any = fromJson(Any, value, defaultRegistry());
    if (any.typeUrl === PubKey.typeUrl) return any;
    throw new NodeError("usage", `${file}: pubkey: a key of type ${any.typeUrl} is not ${PubKey.typeUrl}`);
  } catch (error) {
    if (error instanceof JsonError || error instanceof SyntaxError)
      throw new NodeError(
        "usage",
        `${file}: pubkey: ${error.message}; give what opgd comet show-validator prints`,
      );
    throw error;
  }
}

/** What the SDK takes as: leave it as it is. */
const KEEP = "[do-not-modify]";

export const EDIT_FLAGS = [
  ["--new-moniker <text>", "name of the validator", KEEP],
  ["--identity <text>", "identity, such as of keybase", KEEP],
  ["--website <text>", "website", KEEP],
  ["--security-contact <text>", "address for reports of faults", KEEP],
  ["--details <text>", "more about it", KEEP],
  ["--commission-rate <rate>", "part of rewards that the validator keeps, such as 0.1; once a day at most"],
  ["--min-self-delegation <n>", "the least that it must delegate to itself; it can only grow"],
] as const;

export function editValidator({ flags, sender }: Made): readonly Any[] {
  const text = (name: string): string => flags[name] as string;
  const { commissionRate: rate, minSelfDelegation: least } = flags;
  return [
    pack(MsgEditValidator, {
      description: {
        moniker: text("newMoniker"),
        identity: text("identity"),
        website: text("website"),
        securityContact: text("securityContact"),
        details: text("details"),
      },
      validatorAddress: sender.operator,
      commissionRate: rate === undefined ? "" : decimalOf(String(rate), "--commission-rate"),
      minSelfDelegation: least === undefined ? "" : selfDelegation(String(least), "--min-self-delegation"),
    }),
  ];
}
