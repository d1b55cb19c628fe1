/** A server that answers JSON-RPC calls over HTTP and WebSocket as a test tells it to. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { WebSocketConstructor } from "../../../client/rpc/index.ts";

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** What is sent back: an object becomes JSON, text is sent as it is. */
export type Answer = { readonly status?: number; readonly body: unknown } | "hang" | "reset";

/** `ws` has the shape that the SDK asks for; its event types are only wider. */
export const NodeWebSocket = WebSocket as unknown as WebSocketConstructor;

export class FakeNode {
  readonly calls: Call[] = [];
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  onSocketMessage: (socket: WebSocket, call: Call) => void = () => {};
  onConnect: (socket: WebSocket) => void = () => {};

  private constructor(answer: (call: Call) => Answer) {
    this.#server = createServer((request, response) => this.#http(request, response, answer));
    this.#sockets = new WebSocketServer({ server: this.#server, path: "/websocket" });
    this.#sockets.on("connection", (socket) => {
      this.onConnect(socket);
      socket.on("message", (data) => {
        const call = JSON.parse(String(data)) as Call;
        this.calls.push(call);
        this.onSocketMessage(socket, call);
      });
    });
  }

  static async start(answer: (call: Call) => Answer): Promise<FakeNode> {
    const node = new FakeNode(answer);
    await new Promise<void>((resolve) => node.#server.listen(0, "127.0.0.1", resolve));
    return node;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #http(request: IncomingMessage, response: ServerResponse, answer: (call: Call) => Answer): void {
    const parts: Uint8Array[] = [];
    request.on("data", (part: Uint8Array) => parts.push(part));
    request.on("end", () => {
      const call = JSON.parse(Buffer.concat(parts).toString()) as Call;
      this.calls.push(call);
      const given = answer(call);
      if (given === "hang") return;
      if (given === "reset") {
        request.socket.destroy();
        return;
      }
      response.statusCode = given.status ?? 200;
      response.end(typeof given.body === "string" ? given.body : JSON.stringify(given.body));
    });
  }

  dropSockets(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  get socketCount(): number {
    return this.#sockets.clients.size;
  }

  async stop(): Promise<void> {
    this.dropSockets();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export const result = (body: unknown): Answer => ({ body: { jsonrpc: "2.0", id: 1, result: body } });
