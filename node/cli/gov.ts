/** opgd tx gov|upgrade: what of proposals and upgrades is read from files and lists. The rest is in verbs/txs.ts. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { coinsToProto, parseCoins } from "../../chain/runtime/coins.ts";
import { formatDec, parseDec } from "../../chain/runtime/decimal.ts";
import { defaultRegistry, pack, queryMethod } from "../../client/index.ts";
import {
  MsgSubmitProposal,
  MsgVoteWeighted,
  VoteOption,
  type WeightedVoteOption,
} from "../../proto/gen/cosmos.gov.v1.ts";
import { MsgSoftwareUpgrade, Plan, Query as Upgrade } from "../../proto/gen/cosmos.upgrade.v1beta1.ts";
import { Any } from "../../proto/gen/google.protobuf.ts";
import { fromJson, type Json, JsonError, type JsonObject, toJson } from "../../proto/json.ts";
import { NodeError } from "../errors.ts";
import { rpcOf } from "./client.ts";
import { type NodeClientOptions, type OutputOptions, positive, withNode, withOutput } from "./options.ts";
import { print } from "./output.ts";
import { PARAMS_QUERIES } from "./params-queries.ts";
import { type ProposeFlags, propose, withProposal } from "./propose.ts";
import { send, type TxFlags, withTx } from "./transact.ts";

// ── What a proposal is written as ────────────────────────────────────────────────────────────────────────────────────

/** The file that the SDK's `tx gov submit-proposal` takes. */
interface ProposalFile {
  readonly messages?: readonly Json[];
  readonly metadata?: string;
  readonly deposit: string;
  readonly title: string;
  readonly summary: string;
  readonly expedited?: boolean;
}

/** Reads a proposal's file. @throws NodeError naming the file and the field */
export function readProposal(path: string): Omit<MsgSubmitProposal, "proposer"> {
  const file = parsed(path);
  const text = (name: "metadata" | "deposit" | "title" | "summary"): string => {
    const value = file[name] ?? (name === "metadata" ? "" : undefined);
    if (typeof value !== "string") throw new NodeError("usage", `${path}: ${name}: must be a text`);
    return value;
  };
  if (file.messages !== undefined && !Array.isArray(file.messages))
    throw new NodeError("usage", `${path}: messages: must be a list`);
  const messages = (file.messages ?? []).map((json, at) => {
    try {
      return fromJson(Any, json, defaultRegistry());
    } catch (error) {
      if (error instanceof JsonError)
        throw new NodeError("usage", `${path}: messages[${at}]: ${error.message}`);
      throw error;
    }
  });
  return {
    messages,
    initialDeposit: coinsToProto(parseCoins(text("deposit"), "deposit")),
    metadata: text("metadata"),
    title: text("title"),
    summary: text("summary"),
    expedited: file.expedited ?? false,
  };
}

function parsed(path: string): ProposalFile {
  try {
    const json: unknown = JSON.parse(readFileSync(path === "-" ? 0 : path, "utf8"));
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as ProposalFile;
  } catch (error) {
    throw new NodeError("usage", `${path}: ${(error as Error).message}`);
  }
  throw new NodeError("usage", `${path}: must be a JSON object with title, summary, deposit and messages`);
}

/** `yes`, `no_with_veto`, `VOTE_OPTION_YES`. @throws NodeError */
export function voteOption(text: string): number {
  const name = text.toUpperCase().replaceAll("-", "_");
  const option = (VoteOption as Readonly<Record<string, number>>)[
    name.startsWith("VOTE_OPTION_") ? name : `VOTE_OPTION_${name}`
  ];
  if (!option) throw new NodeError("usage", `option: ${text} is not yes, no, abstain or no_with_veto`);
  return option;
}

/** `yes=0.6,no=0.4`. @throws NodeError */
export function weightedOptions(text: string): readonly WeightedVoteOption[] {
  return text.split(",").map((part) => {
    const [option = "", weight = ""] = part.split("=");
    return {
      option: voteOption(option.trim()),
      weight: formatDec(parseDec(weight.trim(), `options: ${part}`)),
    };
  });
}

