/** opgd query, model list|show|download: what only reads. */
import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { concatBytes, toHex } from "../../chain/runtime/bytes.ts";
import { defaultRegistry, headerHash, type OpgClient, queryMethod } from "../../client/index.ts";
import type { MessageType, Method } from "../../proto/codec.ts";
import { Query as Auth } from "../../proto/gen/cosmos.auth.v1beta1.ts";
import { Query as Bank } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { Query as Consensus } from "../../proto/gen/cosmos.consensus.v1.ts";
import { Query as Staking } from "../../proto/gen/cosmos.staking.v1beta1.ts";
import { Query as Inference } from "../../proto/gen/opg.inference.v1.ts";
import { Model, ModelStatus, Query as Models } from "../../proto/gen/opg.models.v1.ts";
import { toJson } from "../../proto/json.ts";
import { formatTimestamp } from "../../proto/text.ts";
import { NodeError } from "../errors.ts";
import { rpcOf, withClient } from "./client.ts";
import { resolveModel } from "./model-name.ts";
import { type NodeClientOptions, type OutputOptions, positive, withNode, withOutput } from "./options.ts";
import { formatOpg, print, resultOf } from "./output.ts";

type Flags = NodeClientOptions & OutputOptions;

interface PageFlags extends Flags {
  readonly limit: string;
  readonly pageKey: string;
  readonly reverse?: true;
}

/** Prints a message as the gateway's JSON has it. */
function printMessage<T>(options: OutputOptions, type: MessageType<T>, value: T): void {
  print(options, toJson(type, value, defaultRegistry()));
}

/** A query of the chain as a command: its arguments become the request. */
export function queryCommand<Q, R>(
  parent: Command,
  usage: string,
  description: string,
  method: Method<Q, R>,
  make: (args: readonly string[]) => Partial<Q>,
): void {
  const paged = method.request.fields.some(({ name }) => name === "pagination");
  const command = withOutput(withNode(parent.command(usage).description(description)));
  if (paged) {
    command
      .option("--limit <n>", "entries of one page", "100")
      .option("--page-key <base64>", "where the page begins: next_key of the page before", "")
      .option("--reverse", "from the end");
  }
  command.action(async (...all: unknown[]) => {
    const flags = all.at(-2) as PageFlags;
    const request = make(all.slice(0, -2) as string[]);
    const pagination = paged
      ? {
          pagination: {
            key: new Uint8Array(Buffer.from(flags.pageKey, "base64")),
            offset: 0n,
            limit: positive(flags.limit, "--limit"),
            countTotal: false,
            reverse: flags.reverse ?? false,
          },
        }
      : {};
    const answer = await queryMethod(rpcOf(flags), method)({ ...request, ...pagination } as Partial<Q>);
    printMessage(flags, method.response, answer);
  });
}

