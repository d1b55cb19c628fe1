/** One JSON-RPC call: read, answered, and its answer as CometBFT writes it. Source: rpc/jsonrpc of CometBFT v0.40. */
import { internal, invalidRequest, noMethod, parseError, RpcFault } from "./fault.ts";
import type { Json } from "./json.ts";
import { type Method, methods, type RpcDeps } from "./methods.ts";
import { Params } from "./params.ts";

export type Id = string | number;

export interface Request {
  readonly id: Id;
  readonly method: string;
  readonly params: unknown;
}

/** A request; undefined if it wants no answer. @throws RpcFault -32700, -32600 */
export function readRequest(json: unknown): Request | undefined {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw parseError("error unmarshaling request: it is no object");
  const { id, method, params } = json as { id?: unknown; method?: unknown; params?: unknown };
  if (id === undefined || id === null) return undefined;
  if (typeof id !== "string" && !Number.isSafeInteger(id))
    throw parseError(
      `error unmarshaling request: json-rpc ID must be text or a whole number, got ${JSON.stringify(id)}`,
    );
  if (typeof method !== "string") throw parseError("error unmarshaling request: method must be text");
  return { id: id as Id, method, params };
}

/** @throws RpcFault -32700 */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw parseError(`error unmarshaling request: ${(error as Error).message}`);
  }
}

/** Answers of HTTP with a body. @throws RpcFault if it is none, or too many calls in one */
export async function answerBody(text: string, maxBatch: number, deps: RpcDeps): Promise<Json | undefined> {
  const body = parseBody(text);
  const batch = Array.isArray(body);
  const requests = (batch ? body : [body]).flatMap((each) => readRequest(each) ?? []);
  if (batch && maxBatch > 0 && body.length > maxBatch)
    throw invalidRequest(`batch request exceeds maximum (${maxBatch}) allowed number of requests`);
  const answers: Json[] = [];
  // One after the other, as with CometBFT: a later call may rest on an earlier.
  for (const request of requests) answers.push(await answerRequest(request, deps));
  return answers.length > 1 ? answers : answers[0];
}

export async function answerRequest({ id, method: name, params }: Request, deps: RpcDeps): Promise<Json> {
  const method = methods.get(name);
  if (!method) return failed(noMethod(), id);
  try {
    return await run(id, method, Params.fromJson(method.params, params), deps);
  } catch (error) {
    return failed(faultOf(error), id);
  }
}

export async function run(id: Id, method: Method, params: Params, deps: RpcDeps): Promise<Json> {
  return succeeded(await method.answer(params, deps), id);
}

export const succeeded = (result: Json, id: Id): Json => ({ jsonrpc: "2.0", id, result });

export function failed({ code, message, data }: RpcFault, id?: Id): Json {
  const error = { code, message, ...(data === "" ? {} : { data }) };
  return { jsonrpc: "2.0", ...(id === undefined ? {} : { id }), error };
}

/** Whatever the application or the store throws is an internal error to clients. */
export function faultOf(error: unknown): RpcFault {
  if (error instanceof RpcFault) return error;
  return internal(error instanceof Error ? error.message : String(error));
}
