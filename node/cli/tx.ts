/** opgd tx, model, infer: what changes the chain, signed by a key of the home. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { coinsToProto, parseCoins } from "../../chain/runtime/coins.ts";
import { type OpgClient, pack, type TxOptions, tensorsFromJson, tensorToJson } from "../../client/index.ts";
import { sampleModels } from "../../genesis/index.ts";
import type { MessageType } from "../../proto/codec.ts";
import { MsgMultiSend, MsgSend } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import {
  MsgDeleteDraft,
  MsgRetireModel,
  MsgTransferModel,
  MsgUpdateModel,
} from "../../proto/gen/opg.models.v1.ts";
import { NodeError } from "../errors.ts";
import { answerOf } from "../run/answer.ts";
import { withClient } from "./client.ts";
import { keyringOf } from "./keyring.ts";
import { resolveModel } from "./model-name.ts";
import {
  flag,
  type KeyOptions,
  type NodeClientOptions,
  type OutputOptions,
  positive,
  withKeyring,
  withNode,
  withOutput,
} from "./options.ts";
import { formatOpg, print, resultOf } from "./output.ts";

export interface TxFlags extends KeyOptions, NodeClientOptions, OutputOptions {
  readonly from: string;
  readonly chainId?: string;
  readonly fees?: string;
  readonly gas: string;
  readonly gasPrices?: string;
  readonly gasAdjustment: string;
  readonly note?: string;
  readonly timeoutHeight?: string;
  readonly broadcastMode: "sync" | "async" | "block";
  readonly yes?: true;
}

/** The flags of every command that sends a transaction. */
export function withTx(command: Command): Command {
  return withOutput(withNode(withKeyring(command)))
    .addOption(flag("--from <key>", "name or address of the key that signs").makeOptionMandatory())
    .addOption(flag("--chain-id <id>", "refuse a node of another chain"))
    .addOption(flag("--fees <coins>", "the whole fee, such as 500uopg"))
    .addOption(flag("--gas <gas>", "gas limit, or auto to simulate", "auto"))
    .addOption(flag("--gas-prices <price>", "price of gas, such as 0.025uopg; default: what the node asks"))
    .addOption(flag("--gas-adjustment <factor>", "what simulated gas is multiplied by", "1.3"))
    .addOption(flag("--note <text>", "memo of the transaction"))
    .addOption(flag("--timeout-height <n>", "last height at which it may be included"))
    .addOption(
      flag(
        "-b, --broadcast-mode <mode>",
        "block: wait for its block; sync: for the mempool; async: not at all",
        "block",
      ).choices(["block", "sync", "async"]),
    )
    .option("-y, --yes", "do not ask (commands never ask; taken for the habit of it)");
}

export function txOptions(flags: TxFlags): TxOptions {
  const adjustment = Number(flags.gasAdjustment);
  if (!(adjustment >= 1 && adjustment <= 10))
    throw new NodeError("usage", `--gas-adjustment: ${flags.gasAdjustment} is not from 1 to 10`);
  return {
    gas: flags.gas === "auto" ? "auto" : positive(flags.gas, "--gas"),
    gasAdjustment: adjustment,
    ...(flags.fees ? { fee: coinsToProto(parseCoins(flags.fees, "--fees")) } : {}),
    ...(flags.gasPrices ? { gasPrice: flags.gasPrices } : {}),
    ...(flags.note ? { memo: flags.note } : {}),
    ...(flags.timeoutHeight ? { timeoutHeight: positive(flags.timeoutHeight, "--timeout-height") } : {}),
  };
}

/** Runs `work` with a client that signs by --from. */
export async function signing<T>(flags: TxFlags, work: (client: OpgClient) => Promise<T>): Promise<T> {
  const signer = await keyringOf(flags).signer(flags.from);
  return withClient(flags, work, { signer, ...(flags.chainId ? { chainId: flags.chainId } : {}) });
}

/** Sends messages and prints the result. */
export async function send(
  flags: TxFlags,
  messages: (client: OpgClient) => readonly Any[] | Promise<readonly Any[]>,
): Promise<void> {
  await signing(flags, async (client) => {
    const made = await messages(client);
    if (flags.broadcastMode !== "block") {
      const hash = await client.transactor.broadcast(made, txOptions(flags));
      print(flags, { txhash: hash, code: 0 });
      return;
    }
    print(flags, resultOf(await client.execute(made, txOptions(flags))));
  });
}

export function txCommand(): Command {
  const tx = new Command("tx").description("sign and send transactions");
  const bank = tx.command("bank").description("coins");
  const bankSend = async (from: string, to: string, amount: string, flags: TxFlags) => {
    const keyring = keyringOf(flags);
    const fromAddress = keyring.show(from).address;
    const toAddress = keyring.names().includes(to) ? keyring.show(to).address : to;
    const coins = coinsToProto(parseCoins(amount, "amount"));
    await send({ ...flags, from }, () => [pack(MsgSend, { fromAddress, toAddress, amount: coins })]);
  };
  const sendCommand = withTx(
    bank.command("send <from> <to> <amount>").description("send coins from a key to an address or key"),
  ).action(bankSend);
  // The first argument names the key, as in the SDK; --from may be left out.
  for (const option of sendCommand.options)
    if (option.attributeName() === "from") option.makeOptionMandatory(false);
  withTx(
    bank
      .command("multi-send <amount> <to...>")
      .description("send the same coins from one key to each of several addresses"),
  ).action(async (amount: string, to: string[], flags: TxFlags) => {
    const coins = parseCoins(amount, "amount");
    await send(flags, (client) => {
      const all = coins.map(({ denom, amount: each }) => ({
        denom,
        amount: (each * BigInt(to.length)).toString(),
      }));
      const outputs = to.map((address) => ({ address, coins: coinsToProto(coins) }));
      return [pack(MsgMultiSend, { inputs: [{ address: client.address, coins: all }], outputs })];
    });
  });
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
      await send(flags, async (client) => [
        pack(
          type,
          make(client.address, await resolveModel(client, id), rest.slice(0, -2) as string[], flags),
        ),
      ]);
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
