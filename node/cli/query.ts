/** opgd query, model list|show|download: what only reads. */
import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { concatBytes, toHex } from "../../chain/runtime/bytes.ts";
import { defaultRegistry, type OpgClient } from "../../client/index.ts";
import type { MessageType } from "../../proto/codec.ts";
import { Model, ModelStatus } from "../../proto/gen/opg.models.v1.ts";
import { toJson } from "../../proto/json.ts";
import { NodeError } from "../errors.ts";
import { withClient } from "./client.ts";
import { resolveModel } from "./model-name.ts";
import { type NodeClientOptions, type OutputOptions, withNode, withOutput } from "./options.ts";
import { formatOpg, print } from "./output.ts";
import { addChainQueries } from "./verbs/chain-queries.ts";
import { QUERIES } from "./verbs/queries.ts";
import { addQueries } from "./verbs/query.ts";

type Flags = NodeClientOptions & OutputOptions;

/** Prints a message as the gateway's JSON has it. */
function printMessage<T>(options: OutputOptions, type: MessageType<T>, value: T): void {
  print(options, toJson(type, value, defaultRegistry()));
}

export function queryCommands(): Command {
  const query = new Command("query").alias("q").description("read the state of a chain");
  for (const group of QUERIES) addQueries(query, group);
  addChainQueries(query);
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
  const { sha256 } = await import("../../chain/store/sha256.ts");
  if (toHex(sha256(file)) !== toHex(hash))
    throw new NodeError(
      "failed",
      `the file of model ${modelId} does not have the hash ${toHex(hash)}: the node gave other bytes`,
    );
  return file;
}