// ── Transactions ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Adds `gov` and `upgrade` to `opgd tx`. */
export function addGovTxs(tx: Command): void {
  const gov = tx.command("gov").description("proposals, deposits and votes");
  withTx(
    gov
      .command("submit-proposal <file>")
      .description("propose the messages of a JSON file (draft-proposal writes one; - for standard input)"),
  ).action(async (file: string, flags: TxFlags) => {
    const proposal = readProposal(file);
    await send(flags, ({ address }) => [pack(MsgSubmitProposal, { ...proposal, proposer: address })]);
  });
  withTx(
    gov
      .command("weighted-vote <proposal-id> <weighted-options>")
      .description("split a vote, such as yes=0.6,no=0.4"),
  )
    .option("--metadata <text>", "text or link that stands with the vote", "")
    .action(async (id: string, options: string, flags: TxFlags & { metadata: string }) =>
      send(flags, ({ address }) => [
        pack(MsgVoteWeighted, {
          proposalId: positive(id, "proposal-id"),
          voter: address,
          options: weightedOptions(options),
          metadata: flags.metadata,
        }),
      ]),
    );
  addDraft(gov);
  addUpgradeTxs(tx);
}

/** The file of a proposal that changes nothing yet: of a module's parameters, as the chain has them now. */
function addDraft(gov: Command): void {
  withOutput(
    withNode(
      gov
        .command("draft-proposal [message]")
        .description("print a proposal's file to fill in, such as with /opg.inference.v1.MsgUpdateParams"),
    ),
  ).action(async (message: string | undefined, flags: NodeClientOptions & OutputOptions) => {
    const messages = message === undefined ? [] : [await draftMessage(flags, message)];
    const file = {
      messages,
      metadata: "",
      deposit: "10000000uopg",
      title: "",
      summary: "",
      expedited: false,
    };
    print(flags, file, JSON.stringify(file, undefined, 2));
  });
}

/** With the parameters of now for a MsgUpdateParams; else with every field at its default. */
async function draftMessage(flags: NodeClientOptions, name: string): Promise<Json> {
  const registry = defaultRegistry();
  const type = registry.get(name);
  if (!type) throw new NodeError("usage", `message: there is no message ${name}`);
  const rpc = rpcOf(flags);
  const { address: authority } = await queryMethod(rpc, Upgrade.methods.Authority)({});
  const service = type.typeName.replace(/\.MsgUpdateParams$/, ".Query");
  const params = PARAMS_QUERIES.find(({ path }) => path === `/${service}/Params`);
  const now = params ? toJson(params.response, await queryMethod(rpc, params)({}), registry) : {};
  const { params: values = {} } = now as { readonly params?: Json };
  const fields = toJson(type, type.create(), registry) as JsonObject;
  // Parameters of consensus stand in the message itself.
  const own = Object.fromEntries(
    Object.entries(fields).map(([field, value]): [string, Json] => [
      field,
      field === "params" ? values : ((values as JsonObject)[field] ?? value),
    ]),
  );
  return { "@type": type.typeUrl, ...own, ...("authority" in fields ? { authority } : {}) };
}

function addUpgradeTxs(tx: Command): void {
  const upgrade = tx.command("upgrade").description("change the program of the chain, by proposal");
  withProposal(upgrade.command("software-upgrade <name>").description("propose an upgrade at a height"))
    .requiredOption("--upgrade-height <n>", "height from which the new program runs")
    .option("--upgrade-info <text>", "where the new program is, for tools that fetch it", "")
    .action(async (name: string, flags: ProposeFlags & { upgradeHeight: string; upgradeInfo: string }) => {
      const plan = Plan.create({
        name,
        height: positive(flags.upgradeHeight, "--upgrade-height"),
        info: flags.upgradeInfo,
      });
      await propose(flags, (authority) => pack(MsgSoftwareUpgrade, { authority, plan }));
    });
}
