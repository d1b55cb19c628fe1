/** The websocket of the RPC: every method, and subscriptions to events. Source: rpc/core/events.go and ws_handler.go of v0.40. */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { answerRequest, failed, faultOf, parseBody, type Request, readRequest, succeeded } from "./call.ts";
import { internal } from "./fault.ts";
import type { Json } from "./json.ts";
import type { RpcDeps } from "./methods.ts";
import { Params } from "./params.ts";
import { queryOf } from "./places.ts";
import type { RpcSettings } from "./serve.ts";

export const SOCKET_PATH = "/websocket";
/** CometBFT's, with pings in nine tenths of the time after which a silent client is dropped. */
const PING_MS = 27_000;
/** A client that leaves so much unread is dropped. */
const MOST_UNREAD = 16 * 1024 * 1024;

type Limits = Pick<RpcSettings, "maxBodyBytes" | "maxClients" | "maxSubscriptions" | "corsOrigins">;

/** @returns what ends all connections */
export function serveSockets(server: Server, limits: Limits, deps: RpcDeps): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.maxBodyBytes });
  const clients = new Set<Client>();
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (new URL(request.url ?? "/", "http://node").pathname !== SOCKET_PATH || !isAllowed(request, limits)) {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (connected) => {
      const client = new Client(connected, limits, deps, () => busyOf(clients));
      clients.add(client);
      connected.once("close", () => {
        clients.delete(client);
        client.end();
      });
    });
  });
  return () => {
    for (const client of clients) client.drop();
    sockets.close();
  };
}

/** A web page of another origin may not; programs send none. */
function isAllowed({ headers: { origin, host } }: IncomingMessage, { corsOrigins }: Limits): boolean {
  if (!origin || corsOrigins.includes("*") || corsOrigins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** How many clients have a subscription. */
const busyOf = (clients: ReadonlySet<Client>): number =>
  [...clients].filter(({ subscriptions }) => subscriptions > 0).length;

class Client {
  readonly #socket: WebSocket;
  readonly #limits: Limits;
  readonly #deps: RpcDeps;
  readonly #busyClients: () => number;
  /** By query, what ends it. */
  readonly #ends = new Map<string, () => void>();
  /** Requests are answered in the order in which they came. */
  #turn: Promise<void> = Promise.resolve();
  #alive = true;
  readonly #pings: ReturnType<typeof setInterval>;

  constructor(socket: WebSocket, limits: Limits, deps: RpcDeps, busyClients: () => number) {
    this.#socket = socket;
    this.#limits = limits;
    this.#deps = deps;
    this.#busyClients = busyClients;
    socket.on("message", (data) => {
      this.#turn = this.#turn.then(() => this.#receive(String(data)));
    });
    // The close that follows is what matters.
    socket.on("error", () => undefined);
    socket.on("pong", () => {
      this.#alive = true;
    });
    this.#pings = setInterval(() => this.#ping(), PING_MS);
    this.#pings.unref();
  }

  get subscriptions(): number {
    return this.#ends.size;
  }

  /** Ends its subscriptions. */
  end(): void {
    clearInterval(this.#pings);
    this.#endAll();
  }

  drop(): void {
    this.#socket.terminate();
  }

  #ping(): void {
    if (!this.#alive) {
      this.drop();
      return;
    }
    this.#alive = false;
    this.#socket.ping();
  }

  #endAll(): void {
    for (const end of this.#ends.values()) end();
    this.#ends.clear();
  }

  #send(json: Json): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MOST_UNREAD) this.drop();
    else this.#socket.send(JSON.stringify(json));
  }

  async #receive(text: string): Promise<void> {
    let request: Request | undefined;
    try {
      request = readRequest(parseBody(text));
      if (request) this.#send((await this.#own(request)) ?? (await answerRequest(request, this.#deps)));
    } catch (error) {
      this.#send(failed(faultOf(error), request?.id));
    }
  }

  /** Answers what only a websocket has. @throws RpcFault */
  async #own({ id, method, params }: Request): Promise<Json | undefined> {
    if (method === "subscribe") this.#subscribe(id, queryText(params));
    else if (method === "unsubscribe") this.#unsubscribe(queryText(params));
    else if (method === "unsubscribe_all") this.#unsubscribeAll();
    else return undefined;
    return succeeded({}, id);
  }

  #subscribe(id: Request["id"], text: string): void {
    const { maxClients, maxSubscriptions } = this.#limits;
    if (this.#ends.size === 0 && this.#busyClients() >= maxClients)
      throw internal(`max_subscription_clients ${maxClients} reached`);
    if (this.#ends.size >= maxSubscriptions)
      throw internal(`max_subscriptions_per_client ${maxSubscriptions} reached`);
    const query = queryOf(text, "failed to parse query: ");
    if (this.#ends.has(text)) throw internal("already subscribed");
    const end = this.#deps.events.subscribe(query, ({ data, attributes }) =>
      this.#send(succeeded({ query: text, data, events: Object.fromEntries(attributes) }, id)),
    );
    this.#ends.set(text, end);
  }

  #unsubscribe(text: string): void {
    queryOf(text, "failed to parse query: ");
    const end = this.#ends.get(text);
    if (!end) throw internal("subscription not found");
    end();
    this.#ends.delete(text);
  }

  #unsubscribeAll(): void {
    if (this.#ends.size === 0) throw internal("subscription not found");
    this.#endAll();
  }
}

function queryText(params: unknown): string {
  return Params.fromJson({ query: "text" }, params).text("query");
}
