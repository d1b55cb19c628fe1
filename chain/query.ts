/**
 * ABCI queries: `/package.Service/Method` to a module, `/store/<name>/key` with proofs, `/app/version`, and
 * `/cosmos.tx.v1beta1.Service/Simulate`. Every answer but a simulation reads one committed version.
 */
import { SimulateRequest, SimulateResponse, Tx } from "../proto/gen/cosmos.tx.v1beta1.ts";
import { type RequestQuery, ResponseQuery } from "../proto/gen/tendermint.abci.ts";
import { WireError } from "../proto/wire.ts";
import type { Context } from "./runtime/context.ts";
import { ChainError, SdkError } from "./runtime/errors.ts";
import type { Router } from "./runtime/router.ts";
import { StoreError } from "./store/errors.ts";
import type { View } from "./store/types.ts";
import type { TxOutcome } from "./tx/run.ts";

export const SIMULATE_PATH = "/cosmos.tx.v1beta1.Service/Simulate";

export interface QueryDeps {
  readonly version: string;
  readonly router: Router;
  /** CosmJS takes an answer without a height for a fault. */
  readonly latestHeight: () => bigint;
  /** The committed state at a height; 0 is the latest. @throws ChainError if it is not kept. */
  readonly view: (height: bigint) => View;
  readonly context: (view: View) => Context;
  /** Runs a transaction on the latest state and drops what it did. */
  readonly simulate: (txBytes: Uint8Array) => Promise<TxOutcome>;
}

export async function answerQuery(request: RequestQuery, deps: QueryDeps): Promise<ResponseQuery> {
  try {
    return await route(request, deps);
  } catch (error) {
    const { code, codespace, message } = asChainError(error);
    return ResponseQuery.create({ code, codespace, log: message, height: request.height });
  }
}

function asChainError(error: unknown): ChainError {
  if (error instanceof ChainError) return error;
  if (error instanceof StoreError) return SdkError.invalidHeight(error.message);
  if (error instanceof WireError) return SdkError.invalidRequest(`data: ${error.message}`);
  throw error;
}

async function route(request: RequestQuery, deps: QueryDeps): Promise<ResponseQuery> {
  const { path } = request;
  if (path === "/app/version") return ResponseQuery.create({ value: new TextEncoder().encode(deps.version) });
  if (path === "/app/simulate") return simulated(await deps.simulate(request.data), deps);
  if (path === SIMULATE_PATH)
    return simulated(await deps.simulate(txOf(SimulateRequest.decode(request.data))), deps);
  const store = /^\/?store\/([^/]+)\/key$/.exec(path);
  if (store) return readStore(request, store[1]!, deps);
  return readModule(request, deps);
}

function readModule(request: RequestQuery, deps: QueryDeps): ResponseQuery {
  const { method, handle } = deps.router.query(request.path);
  const query: unknown = method.request.decode(request.data);
  const view = deps.view(request.height);
  try {
    const answer: unknown = handle(deps.context(view), query);
    return ResponseQuery.create({ value: method.response.encode(answer), height: view.version });
  } finally {
    view.release();
  }
}

function readStore(request: RequestQuery, name: string, deps: QueryDeps): ResponseQuery {
  const view = deps.view(request.height);
  try {
    const { data: key } = request;
    if (!request.prove) {
      return ResponseQuery.create({
        key,
        value: view.store(name).get(key) ?? new Uint8Array(0),
        height: view.version,
      });
    }
    const { value, ops } = view.prove(name, key);
    return ResponseQuery.create({
      key,
      value: value ?? new Uint8Array(0),
      proofOps: { ops },
      height: view.version,
    });
  } finally {
    view.release();
  }
}

/** The bytes of the transaction to simulate; older clients send it decoded. */
function txOf(request: SimulateRequest): Uint8Array {
  if (request.txBytes.length > 0) return request.txBytes;
  if (request.tx) return Tx.encode(request.tx);
  throw SdkError.invalidRequest("tx_bytes: empty; give the encoded transaction to simulate");
}

/** @throws SdkError if the transaction would fail, as the SDK answers a simulation */
function simulated(outcome: TxOutcome, { latestHeight }: QueryDeps): ResponseQuery {
  const { code, codespace, log, gasWanted, gasUsed, data, events, responses } = outcome;
  if (code !== 0) throw new ChainError(codespace, code, `${log} (gas used ${gasUsed})`);
  const response = SimulateResponse.create({
    gasInfo: { gasWanted, gasUsed },
    result: { data, log, events, msgResponses: responses },
  });
  return ResponseQuery.create({ value: SimulateResponse.encode(response), height: latestHeight() });
}
