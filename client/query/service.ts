/** Queries of the application by its gRPC methods, over a node's ABCI query: typed from the generated services. */
import type { AnyMethod, Method, ServiceType } from "../../proto/codec.ts";
import type { RpcClient } from "../rpc/index.ts";
import { QueryError } from "./errors.ts";

export interface QueryOptions {
  /** A committed, unpruned height; absent: the newest. */
  readonly height?: bigint;
}

/**
 * One method of a service as a function. What the request leaves out is default.
 * @throws QueryError if the application refuses; RpcError if the node cannot be asked; WireError if the answer is no
 * message of the response's type. The answer is what the node says: prove what matters (client/proof).
 */
export function queryMethod<Request, Response>(
  rpc: Pick<RpcClient, "abciQuery">,
  method: Method<Request, Response>,
): (request?: Partial<Request>, options?: QueryOptions) => Promise<Response> {
  return async (request, { height } = {}) => {
    const data = method.request.encode(method.request.create(request));
    const response = await rpc.abciQuery({
      path: method.path,
      data,
      ...(height === undefined ? {} : { height }),
    });
    if (response.code !== 0)
      throw new QueryError(method.path, response.codespace, response.code, response.log);
    return method.response.decode(response.value);
  };
}

type QueryFunction<M> =
  M extends Method<infer Request, infer Response>
    ? (request?: Partial<Request>, options?: QueryOptions) => Promise<Response>
    : never;

/** A service's methods as functions, named in lower camel case: `AllBalances` is `allBalances`. */
export type QueryClient<Methods extends Readonly<Record<string, AnyMethod>>> = {
  readonly [Name in keyof Methods & string as Uncapitalize<Name>]: QueryFunction<Methods[Name]>;
};

/** All methods of a service over one node. */
export function queryService<Methods extends Readonly<Record<string, AnyMethod>>>(
  rpc: Pick<RpcClient, "abciQuery">,
  service: ServiceType<Methods>,
): QueryClient<Methods> {
  const functions = Object.values(service.methods as Readonly<Record<string, AnyMethod>>).map((method) => [
    method.name.charAt(0).toLowerCase() + method.name.slice(1),
    queryMethod(rpc, method),
  ]);
  // The names and types of the entries are those of the service's own table.
  return Object.fromEntries(functions) as QueryClient<Methods>;
}