export function queryCommands(): Command {
  const query = new Command("query").alias("q").description("read the state of a chain");
  const group = (name: string, description: string) => query.command(name).description(description);
  const auth = group("auth", "accounts");
  queryCommand(auth, "account <address>", "an account", Auth.methods.Account, ([address]) => ({
    address: address!,
  }));
  queryCommand(auth, "accounts", "all accounts", Auth.methods.Accounts, () => ({}));
  queryCommand(
    auth,
    "module-account <name>",
    "the account of a module",
    Auth.methods.ModuleAccountByName,
    ([name]) => ({ name: name! }),
  );
  queryCommand(auth, "params", "parameters", Auth.methods.Params, () => ({}));
  const bank = group("bank", "coins");
  queryCommand(
    bank,
    "balances <address>",
    "what an account holds",
    Bank.methods.AllBalances,
    ([address]) => ({ address: address! }),
  );
  queryCommand(
    bank,
    "balance <address> <denom>",
    "what an account holds of one denomination",
    Bank.methods.Balance,
    ([address, denom]) => ({ address: address!, denom: denom! }),
  );
  queryCommand(
    bank,
    "spendable-balances <address>",
    "what an account may send",
    Bank.methods.SpendableBalances,
    ([address]) => ({ address: address! }),
  );
  queryCommand(bank, "total-supply", "all coins there are", Bank.methods.TotalSupply, () => ({}));
  queryCommand(
    bank,
    "total-supply-of <denom>",
    "all coins of one denomination",
    Bank.methods.SupplyOf,
    ([denom]) => ({ denom: denom! }),
  );
  queryCommand(
    bank,
    "denom-metadata <denom>",
    "what a denomination is",
    Bank.methods.DenomMetadataByQueryString,
    ([denom]) => ({ denom: denom! }),
  );
  queryCommand(
    bank,
    "denom-owners <denom>",
    "who holds a denomination",
    Bank.methods.DenomOwners,
    ([denom]) => ({ denom: denom! }),
  );
  queryCommand(
    bank,
    "send-enabled [denoms...]",
    "which denominations may be sent",
    Bank.methods.SendEnabled,
    ([denoms]) => ({ denoms: (denoms ?? []) as unknown as string[] }),
  );
  queryCommand(bank, "params", "parameters", Bank.methods.Params, () => ({}));
  queryCommand(
    group("consensus", "parameters of consensus"),
    "params",
    "parameters",
    Consensus.methods.Params,
    () => ({}),
  );
  queryCommand(
    group("validators", "validators, bonded and not"),
    "list",
    "all validators",
    Staking.methods.Validators,
    () => ({}),
  );
  const models = group("models", "the registry of models");
  queryCommand(models, "list", "all models", Models.methods.Models, () => ({}));
  queryCommand(models, "show <id>", "one model", Models.methods.Model, ([id]) => ({
    modelId: positive(id!, "id"),
  }));
  queryCommand(
    models,
    "by-hash <sha256>",
    "the published model with this file",
    Models.methods.ModelByHash,
    ([hash]) => ({ hash: hash! }),
  );
  queryCommand(
    models,
    "upload <id>",
    "which chunks of a model are missing",
    Models.methods.UploadStatus,
    ([id]) => ({ modelId: positive(id!, "id") }),
  );
  queryCommand(models, "params", "parameters", Models.methods.Params, () => ({}));
  const inference = group("inference", "prices, receipts and outputs");
  queryCommand(
    inference,
    "quote <model-id> [batch]",
    "what a run would cost in the next block",
    Inference.methods.Quote,
    ([id, batch]) => ({ modelId: positive(id!, "model-id"), batch: batch ? positive(batch, "batch") : 1n }),
  );
  queryCommand(
    inference,
    "price",
    "price of a compute unit, and use of the last block",
    Inference.methods.Price,
    () => ({}),
  );
  queryCommand(inference, "receipt <id>", "one receipt", Inference.methods.Receipt, ([id]) => ({
    receiptId: positive(id!, "id"),
  }));
  queryCommand(inference, "receipts", "all receipts", Inference.methods.Receipts, () => ({}));
  queryCommand(
    inference,
    "receipts-of <requester>",
    "receipts of one requester",
    Inference.methods.Receipts,
    ([requester]) => ({ requester: requester! }),
  );
  queryCommand(
    inference,
    "receipts-of-model <model-id>",
    "receipts of one model",
    Inference.methods.Receipts,
    ([id]) => ({ modelId: positive(id!, "model-id") }),
  );
  queryCommand(
    inference,
    "receipts-at <height>",
    "receipts of one block",
    Inference.methods.Receipts,
    ([height]) => ({ height: positive(height!, "height") }),
  );
  queryCommand(
    inference,
    "output <id>",
    "output of a receipt, while it is kept",
    Inference.methods.Output,
    ([id]) => ({ receiptId: positive(id!, "id") }),
  );
  queryCommand(
    inference,
    "root <height>",
    "root of a block's receipts",
    Inference.methods.ReceiptsRoot,
    ([height]) => ({ height: positive(height!, "height") }),
  );
  queryCommand(
    inference,
    "receipt-proof <id>",
    "Merkle path from a receipt to the root of its block",
    Inference.methods.ReceiptProof,
    ([id]) => ({ receiptId: positive(id!, "id") }),
  );
  queryCommand(
    inference,
    "engine",
    "the engine that every validator must reproduce",
    Inference.methods.Engine,
    () => ({}),
  );
  queryCommand(inference, "params", "parameters", Inference.methods.Params, () => ({}));
  withOutput(withNode(query.command("tx <hash>").description("a transaction and its result"))).action(
    async (hash: string, flags: Flags) => {
      const found = await rpcOf(flags).tx(hash.toUpperCase());
      if (!found) throw new NodeError("failed", `there is no transaction ${hash} (yet)`);
      print(flags, resultOf(found));
    },
  );
  withOutput(withNode(query.command("block [height]").description("a block, by default the newest"))).action(
    async (height: string | undefined, flags: Flags) => {
      const { header, txs } = await rpcOf(flags).block(height ? positive(height, "height") : undefined);
      print(flags, {
        chain_id: header.chainId,
        height: header.height,
        time: formatTimestamp(header.time),
        hash: toHex(headerHash(header)),
        app_hash: toHex(header.appHash),
        proposer: toHex(header.proposerAddress),
        txs: txs.length,
      });
    },
  );
  return query;
}

