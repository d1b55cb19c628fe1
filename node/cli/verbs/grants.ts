/** What one account lets another do: tx authz grant and exec, tx feegrant grant. */
import { contentOf, defaultRegistry, pack } from "../../../client/index.ts";
import { GenericAuthorization, MsgExec, MsgGrant } from "../../../proto/gen/cosmos.authz.v1beta1.ts";
import { SendAuthorization } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import {
  AllowedMsgAllowance,
  BasicAllowance,
  MsgGrantAllowance,
  PeriodicAllowance,
} from "../../../proto/gen/cosmos.feegrant.v1beta1.ts";
import { AuthorizationType, StakeAuthorization } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import { Tx } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import { Any, type Timestamp } from "../../../proto/gen/google.protobuf.ts";
import { fromJson, type Json, JsonError } from "../../../proto/json.ts";
import { NodeError } from "../../errors.ts";
import { positive } from "../options.ts";
import { type AddressKind, resolveAddress } from "./addresses.ts";
import { fileText } from "./file-text.ts";
import type { Made } from "./tx.ts";
import { coinOf, coinsOf, timeOf } from "./value.ts";

const STAKE_TYPES: Readonly<Record<string, number>> = {
  delegate: AuthorizationType.AUTHORIZATION_TYPE_DELEGATE,
  unbond: AuthorizationType.AUTHORIZATION_TYPE_UNDELEGATE,
  redelegate: AuthorizationType.AUTHORIZATION_TYPE_REDELEGATE,
};

export const GRANT_FLAGS = [
  ["--spend-limit <coins>", "the most that may be sent (send), or staked (delegate, unbond, redelegate)"],
  ["--msg-type <type-url>", "the message that may be sent (generic), such as /cosmos.gov.v1.MsgVote"],
  ["--allow-list <addresses>", "the only receivers (send), with commas"],
  ["--allowed-validators <addresses>", "the only validators (delegate, unbond, redelegate), with commas"],
  ["--deny-validators <addresses>", "all validators but these, with commas"],
  ["--expiration <time>", "when it ends, in seconds since 1970 or as 2027-01-30T15:04:05Z; default: never"],
] as const;

/** The words of a flag of addresses, each of a kind. @throws NodeError also if one comes twice */
function addressesOf(
  { flags, keys }: Made,
  name: string,
  flag: string,
  kind: AddressKind,
): readonly string[] {
  const text = flags[name];
  if (typeof text !== "string" || text === "") return [];
  const all = text.split(",").map((each) => resolveAddress(kind, each.trim(), flag, keys));
  const twice = all.find((each, at) => all.indexOf(each) !== at);
  if (twice !== undefined) throw new NodeError("usage", `${flag}: ${twice} comes twice`);
  return all;
}

function must(flags: Made["flags"], name: string, flag: string, type: string): string {
  const text = flags[name];
  if (typeof text === "string" && text !== "") return text;
  throw new NodeError("usage", `${flag}: must be given for an authorization of type ${type}`);
}

function authorizationOf(made: Made, type: string): Any {
  const { flags } = made;
  if (type === "send") {
    const spendLimit = coinsOf(must(flags, "spendLimit", "--spend-limit", type), "--spend-limit");
    if (spendLimit.length === 0) throw new NodeError("usage", "--spend-limit: must be more than nothing");
    return pack(SendAuthorization, {
      spendLimit,
      allowList: addressesOf(made, "allowList", "--allow-list", "account"),
    });
  }
  if (type === "generic")
    return pack(GenericAuthorization, { msg: msgType(must(flags, "msgType", "--msg-type", type)) });
  const authorizationType = STAKE_TYPES[type];
  if (authorizationType === undefined)
    throw new NodeError(
      "usage",
      `authorization-type: ${type} is not one of send, generic, ${Object.keys(STAKE_TYPES).join(", ")}`,
    );
  const allowed = addressesOf(made, "allowedValidators", "--allowed-validators", "operator");
  const denied = addressesOf(made, "denyValidators", "--deny-validators", "operator");
  if ((allowed.length === 0) === (denied.length === 0))
    throw new NodeError("usage", "--allowed-validators, --deny-validators: give one of them");
  return pack(StakeAuthorization, {
    ...(flags["spendLimit"] ? { maxTokens: coinOf(String(flags["spendLimit"]), "--spend-limit") } : {}),
    ...(allowed.length > 0 ? { allowList: { address: allowed } } : { denyList: { address: denied } }),
    authorizationType,
  });
}

