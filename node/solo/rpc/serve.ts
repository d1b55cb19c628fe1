/** CometBFT's RPC: JSON-RPC by POST, alone or in a list, URIs by GET, and the websocket. Source: rpc/jsonrpc/server of v0.40. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SoloError } from "../errors.ts";
import { answerBody, failed, faultOf, run } from "./call.ts";
import { invalidRequest, noMethod } from "./fault.ts";
import type { Json } from "./json.ts";
import { methods, type RpcDeps } from "./methods.ts";
import { Params } from "./params.ts";
import { SOCKET_PATH, serveSockets } from "./socket.ts";

/** As config.toml's section rpc has them. */
export interface RpcSettings {
  /** tcp://host:port; port 0 for a free one. */
  readonly address: string;
  readonly maxBodyBytes: number;
  /** Most calls in a list; 0 for any number. */
  readonly maxBatch: number;
  /** Origins of web pages that may ask; `*` for any. */
  readonly corsOrigins: readonly string[];
  /** Most websockets that subscribe. */
  readonly maxClients: number;
  /** Most subscriptions of one websocket. */
  readonly maxSubscriptions: number;
  readonly commitTimeoutMs: number;
}

export interface RpcServer {
  /** http://host:port */
  readonly url: string;
  close(): Promise<void>;
}

/** CometBFT's id of an answer to a URI. */
const URI_ID = -1;

/** @throws SoloError address */
export async function serveRpc(settings: RpcSettings, deps: RpcDeps): Promise<RpcServer> {
  const { host, port } = placeOf(settings.address);
  const server = createServer((request, response) => {
    answer(request, response, settings, deps).catch(() => response.destroy());
  });
  const closeSockets = serveSockets(server, settings, deps);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new SoloError("address", `rpc.laddr ${settings.address} cannot be listened on: ${error.message}`),
      ),
    );
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  const shown = host === "0.0.0.0" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${shown}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        closeSockets();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function placeOf(address: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(?:tcp|http):\/\/(\[[^\]]+\]|[^:/]*):(\d{1,5})$/.exec(address) ?? [];
  if (host === undefined)
    throw new SoloError("address", `rpc.laddr ${JSON.stringify(address)} must be tcp://host:port`);
  return { host: host.replace(/^\[(.*)\]$/, "$1") || "0.0.0.0", port: Number(port) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  settings: RpcSettings,
  deps: RpcDeps,
): Promise<void> {
  allowOrigin(request, response, settings);
  if (request.method === "OPTIONS") {
    response.writeHead(204).end();
    return;
  }
  const body = await readBody(request, settings.maxBodyBytes);
  if (body === undefined) {
    const fault = invalidRequest("error reading request body: http: request body too large");
    send(response, 400, failed(fault));
    return;
  }
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://node");
  if (pathname !== "/") return answerUri(pathname.slice(1), searchParams, response, deps);
  if (body === "") {
    response.writeHead(200, { "Content-Type": "text/html" }).end(listOfMethods());
    return;
  }
  try {
    const answered = await answerBody(body, settings.maxBatch, deps);
    if (answered === undefined) response.writeHead(200).end();
    else send(response, 200, answered);
  } catch (error) {
    const fault = faultOf(error);
    send(response, fault.code === -32700 ? 500 : 200, failed(fault));
  }
}

async function answerUri(
  name: string,
  query: URLSearchParams,
  response: ServerResponse,
  deps: RpcDeps,
): Promise<void> {
  const method = methods.get(name);
  if (!method) {
    // Those of the websocket alone are known, and not to be had here.
    if (name.includes("subscribe")) send(response, 404, failed(noMethod(), URI_ID));
    else response.writeHead(404, { "Content-Type": "text/plain" }).end("404 page not found\n");
    return;
  }
  try {
    send(response, 200, await run(URI_ID, method, Params.fromUri(method.params, query), deps));
  } catch (error) {
    send(response, 500, failed(faultOf(error), URI_ID));
  }
}

function send(response: ServerResponse, status: number, json: Json): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(json));
}

function allowOrigin(
  { headers: { origin } }: IncomingMessage,
  response: ServerResponse,
  { corsOrigins }: RpcSettings,
): void {
  if (!origin || !(corsOrigins.includes("*") || corsOrigins.includes(origin))) return;
  response.setHeader("Access-Control-Allow-Origin", corsOrigins.includes("*") ? "*" : origin);
  response.setHeader("Access-Control-Allow-Headers", "Content-Type");
  response.setHeader("Access-Control-Allow-Methods", "GET, HEAD, POST");
  response.setHeader("Vary", "Origin");
}

/** Undefined if it is longer than `most`. */
async function readBody(request: IncomingMessage, most: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    // The rest is read and dropped, so that the answer reaches a client that is still sending.
    if (bytes <= most) chunks.push(chunk as Buffer);
    else if (bytes > 4 * most + 65_536) return undefined;
  }
  return bytes > most ? undefined : Buffer.concat(chunks).toString();
}

function listOfMethods(): string {
  const lines = [...methods].map(([name, { params }]) => {
    const query = Object.keys(params)
      .map((each) => `${each}=_`)
      .join("&");
    return `<a href="/${name}">/${name}${query === "" ? "" : `?${query}`}</a></br>`;
  });
  return `<html><body><br>Available endpoints (websocket at ${SOCKET_PATH}):<br>${lines.join("\n")}</body></html>\n`;
}
