/** REST by the routes of the .proto files, with the JSON of gRPC-gateway: what the API server of a Cosmos chain speaks. */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { HttpBinding } from "../../proto/codec.ts";
import { type Json, toJson } from "../../proto/json.ts";
import { NodeError } from "../errors.ts";
import type { Catalogue, Endpoint } from "./catalogue.ts";
import { GatewayError, GrpcCode, httpStatus } from "./errors.ts";
import { HEIGHT_HEADER, parseHeight } from "./grpc.ts";
import { openApi } from "./openapi.ts";
import { type Params, readRequest } from "./rest-params.ts";

export interface RestOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Let pages of any origin read the answers. */
  readonly cors: boolean;
  /** Serve /openapi.json. */
  readonly openApi: boolean;
  readonly maxBodyBytes: number;
}

export interface RestServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** @throws NodeError if the port cannot be listened on */
export async function startRest(options: RestOptions, catalogue: Catalogue): Promise<RestServer> {
  const server = Fastify({ bodyLimit: options.maxBodyBytes, routerOptions: { maxParamLength: 4096 } });
  // Bodies are JSON whatever their type says: clients leave it out.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_, body, done) => done(null, body));
  server.setErrorHandler((error, _, reply) => sendFault(reply, error));
  server.setNotFoundHandler((request, reply) => {
    const text = `no route ${request.method} ${request.url.slice(0, 200)}; /openapi.json lists them`;
    // As the gateway of Go has it: wallets look for 501 to tell that a chain lacks a module.
    return sendFault(reply, new GatewayError(GrpcCode.unimplemented, text));
  });
  if (options.cors) allowAll(server);
  for (const [endpoint, binding] of routesOf(catalogue)) addRoute(server, endpoint, binding, catalogue);
  if (options.openApi) {
    let document: Json | undefined;
    server.get("/openapi.json", () => {
      document ??= openApi(catalogue);
      return document;
    });
  }
  try {
    const url = await server.listen({ host: options.host, port: options.port });
    return { url, stop: () => server.close() };
  } catch (error) {
    throw new NodeError(
      "config",
      `api.address: cannot listen on ${options.host}:${options.port} (${(error as Error).message}); name a free port, or switch it off with api.enable = false`,
    );
  }
}

/** Where two methods have one route, as auth's two of bech32 have, the later one answers: so does gRPC-gateway. */
function routesOf({ endpoints }: Catalogue): readonly (readonly [Endpoint, HttpBinding])[] {
  const routes = new Map<string, readonly [Endpoint, HttpBinding]>();
  for (const endpoint of endpoints)
    for (const binding of endpoint.method.http)
      routes.set(`${binding.verb} ${routeOf(binding.path).url}`, [endpoint, binding]);
  return [...routes.values()];
}

/** A template of a path for the router: `{a.b}` is a part of it, `{a=**}` all the rest. */
export function routeOf(template: string): { readonly url: string; readonly names: readonly string[] } {
  const names: string[] = [];
  const url = template.replace(/\{([\w.]+)(=\*\*)?\}/g, (_, name: string, rest: string | undefined) => {
    names.push(name);
    return rest ? "*" : `:p${names.length - 1}`;
  });
  return { url, names };
}

function addRoute(
  server: FastifyInstance,
  { method, call }: Endpoint,
  { verb, path, body }: HttpBinding,
  { types }: Catalogue,
): void {
  const { url, names } = routeOf(path);
  server.route({
    method: verb.toUpperCase(),
    url,
    handler: async (request, reply) => {
      const inPath = request.params as Readonly<Record<string, string>>;
      const params: Params = [
        ...queryOf(request),
        ...names.map((name, index) => [name, [inPath[`p${index}`] ?? inPath["*"] ?? ""]] as const),
      ];
      const message = readRequest(
        method.request,
        params,
        body === undefined ? undefined : bodyOf(request),
        types,
      );
      const header = request.headers[HEIGHT_HEADER] ?? request.headers[`grpc-metadata-${HEIGHT_HEADER}`];
      const { response, height } = await call(message, { height: parseHeight(header) });
      if (height !== undefined) void reply.header(`grpc-metadata-${HEIGHT_HEADER}`, height.toString());
      return toJson(method.response, response, types);
    },
  });
}

function queryOf(request: FastifyRequest): Params {
  const query = new URL(request.url, "http://localhost").searchParams;
  return [...new Set(query.keys())].map((name) => [name, query.getAll(name)] as const);
}

/** @throws GatewayError if the body is no JSON */
function bodyOf({ body }: FastifyRequest): Json {
  if (typeof body !== "string" || body === "") return {};
  try {
    return JSON.parse(body) as Json;
  } catch (error) {
    throw new GatewayError(GrpcCode.invalidArgument, `body: is not JSON: ${(error as Error).message}`);
  }
}

function sendFault(reply: FastifyReply, error: unknown): FastifyReply {
  const { statusCode } = error as { readonly statusCode?: number };
  const isOurs = error instanceof GatewayError;
  const code = isOurs
    ? error.code
    : statusCode && statusCode < 500
      ? GrpcCode.invalidArgument
      : GrpcCode.internal;
  const message = error instanceof Error ? error.message : String(error);
  return reply.status(isOurs ? httpStatus(code) : (statusCode ?? 500)).send({ code, message, details: [] });
}

function allowAll(server: FastifyInstance): void {
  server.addHook("onRequest", async (request, reply) => {
    void reply.header("access-control-allow-origin", "*");
    if (request.method !== "OPTIONS") return;
    void reply.header("access-control-allow-methods", "GET, POST, OPTIONS");
    void reply.header("access-control-allow-headers", `content-type, ${HEIGHT_HEADER}`);
    await reply.status(204).send();
  });
  server.options("*", async (_, reply) => reply.status(204).send());
}
