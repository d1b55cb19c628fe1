/**
 * A key-value store on CometBFT: the transaction `name=value` sets a key, a query for `name` reads it.
 * State is in memory: after a restart `info` answers height 0 and CometBFT replays every block.
 *
 *     node --import tsx abci/example/kvstore.ts unix:///tmp/kvstore.sock [socket|grpc]
 *     cometbft init && cometbft start --proxy_app unix:///tmp/kvstore.sock [--abci grpc]
 *     curl 'localhost:26657/broadcast_tx_commit?tx="name=satoshi"'
 *     curl 'localhost:26657/abci_query?data="name"'
 */
import { pathToFileURL } from "node:url";
import * as abci from "../../proto/gen/tendermint.abci.ts";
import { type Application, baseApplication, startServer } from "../index.ts";

const text = new TextDecoder();
const MALFORMED = { code: 2, log: "a transaction is key=value" };

/** `key=value`: one equals sign, neither side empty. Undefined if the transaction is anything else. */
function parse(tx: Uint8Array): readonly [key: string, value: string] | undefined {
  const [key, value, more] = text.decode(tx).split("=");
  return key && value && more === undefined ? [key, value] : undefined;
}

export function kvstore(): Application {
  const pairs = new Map<string, string>();
  let committed = { height: 0n, appHash: new Uint8Array(8), size: 0n };
  let staged = { ...committed, pairs: [] as (readonly [string, string])[] };
  return {
    ...baseApplication,
    info: () =>
      abci.ResponseInfo.create({
        lastBlockHeight: committed.height,
        lastBlockAppHash: committed.height > 0n ? committed.appHash : new Uint8Array(),
      }),
    checkTx: ({ tx }) => abci.ResponseCheckTx.create(parse(tx) ? { gasWanted: 1n } : MALFORMED),
    finalizeBlock: ({ txs, height }) => {
      const parsed = txs.map(parse);
      const valid = parsed.filter((pair) => pair !== undefined);
      const size = committed.size + BigInt(valid.length);
      const appHash = new Uint8Array(8);
      new DataView(appHash.buffer).setBigUint64(0, size);
      staged = { height, appHash, size, pairs: valid };
      const txResults = parsed.map((pair) => abci.ExecTxResult.create(pair ? {} : MALFORMED));
      return abci.ResponseFinalizeBlock.create({ txResults, appHash });
    },
    commit: () => {
      for (const [key, value] of staged.pairs) pairs.set(key, value);
      committed = staged;
      return { retainHeight: 0n };
    },
    query: ({ data }) => {
      const value = pairs.get(text.decode(data));
      return abci.ResponseQuery.create({
        key: data,
        value: new TextEncoder().encode(value ?? ""),
        log: value === undefined ? "does not exist" : "exists",
        height: committed.height,
      });
    },
  };
}

async function main(address: string | undefined, transport = "socket"): Promise<void> {
  if (address === undefined || (transport !== "socket" && transport !== "grpc")) {
    console.error("usage: kvstore.ts unix:///path|tcp://host:port [socket|grpc]");
    process.exit(2);
  }
  const server = await startServer(kvstore(), { address, transport });
  console.log(`kvstore listens on ${server.address}`);
  console.error((await server.halted).message);
  process.exit(1);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await main(process.argv[2], process.argv[3]);
