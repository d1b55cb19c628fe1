/** opgd tx, model, infer: what changes the chain, signed by a key of the home. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { coinsToProto, parseCoins } from "../../chain/runtime/coins.ts";
import { pack, tensorsFromJson, tensorToJson } from "../../client/index.ts";
import { sampleModels } from "../../genesis/index.ts";
import type { MessageType } from "../../proto/codec.ts";
import {
  MsgDeleteDraft,
  MsgRetireModel,
  MsgTransferModel,
  MsgUpdateModel,
} from "../../proto/gen/opg.models.v1.ts";
import { NodeError } from "../errors.ts";
import { answerOf } from "../run/answer.ts";
import { addGovTxs } from "./gov.ts";
import { resolveModel } from "./model-name.ts";
import { positive } from "./options.ts";
import { formatOpg, print } from "./output.ts";
import { send, signing, type TxFlags, txOptions, withTx } from "./transact.ts";
import { addTxTools } from "./tx-tools.ts";
import { addTxs } from "./verbs/tx.ts";
import { TXS } from "./verbs/txs.ts";
import { addWithdrawAll } from "./verbs/withdraw.ts";

export function txCommand(): Command {
  const tx = new Command("tx").description("sign and send transactions");
  addGovTxs(tx);
  for (const group of TXS) addTxs(tx, group);
  addWithdrawAll(tx);
  addTxTools(tx);
  return tx;
}

interface UploadFlags extends TxFlags {
  readonly name: string;
  readonly description: string;
  readonly uri: string;
  readonly license: string;
  readonly price: string;
}

/** Adds what changes models to `opgd model`. */
export function addModelTxs(model: Command): void {
  withTx(
    model
      .command("upload <file>")
      .description("register, upload and publish an ONNX file; goes on where an interrupted upload stopped"),
  )
    .requiredOption("--name <text>", "name of the model")
    .option("--description <text>", "what it does", "")
    .option("--uri <uri>", "where to read more", "")
    .option("--license <id>", "such as Apache-2.0", "")
    .option("--price <coin>", "what the owner asks for each inference", "0uopg")
    .action(async (file: string, flags: UploadFlags) => {
      const { name, description, uri, license } = flags;
      const price = /^0(\w+)$/.exec(flags.price);
      const [coin] = price
        ? [{ denom: price[1]!, amount: "0" }]
        : coinsToProto(parseCoins(flags.price, "--price"));
      await signing(flags, async (client) => {
        const modelId = await client.uploadModel({
          bytes: new Uint8Array(readFileSync(file)),
          metadata: { name, description, uri, license },
          price: coin!,
          options: txOptions(flags),
          onProgress: ({ step, chunksDone, chunksTotal }) =>
            process.stderr.write(`${step} ${chunksDone}/${chunksTotal}\n`),
        });
        print(flags, { model_id: modelId });
      });
    });
  const simple = <T>(
    name: string,
    description: string,
    type: MessageType<T>,
    make: (
      owner: string,
      modelId: bigint,
      rest: readonly string[],
      flags: TxFlags & { price?: string },
    ) => Partial<T>,
  ) =>
    withTx(model.command(name).description(description)).action(async (id: string, ...rest: unknown[]) => {
      const flags = rest.at(-2) as TxFlags & { price?: string };
      await send(flags, async (sender) => {
        const modelId = await resolveModel(sender.client(), id);
        return [pack(type, make(sender.address, modelId, rest.slice(0, -2) as string[], flags))];
      });
    });
  simple("update <model>", "change the price of a model", MsgUpdateModel, (owner, modelId, _, { price }) => ({
    owner,
    modelId,
    ...(price ? { price: coinsToProto(parseCoins(price, "--price"))[0]! } : {}),
  })).requiredOption("--price <coin>", "what the owner asks for each inference");
  simple(
    "transfer <model> <new-owner>",
    "give a model to another account",
    MsgTransferModel,
    (owner, modelId, [newOwner]) => ({ owner, modelId, newOwner: newOwner! }),
  );
  simple("retire <model>", "end a model: it cannot be called any more", MsgRetireModel, (owner, modelId) => ({
    owner,
    modelId,
  }));
  simple(
    "delete-draft <model>",
    "delete a model that is not published",
    MsgDeleteDraft,
    (owner, modelId) => ({ owner, modelId }),
  );
}

interface InferFlags extends TxFlags {
  readonly input?: string;
  readonly sample?: true;
  readonly maxFee?: string;
  readonly batch: string;
  readonly app: string;
  readonly tag: readonly string[];
}

export function inferCommand(): Command {
  return withTx(
    new Command("infer")
      .description("run a model on every validator, and print its answer, fee and receipt")
      .argument("<model>", "id or name of the model"),
  )
    .option("--input <file>", 'inputs as JSON, {"name": {"dtype", "dims", "data"}}; - for standard input')
    .option("--sample", "the input that a sample model comes with")
    .option("--max-fee <coin>", "the most that may be charged; default: the quote and a quarter more")
    .option("--batch <n>", "size of the batch, for the quote", "1")
    .option("--app <name>", "the application on whose behalf this is asked", "")
    .option("--tag <text...>", "tags of the receipt", [])
    .action(async (name: string, flags: InferFlags) => {
      await signing(flags, async (client) => {
        const modelId = await resolveModel(client, name);
        const { metadata } = await client.model(modelId);
        const sample = sampleModels().find((each) => each.name === metadata.name);
        const result = await client.infer({
          modelId,
          inputs: tensorsFromJson(inputOf(flags, sample?.sample.inputs)),
          batch: positive(flags.batch, "--batch"),
          app: flags.app,
          tags: flags.tag,
          options: txOptions(flags),
          ...(flags.maxFee ? { maxFee: coinsToProto(parseCoins(flags.maxFee, "--max-fee"))[0]! } : {}),
        });
        const receipt = await client.receipt(result.receiptId);
        const split = Object.entries(receipt.split).map(
          ([stream, amount]) => `${stream} ${formatOpg({ denom: receipt.fee.denom, amount })}`,
        );
        const answer = sample && result.ok ? answerOf(sample, result.outputs) : undefined;
        const outputs = Object.fromEntries(
          result.outputs.map((tensor) => [tensor.name, tensorToJson(tensor)]),
        );
        const fields = {
          receipt_id: result.receiptId,
          height: result.height,
          txhash: result.txHash,
          ok: result.ok,
          answer,
          outputs,
          fee: receipt.fee,
          split: receipt.split,
          compute_units: result.computeUnits,
        };
        const text = [
          answer === undefined
            ? `outputs ${Object.keys(outputs).join(", ") || "none: the run failed, and is charged"}`
            : `answer  ${answer}`,
          `fee     ${formatOpg(receipt.fee)} for ${result.computeUnits} compute units`,
          `split   ${split.join(", ")}`,
          `receipt ${result.receiptId} in block ${result.height}`,
        ];
        print(flags, fields, text.join("\n"));
      });
    });
}

function inputOf({ input, sample }: InferFlags, sampleInputs: unknown): unknown {
  if (sample) {
    if (sampleInputs === undefined)
      throw new NodeError("usage", "--sample: only the sample models come with an input; give --input");
    return sampleInputs;
  }
  if (!input)
    throw new NodeError("usage", "give the inputs with --input FILE (or - for standard input), or --sample");
  try {
    return JSON.parse(readFileSync(input === "-" ? 0 : input, "utf8"));
  } catch (error) {
    throw new NodeError("usage", `--input ${input}: ${(error as Error).message}`);
  }
}
