/** opgd query tx|txs|wait-tx|block|blocks|block-results: what is in blocks, as the SDK's command line shows it. */
import type { Command } from "commander";
import { defaultRegistry, type RpcClient, waitForTx } from "../../../client/index.ts";
import { TxResponse } from "../../../proto/gen/cosmos.base.abci.v1beta1.ts";
import { type GetTxsEventResponse, OrderBy, Service, Tx } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import { Block } from "../../../proto/gen/tendermint.types.ts";
import { type Json, toJson } from "../../../proto/json.ts";
import { NodeError } from "../../errors.ts";
import { rpcOf } from "../client.ts";
import {
  type NodeClientOptions,
  type OutputOptions,
  positive,
  withHome,
  withNode,
  withOutput,
} from "../options.ts";
import { print } from "../output.ts";
import { askNode } from "./node.ts";

type Flags = NodeClientOptions & OutputOptions;

interface SearchFlags extends Flags {
  readonly query: string;
  readonly page: string;
  readonly limit: string;
  readonly orderBy: string;
}

interface TypeFlags extends Flags {
  readonly type: string;
}

const HASH = /^(0x)?[0-9a-fA-F]{64}$/;

function hashOf(text: string): string {
  if (!HASH.test(text))
    throw new NodeError(
      "usage",
      `hash: ${JSON.stringify(text.slice(0, 80))} is no hash of 64 hexadecimal digits`,
    );
  return text.replace(/^0x/, "").toUpperCase();
}

type Found = Pick<GetTxsEventResponse, "txResponses" | "total">;

async function search(flags: Flags, query: string, page = 1n, limit = 100n, desc = false): Promise<Found> {
  const { GetTxsEvent } = Service.methods;
  const orderBy = desc ? OrderBy.ORDER_BY_DESC : OrderBy.ORDER_BY_ASC;
  const request = GetTxsEvent.request.create({ query, page, limit, orderBy });
  return (await askNode(GetTxsEvent, request, flags)) as Found;
}

async function oneTx(flags: Flags, query: string): Promise<TxResponse> {
  const { txResponses } = await search(flags, query);
  const [first, ...others] = txResponses;
  if (!first || others.length > 0)
    throw new NodeError(
      "failed",
      `there are ${txResponses.length} transactions with ${query}; one is wanted`,
    );
  return first;
}

async function byHash(flags: Flags, hash: string): Promise<TxResponse> {
  const { GetTx } = Service.methods;
  const request = GetTx.request.create({ hash: hashOf(hash) });
  return ((await askNode(GetTx, request, flags)) as { readonly txResponse: TxResponse }).txResponse;
}

/** What may be asked of each --type. */
const TX_TYPES: Readonly<Record<string, (flags: Flags, text: string) => Promise<TxResponse>>> = {
  hash: byHash,
  acc_seq: (flags, text) => {
    if (!/^[a-z0-9]+\/\d+$/.test(text))
      throw new NodeError("usage", `acc_seq: ${text} is not an address and a sequence, such as opg1…/7`);
    return oneTx(flags, `tx.acc_seq='${text}'`);
  },
  signature: (flags, text) => {
    const signatures = text.split(",");
    if (!signatures.every((each) => /^[A-Za-z0-9+/]+={0,2}$/.test(each)))
      throw new NodeError("usage", `signature: ${text} is not a list of signatures in base64`);
    return oneTx(flags, signatures.map((each) => `tx.signature='${each}'`).join(" AND "));
  },
};

/** What stands in a response's Any is the transaction itself. */
function txJson(tx: TxResponse): Json {
  return toJson(TxResponse, tx, defaultRegistry().add(Tx));
}

function printTx(flags: Flags, tx: TxResponse): void {
  print(flags, txJson(tx));
}