/** Adds what reads models to `opgd model`. */
export function addModelQueries(model: Command): void {
  withOutput(withNode(model.command("list").description("models that may be called")))
    .option("--all", "drafts and retired ones too")
    .action(async (flags: Flags & { all?: true }) => {
      await withClient(flags, async (client) => {
        const all = await client.models("", flags.all ? 0 : ModelStatus.MODEL_STATUS_PUBLISHED);
        const rows = all.map(
          ({ id, metadata, profile, price }) =>
            `${String(id).padEnd(5)}${metadata.name.padEnd(22)}${String(profile?.computeUnits ?? "").padEnd(16)}${formatOpg(price).padEnd(12)}${metadata.description.slice(0, 60)}`,
        );
        print(
          flags,
          all.map((each) => toJson(Model, each)),
          [
            `${"ID".padEnd(5)}${"NAME".padEnd(22)}${"UNITS".padEnd(16)}${"PRICE".padEnd(12)}DESCRIPTION`,
            ...rows,
          ].join("\n"),
        );
      });
    });
  withOutput(withNode(model.command("show <model>").description("one model, by id or name"))).action(
    async (name: string, flags: Flags) => {
      await withClient(flags, async (client) =>
        printMessage(flags, Model, await client.model(await resolveModel(client, name))),
      );
    },
  );
  withNode(
    model.command("download <model>").description("fetch the ONNX file of a model, checked against its hash"),
  )
    .requiredOption("--to <file>", "where to write it")
    .action(async (name: string, flags: NodeClientOptions & { to: string }) => {
      await withClient(flags, async (client) =>
        writeFileSync(flags.to, await download(client, await resolveModel(client, name))),
      );
    });
}

async function download(client: OpgClient, modelId: bigint): Promise<Uint8Array> {
  const { hash } = await client.model(modelId);
  const { chunks } = await client.query.models.uploadStatus({ modelId });
  const parts: Uint8Array[] = [];
  for (let index = 0; index < chunks; index++)
    parts.push((await client.query.models.chunk({ modelId, index })).data);
  const file = concatBytes(...parts);
  const { sha256 } = await import("@noble/hashes/sha2.js");
  if (toHex(sha256(file)) !== toHex(hash))
    throw new NodeError(
      "failed",
      `the file of model ${modelId} does not have the hash ${toHex(hash)}: the node gave other bytes`,
    );
  return file;
}
