/** What the gateways serve: one endpoint a method, whoever answers it. */
import type { AnyMethod, Method } from "../../proto/codec.ts";
import { RequestQuery, type ResponseQuery } from "../../proto/gen/tendermint.abci.ts";
import type { TypeRegistry } from "../../proto/registry.ts";
import { queryFault } from "./errors.ts";

/** Of one request. Height 0 asks for the newest state. */
export interface CallOptions {
  readonly height: bigint;
}

export interface Answer {
  readonly response: unknown;
  /** Of the state that was read, where there is one. */
  readonly height?: bigint;
}

export interface Endpoint {
  readonly method: AnyMethod;
  /** @throws GatewayError */
  call(request: unknown, options: CallOptions): Promise<Answer>;
}

export interface Catalogue {
  /** In the order of their paths. */
  readonly endpoints: readonly Endpoint[];
  /** What may stand in an Any. */
  readonly types: TypeRegistry;
}

/** The part of the application that the gateways use. */
export interface QueryApp {
  query(request: RequestQuery): Promise<ResponseQuery>;
}

/** Methods that the application answers over ABCI Query. */
export function applicationEndpoints(app: QueryApp, methods: readonly AnyMethod[]): readonly Endpoint[] {
  return methods.map((method) => ({
    method,
    call: async (request, { height }) => {
      const answer = await app.query(
        RequestQuery.create({ path: method.path, data: method.request.encode(request), height }),
      );
      if (answer.code !== 0) throw queryFault(answer);
      return { response: method.response.decode(answer.value) as unknown, height: answer.height };
    },
  }));
}

/** An endpoint that this process answers itself. */
export function endpoint<Request, Response>(
  method: Method<Request, Response>,
  answer: (request: Request, options: CallOptions) => Promise<Response> | Response,
): Endpoint {
  return {
    method,
    call: async (request, options) => ({ response: await answer(request as Request, options) }),
  };
}

export function joinCatalogue(types: TypeRegistry, ...parts: readonly (readonly Endpoint[])[]): Catalogue {
  const endpoints = parts.flat();
  return {
    types,
    endpoints: [...endpoints].sort((a, b) => (a.method.path < b.method.path ? -1 : 1)),
  };
}