/** The hash of a block that a height or a hash names; undefined for the newest. */
async function blockHeight(
  rpc: RpcClient,
  type: string,
  text: string | undefined,
): Promise<bigint | undefined> {
  if (text === undefined) return undefined;
  if (type === "height") return positive(text, "height");
  const hash = Buffer.from(hashOf(text), "hex").toString("base64");
  const found = await rpc.call("block_by_hash", { hash });
  if (found.at("block").absent) throw new NodeError("failed", `there is no block with the hash ${text}`);
  return found.at("block").at("header").at("height").bigint();
}

export function addChainQueries(query: Command): void {
  const sub = (usage: string, about: string) =>
    withOutput(withNode(withHome(query.command(usage).description(about))));
  sub("tx <hash>", "a transaction and its result")
    .option(
      "--type <type>",
      "what the argument is: hash, acc_seq (address/sequence) or signature (base64)",
      "hash",
    )
    .action(async (text: string, flags: TypeFlags) => {
      const find = TX_TYPES[flags.type];
      if (!find)
        throw new NodeError(
          "usage",
          `--type: ${flags.type} is not one of ${Object.keys(TX_TYPES).join(", ")}`,
        );
      printTx(flags, await find(flags, text));
    });
  sub("txs", "transactions by their events")
    .requiredOption("--query <query>", "such as \"message.sender='opg1…' AND tx.height>5\"")
    .option("--page <n>", "which page, from 1", "1")
    .option("--limit <n>", "transactions of one page, 100 at most", "100")
    .option("--order_by, --order-by <order>", "asc or desc", "asc")
    .action(async (flags: SearchFlags) => {
      if (flags.orderBy !== "asc" && flags.orderBy !== "desc")
        throw new NodeError("usage", `--order-by: ${flags.orderBy} is neither asc nor desc`);
      const [page, limit] = [positive(flags.page, "--page"), positive(flags.limit, "--limit")];
      const { txResponses, total } = await search(flags, flags.query, page, limit, flags.orderBy === "desc");
      print(flags, {
        total_count: total,
        count: txResponses.length,
        page_number: page,
        page_total: (total + limit - 1n) / limit,
        limit,
        txs: txResponses.map(txJson),
      });
    });
  sub("wait-tx <hash>", "wait until a transaction is in a block, and print its result")
    .option("--timeout <seconds>", "how long to wait", "15")
    .action(async (hash: string, flags: Flags & { readonly timeout: string }) => {
      const timeoutMs = Number(positive(flags.timeout, "--timeout")) * 1000;
      await waitForTx(rpcOf(flags), hashOf(hash), { timeoutMs });
      printTx(flags, await byHash(flags, hash));
    });
  sub("block [height]", "a block, by default the newest")
    .option("--type <type>", "what the argument is: height or hash", "height")
    .action(async (text: string | undefined, flags: TypeFlags) => {
      if (flags.type !== "height" && flags.type !== "hash")
        throw new NodeError("usage", `--type: ${flags.type} is neither height nor hash`);
      const rpc = rpcOf(flags);
      const { header, txs, lastCommit } = await rpc.block(await blockHeight(rpc, flags.type, text));
      print(flags, toJson(Block, Block.create({ header, data: { txs }, lastCommit }), defaultRegistry()));
    });
  sub("block-results <height>", "what a block's execution said").action(
    async (height: string, flags: Flags) => {
      const results = await rpcOf(flags).call("block_results", {
        height: String(positive(height, "height")),
      });
      print(flags, results.raw);
    },
  );
  sub("blocks", "headers of blocks by their events")
    .requiredOption("--query <query>", 'such as "block.height > 5"')
    .option("--page <n>", "which page, from 1", "1")
    .option("--limit <n>", "blocks of one page, 100 at most", "100")
    .action(async (flags: SearchFlags) => {
      const found = await rpcOf(flags).call("block_search", {
        query: flags.query,
        page: String(positive(flags.page, "--page")),
        per_page: String(positive(flags.limit, "--limit")),
        order_by: "asc",
      });
      print(flags, found.raw);
    });
}
