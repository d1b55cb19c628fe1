/** Messages of the market that several flags, a file or the chain say: tx compute register-operator, update-operator, post-job. */
import { encodeTensors } from "../../../chain/engine/tensor.ts";
import { pack, tensorsFromJson } from "../../../client/index.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import {
  MsgPostJob,
  MsgRegisterOperator,
  MsgUpdateOperator,
  type OperatorMetadata,
  VerificationEnum,
} from "../../../proto/gen/opg.compute.v1.ts";
import { NodeError } from "../../errors.ts";
import { index } from "../options.ts";
import { counter } from "../transact.ts";
import { resolveAddress } from "./addresses.ts";
import { fileText } from "./file-text.ts";
import type { Made } from "./tx.ts";
import { coinOf, enumOf } from "./value.ts";

const SETTINGS_FLAGS = [
  ["--endpoint <text>", "where the operator can be reached"],
  ["--details <text>", "what it says of itself"],
  ["--hot-address <address>", "who signs its answers; default: the operator itself"],
  ["--withdraw-address <address>", "who is paid what jobs earn; default: the operator itself"],
] as const;

export const REGISTER_FLAGS = [
  ...SETTINGS_FLAGS,
  ["--capacity <n>", "jobs that it takes at one time", "1"],
] as const;

export const UPDATE_FLAGS = [
  ["--moniker <text>", "its name"],
  ...SETTINGS_FLAGS,
  ["--capacity <n>", "jobs that it takes at one time"],
  ["--paused <true|false>", "whether it takes no new jobs"],
] as const;

export const POST_JOB_FLAGS = [
  ["--verification <kind>", "how answers are judged: exact or tolerance", "exact"],
  ["--deadline-blocks <n>", "blocks that an operator has; 0 takes the most", "0"],
  ["--allowed-operators <addresses>", "the only operators that may compute, with commas"],
  ["--excluded-operators <addresses>", "operators that may not, with commas"],
  ["--app <name>", "the application on whose behalf this is asked", ""],
] as const;

/** A flag's text; undefined if it is not given. */
export function textOf(flags: Made["flags"], name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

/** What the flags of addresses are called, as commander has them and as they are written. */
interface AddressFlags {
  readonly hot: readonly [name: string, flag: string];
  readonly withdraw: readonly [name: string, flag: string];
}

const LONG_FLAGS: AddressFlags = {
  hot: ["hotAddress", "--hot-address"],
  withdraw: ["withdrawAddress", "--withdraw-address"],
};

/** What flags say of an operator; undefined where they say nothing. */
export function settingsOf({ flags, keys }: Made, { hot, withdraw } = LONG_FLAGS) {
  const address = ([name, flag]: AddressFlags["hot"]): string | undefined => {
    const text = textOf(flags, name);
    return text === undefined ? undefined : resolveAddress("account", text, flag, keys);
  };
  const capacity = textOf(flags, "capacity");
  return {
    moniker: textOf(flags, "moniker"),
    endpoint: textOf(flags, "endpoint"),
    details: textOf(flags, "details"),
    hotAddress: address(hot),
    withdrawAddress: address(withdraw),
    capacity: capacity === undefined ? undefined : index(capacity, "--capacity"),
  };
}

export function registerOperator(made: Made): readonly Any[] {
  const [moniker, bond] = made.words;
  const { endpoint = "", details = "", ...settings } = settingsOf(made);
  return [
    pack(MsgRegisterOperator, {
      operator: made.sender.address,
      metadata: { moniker: moniker!, endpoint, details },
      bond: coinOf(bond!, "bond"),
      hotAddress: settings.hotAddress ?? "",
      withdrawAddress: settings.withdrawAddress ?? "",
      capacity: settings.capacity ?? 1,
    }),
  ];
}

const NOTHING = {
  hotAddress: "",
  withdrawAddress: "",
  metadata: { moniker: "", endpoint: "", details: "" },
  capacity: 1,
  paused: false,
};

/** The message sets everything anew: what flags leave out is as the chain has it; with --offline, as for one who registers. */
export async function updateOperator(made: Made): Promise<readonly Any[]> {
  const operator = made.sender.address;
  const now = made.flags.offline
    ? NOTHING
    : (await made.sender.client().query.compute.operator({ operator })).operator;
  return updateMessage(made, now);
}

/** What flags say, and what they leave out as it is `now`. */
export function updateMessage(made: Made, now: typeof NOTHING, flags = LONG_FLAGS): readonly Any[] {
  const { moniker, endpoint, details, ...settings } = settingsOf(made, flags);
  const metadata: OperatorMetadata = {
    moniker: moniker ?? now.metadata.moniker,
    endpoint: endpoint ?? now.metadata.endpoint,
    details: details ?? now.metadata.details,
  };
  return [
    pack(MsgUpdateOperator, {
      operator: made.sender.address,
      metadata,
      hotAddress: settings.hotAddress ?? now.hotAddress,
      withdrawAddress: settings.withdrawAddress ?? now.withdrawAddress,
      capacity: settings.capacity ?? now.capacity,
      paused: pausedOf(textOf(made.flags, "paused")) ?? now.paused,
    }),
  ];
}

function pausedOf(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (text === "true" || text === "false") return text === "true";
  throw new NodeError("usage", `--paused: ${JSON.stringify(text)} is neither true nor false`);
}

export function postJob({ words, flags, sender, keys }: Made): readonly Any[] {
  const [modelId, file, maxPrice] = words;
  const addresses = (name: string, flag: string): string[] =>
    (textOf(flags, name) ?? "")
      .split(",")
      .filter((word) => word !== "")
      .map((word) => resolveAddress("account", word.trim(), flag, keys));
  return [
    pack(MsgPostJob, {
      requester: sender.address,
      modelId: counter(modelId!, "model-id"),
      verification: enumOf(VerificationEnum, textOf(flags, "verification") ?? "exact", "--verification"),
      items: itemsOf(file!),
      maxPrice: coinOf(maxPrice!, "max-price"),
      deadlineBlocks: index(textOf(flags, "deadlineBlocks") ?? "0", "--deadline-blocks"),
      allowedOperators: addresses("allowedOperators", "--allowed-operators"),
      excludedOperators: addresses("excludedOperators", "--excluded-operators"),
      app: textOf(flags, "app") ?? "",
    }),
  ];
}

/** A file with a list of inputs, each as `opgd infer --input` has them. @throws NodeError naming the item */
function itemsOf(file: string): Uint8Array[] {
  let json: unknown;
  try {
    json = JSON.parse(fileText(file, "items-file"));
  } catch (error) {
    if (error instanceof SyntaxError) throw new NodeError("usage", `${file}: ${error.message}`);
    throw error;
  }
  if (!Array.isArray(json) || json.length === 0)
    throw new NodeError(
      "usage",
      `${file}: must be a JSON list of inputs, each {"name": {"dtype", "dims", "data"}}`,
    );
  return json.map((item: unknown, index) => {
    try {
      return encodeTensors(tensorsFromJson(item));
    } catch (error) {
      throw new NodeError("usage", `${file}: [${index}]: ${(error as Error).message}`);
    }
  });
}