function msgType(text: string): string {
  if (!defaultRegistry().get(text) || !text.startsWith("/"))
    throw new NodeError(
      "usage",
      `--msg-type: there is no message ${text}; give one such as /cosmos.gov.v1.MsgVote`,
    );
  return text;
}

function expirationOf(flags: Made["flags"]): { readonly expiration?: Timestamp } {
  const text = flags["expiration"];
  return typeof text === "string" && text !== "" && text !== "0"
    ? { expiration: timeOf(text, "--expiration") }
    : {};
}

function granteeOf({ sender, keys }: Made, word: string): string {
  const grantee = resolveAddress("account", word, "grantee", keys);
  if (grantee === sender.address) throw new NodeError("usage", `grantee: ${grantee} is the granter itself`);
  return grantee;
}

export function grantAuthorization(made: Made): readonly Any[] {
  const [grantee = "", type = ""] = made.words;
  return [
    pack(MsgGrant, {
      granter: made.sender.address,
      grantee: granteeOf(made, grantee),
      grant: {
        authorization: authorizationOf(made, type),
        expiration: undefined,
        ...expirationOf(made.flags),
      },
    }),
  ];
}

/** The messages of a file: of a transaction, or a list of them. @throws NodeError */
function messagesOf(path: string): readonly Any[] {
  try {
    const json = JSON.parse(fileText(path, "file")) as Json;
    const registry = defaultRegistry();
    if (Array.isArray(json)) return json.map((each: Json) => fromJson(Any, each, registry));
    return contentOf(fromJson(Tx, json, registry)).messages;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonError)
      throw new NodeError("usage", `${path}: ${error.message}`);
    throw error;
  }
}

export function execAuthorized({ words: [file], sender }: Made): readonly Any[] {
  return [pack(MsgExec, { grantee: sender.address, msgs: messagesOf(file!) })];
}

export const ALLOWANCE_FLAGS = [
  ["--spend-limit <coins>", "the most that may be paid in all; default: no limit"],
  ["--expiration <time>", "when it ends, such as 2027-01-30T15:04:05Z; default: never"],
  ["--period <seconds>", "length of the period that --period-limit is of"],
  ["--period-limit <coins>", "the most that may be paid in each period"],
  ["--allowed-messages <type-urls>", "the only messages that are paid for, with commas"],
] as const;

export function grantAllowance(made: Made): readonly Any[] {
  const { flags, sender, words } = made;
  const basic = {
    spendLimit: flags["spendLimit"] ? coinsOf(String(flags["spendLimit"]), "--spend-limit") : [],
    expiration: undefined,
    ...expirationOf(flags),
  };
  const allowance = periodic(flags, basic) ?? pack(BasicAllowance, basic);
  const messages = flags["allowedMessages"];
  return [
    pack(MsgGrantAllowance, {
      granter: sender.address,
      grantee: granteeOf(made, words[1]!),
      allowance:
        typeof messages === "string" && messages !== ""
          ? pack(AllowedMsgAllowance, {
              allowance,
              allowedMessages: messages.split(",").map((each) => each.trim()),
            })
          : allowance,
    }),
  ];
}

function periodic(flags: Made["flags"], basic: BasicAllowance): Any | undefined {
  const { period, periodLimit } = flags;
  if (period === undefined && periodLimit === undefined) return undefined;
  if (period === undefined || periodLimit === undefined)
    throw new NodeError("usage", "--period, --period-limit: give both, or none");
  const seconds = positive(String(period), "--period");
  const limit = coinsOf(String(periodLimit), "--period-limit");
  if (limit.length === 0) throw new NodeError("usage", "--period-limit: must be more than nothing");
  const reset = BigInt(Math.floor(Date.now() / 1000)) + seconds;
  if (basic.expiration && basic.expiration.seconds < reset)
    throw new NodeError("usage", `--period: the first period of ${seconds} s would end after --expiration`);
  return pack(PeriodicAllowance, {
    basic,
    period: { seconds, nanos: 0 },
    periodSpendLimit: limit,
    periodCanSpend: limit,
    periodReset: { seconds: reset, nanos: 0 },
  });
}
