/** cosmos.tx.v1beta1.Service: transactions sent, found, simulated and shown. */
import { toHex } from "../../chain/runtime/bytes.ts";
import type { BroadcastResponse, RpcClient, TxResult } from "../../client/rpc/index.ts";
import { TxResponse } from "../../proto/gen/cosmos.base.abci.v1beta1.ts";
import {
  BroadcastMode,
  type GetTxsEventRequest,
  OrderBy,
  Service,
  SimulateRequest,
  SimulateResponse,
  Tx,
} from "../../proto/gen/cosmos.tx.v1beta1.ts";
import { RequestQuery } from "../../proto/gen/tendermint.abci.ts";
import { formatTimestamp } from "../../proto/text.ts";
import { WireError } from "../../proto/wire.ts";
import { type Endpoint, endpoint, type QueryApp } from "./catalogue.ts";
import { pageOf, positive, reachable } from "./comet-service.ts";
import { GatewayError, GrpcCode, queryFault } from "./errors.ts";

export interface TxDeps {
  readonly rpc: RpcClient;
  readonly app: QueryApp;
}

/** Transactions of a page at most. Source: CometBFT's tx_search. */
const MAX_PAGE = 100;

export function txEndpoints({ rpc, app }: TxDeps): readonly Endpoint[] {
  const { methods } = Service;
  const timeOf = async (height: bigint): Promise<string> =>
    formatTimestamp((await reachable(rpc.commit(height))).header.time) ?? "";
  return [
    endpoint(methods.Simulate, async (request) => {
      const data = SimulateRequest.encode(request);
      const answer = await app.query(RequestQuery.create({ path: methods.Simulate.path, data }));
      if (answer.code !== 0) throw queryFault(answer);
      return SimulateResponse.decode(answer.value);
    }),
    endpoint(methods.GetTx, async ({ hash }) => {
      if (!/^(0x)?[0-9a-fA-F]{64}$/.test(hash)) {
        throw new GatewayError(
          GrpcCode.invalidArgument,
          `hash: ${JSON.stringify(hash.slice(0, 80))} is no transaction hash; give 64 hexadecimal digits`,
        );
      }
      const found = await reachable(rpc.tx(hash.replace(/^0x/, "")));
      if (!found) throw new GatewayError(GrpcCode.notFound, `tx not found: ${hash}`);
      const tx = decodeTx(found.tx);
      return { tx, txResponse: shown(found, tx, await timeOf(found.height)) };
    }),
    endpoint(methods.GetTxsEvent, async (request) => {
      const { txs, total } = await reachable(rpc.txSearch(searchOf(request)));
      const times = new Map<bigint, string>();
      for (const { height } of txs) if (!times.has(height)) times.set(height, await timeOf(height));
      const decoded = txs.map(({ tx }) => decodeTx(tx));
      return {
        txs: decoded,
        txResponses: txs.map((each, index) => shown(each, decoded[index]!, times.get(each.height)!)),
        pagination: undefined,
        total: BigInt(total),
      };
    }),
    endpoint(methods.BroadcastTx, async ({ txBytes, mode }) => {
      if (txBytes.length === 0)
        throw new GatewayError(GrpcCode.invalidArgument, "tx_bytes: empty; give the signed transaction");
      switch (mode) {
        case BroadcastMode.BROADCAST_MODE_SYNC:
          return { txResponse: accepted(await reachable(rpc.broadcastTxSync(txBytes))) };
        case BroadcastMode.BROADCAST_MODE_ASYNC:
          return { txResponse: accepted(await reachable(rpc.broadcastTxAsync(txBytes))) };
        default:
          throw new GatewayError(
            GrpcCode.invalidArgument,
            "mode: must be BROADCAST_MODE_SYNC or BROADCAST_MODE_ASYNC; nothing waits for a block here: ask GetTx by the hash",
          );
      }
    }),
    endpoint(methods.GetBlockWithTxs, async ({ height, pagination }) => {
      const { blockId, header, txs, lastCommit, evidence } = await reachable(rpc.block(positive(height)));
      const [from, limit] = pageOf(pagination);
      return {
        txs: txs.slice(from, from + limit).map(decodeTx),
        blockId,
        block: { header, data: { txs }, evidence: { evidence }, lastCommit },
        pagination: { nextKey: new Uint8Array(0), total: BigInt(txs.length) },
      };
    }),
    endpoint(methods.TxDecode, ({ txBytes }) => {
      if (txBytes.length === 0) throw new GatewayError(GrpcCode.invalidArgument, "tx_bytes: empty");
      return { tx: decodeTx(txBytes) };
    }),
    endpoint(methods.TxEncode, ({ tx }) => {
      if (!tx) throw new GatewayError(GrpcCode.invalidArgument, "tx: is missing");
      return { txBytes: Tx.encode(tx) };
    }),
    endpoint(methods.TxEncodeAmino, noAmino),
    endpoint(methods.TxDecodeAmino, noAmino),
  ];
}

function noAmino(): never {
  throw new GatewayError(
    GrpcCode.unimplemented,
    "binary amino is not spoken here; use TxEncode and TxDecode (amino JSON is a sign mode)",
  );
}

/** @throws GatewayError */
function decodeTx(bytes: Uint8Array): Tx {
  try {
    // TxRaw holds as bytes what Tx holds as messages: on the wire they are one.
    return Tx.decode(bytes);
  } catch (error) {
    if (error instanceof WireError)
      throw new GatewayError(GrpcCode.invalidArgument, `tx_bytes: is no transaction: ${error.message}`);
    throw error;
  }
}

function searchOf({ events, query, page, limit, orderBy, pagination }: GetTxsEventRequest) {
  const text = query !== "" ? query : events.join(" AND ");
  if (text === "") {
    throw new GatewayError(
      GrpcCode.invalidArgument,
      "query: is empty; give one such as message.sender='opg1…' AND tx.height>5",
    );
  }
  // Older clients page by offset.
  const perPage = Number(limit || pagination?.limit || BigInt(MAX_PAGE));
  const size = Math.max(1, Math.min(perPage, MAX_PAGE));
  const at = page > 0n ? Number(page) : Math.floor(Number(pagination?.offset ?? 0n) / size) + 1;
  const order = orderBy === OrderBy.ORDER_BY_DESC ? "desc" : "asc";
  return { query: text, page: at, perPage: size, orderBy: order } as const;
}

function shown({ hash, height, result }: TxResult, tx: Tx, timestamp: string): TxResponse {
  const { codespace, code, data, log, info, gasWanted, gasUsed, events } = result;
  return {
    height,
    txhash: hash.toUpperCase(),
    codespace,
    code,
    data: toHex(data).toUpperCase(),
    rawLog: log,
    logs: [],
    info,
    gasWanted,
    gasUsed,
    tx: { typeUrl: Tx.typeUrl, value: Tx.encode(tx) },
    timestamp,
    events,
  };
}

function accepted({ code, codespace, log, data, hash }: BroadcastResponse): TxResponse {
  return TxResponse.create({
    txhash: hash.toUpperCase(),
    code,
    codespace,
    rawLog: log,
    data: toHex(data).toUpperCase(),
  });
}
