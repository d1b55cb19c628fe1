/** Events of a node as they happen, over WebSocket. A lost connection is made again, and every query subscribed again. */
import { RpcError } from "./errors.ts";
import { readResponse } from "./http.ts";
import type { Shape } from "./shape.ts";

/** What is used of a WebSocket: the browser's own, or `ws` in Node 20. */
export interface WebSocketLike {
  send(text: string): void;
  close(): void;
  onopen: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
}

export type WebSocketConstructor = new (url: string) => WebSocketLike;

export interface SubscribeOptions {
  /** Default: the platform's WebSocket; Node 20 has none, give `ws`'s. */
  readonly WebSocket?: WebSocketConstructor;
  /** Waits before the first, second, … new attempt; the last is used from then on. Default 0.25, 0.5, 1, 2, 5 seconds. */
  readonly retryMs?: readonly number[];
  /** Told when the connection was lost (events may be missed until it is back) and when it is back. */
  readonly onConnection?: (state: "lost" | "back") => void;
}

const DEFAULT_RETRY_MS = [250, 500, 1000, 2000, 5000];

/** One event: its type (`tendermint/event/NewBlock`), its value, and the attributes it was indexed by. */
export interface RpcEvent {
  readonly query: string;
  readonly data: Shape;
  readonly events: Shape;
}

interface Subscription {
  readonly query: string;
  readonly onEvent: (event: RpcEvent) => void;
  readonly onError: (error: RpcError) => void;
}

function socketUrl(httpUrl: string): string {
  return `${httpUrl.replace(/^http/, "ws")}/websocket`;
}

/** Subscriptions over one connection, which is open while there is any. */
export class EventSocket {
  readonly #url: string;
  readonly #Socket: WebSocketConstructor;
  readonly #retryMs: readonly number[];
  readonly #onConnection: (state: "lost" | "back") => void;
  readonly #subscriptions = new Map<number, Subscription>();
  #socket: WebSocketLike | undefined;
  #open = false;
  #lost = false;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #nextId = 1;

  /** @throws RpcError if the platform has no WebSocket and none is given. */
  constructor(url: string, options: SubscribeOptions = {}) {
    const given = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
    if (!given) {
      throw new RpcError(
        "unsupported",
        "this platform has no WebSocket: give one, such as that of the package ws, as the option WebSocket",
      );
    }
    this.#url = socketUrl(url);
    this.#Socket = given;
    this.#retryMs = options.retryMs ?? DEFAULT_RETRY_MS;
    this.#onConnection = options.onConnection ?? (() => {});
  }

  /**
   * Calls `onEvent` for every event that matches `query`, such as `tm.event='NewBlock'`.
   * @returns what ends the subscription
   */
  subscribe(
    query: string,
    onEvent: (event: RpcEvent) => void,
    onError: (error: RpcError) => void = () => {},
  ): () => void {
    const id = this.#nextId++;
    this.#subscriptions.set(id, { query, onEvent, onError });
    if (this.#open) this.#ask(id, query);
    else this.#connect();
    return () => this.#end(id);
  }

  /** Ends all subscriptions and the connection. */
  close(): void {
    this.#subscriptions.clear();
    this.#disconnect();
  }

  #end(id: number): void {
    const ended = this.#subscriptions.get(id);
    if (!ended) return;
    this.#subscriptions.delete(id);
    if (this.#subscriptions.size === 0) {
      this.#disconnect();
      return;
    }
    const shared = [...this.#subscriptions.values()].some(({ query }) => query === ended.query);
    if (this.#open && !shared) this.#send(id, "unsubscribe", ended.query);
  }

  #disconnect(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    this.#open = false;
    this.#lost = false;
    socket?.close();
  }

  #connect(): void {
    if (this.#socket || this.#retry !== undefined) return;
    const socket = new this.#Socket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      if (this.#socket !== socket) return;
      this.#open = true;
      this.#attempt = 0;
      for (const [id, { query }] of this.#subscriptions) this.#ask(id, query);
      if (this.#lost) this.#onConnection("back");
      this.#lost = false;
    };
    socket.onmessage = ({ data }) => this.#receive(String(data));
    // An error is followed by close, which is where it is handled.
    socket.onerror = () => {};
    socket.onclose = () => this.#closed(socket);
  }

  #closed(socket: WebSocketLike): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    if (this.#open || this.#attempt === 0) this.#onConnection("lost");
    this.#lost = true;
    this.#open = false;
    const wait = this.#retryMs[Math.min(this.#attempt, this.#retryMs.length - 1)] ?? 1000;
    this.#attempt++;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      if (this.#subscriptions.size > 0) this.#connect();
    }, wait);
  }

  #ask(id: number, query: string): void {
    // The node refuses a second subscription to the same query over one connection.
    const first = [...this.#subscriptions].find(([, each]) => each.query === query)?.[0];
    if (first === id) this.#send(id, "subscribe", query);
  }

  #send(id: number, method: string, query: string): void {
    this.#socket?.send(JSON.stringify({ jsonrpc: "2.0", id, method, params: { query } }));
  }

  #receive(text: string): void {
    const id = messageId(text);
    const asked = id === undefined ? undefined : this.#subscriptions.get(id);
    try {
      const result = readResponse(text, "subscribe", this.#url);
      // The answer to subscribe itself is an empty object.
      if (result.absent || result.at("query").absent) return;
      const query = result.at("query").text();
      const event = { query, data: result.at("data"), events: result.at("events") };
      for (const each of [...this.#subscriptions.values()]) if (each.query === query) each.onEvent(event);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      if (asked) asked.onError(error);
      else for (const each of [...this.#subscriptions.values()]) each.onError(error);
    }
  }
}

function messageId(text: string): number | undefined {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === "number" ? id : undefined;
  } catch {
    return undefined;
  }
}
