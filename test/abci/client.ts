/** A client of the socket transport that sends what it is told, requests or raw bytes, and keeps what comes back. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { FrameSplitter } from "../../abci/frames.ts";
import { Request, Response } from "../../proto/gen/tendermint.abci.ts";
import { Writer } from "../../proto/wire.ts";

/** The frame of a request, as CometBFT writes it. */
export function frame(request: Partial<Request>): Uint8Array {
  return new Writer().bytes(Request.encode(Request.create(request))).finish();
}

/** The one field of a response that is set. */
export function kindOf(response: Response): string {
  return Object.entries(response).find(([, value]) => value !== undefined)?.[0] ?? "none";
}

export class AbciClient {
  readonly socket: Socket;
  readonly received: Response[] = [];
  readonly #frames = new FrameSplitter(1 << 28);
  readonly #waiting: (() => void)[] = [];
  closed = false;

  constructor(address: string) {
    this.socket = address.startsWith("unix://")
      ? connect(address.slice(7))
      : connect(Number(address.split(":").pop()), "127.0.0.1");
    this.socket.on("data", (chunk: Uint8Array) => {
      this.#frames.push(chunk);
      for (let next = this.#frames.next(); next !== undefined; next = this.#frames.next()) {
        this.received.push(Response.decode(next));
      }
      this.#wake();
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
  }

  static async open(address: string): Promise<AbciClient> {
    const client = new AbciClient(address);
    await once(client.socket, "connect");
    return client;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done() && !this.closed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  send(...requests: Partial<Request>[]): void {
    this.raw(Buffer.concat(requests.map(frame)));
  }

  raw(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The first `count` responses since the connection began, or fewer if it was closed. */
  async responses(count: number): Promise<Response[]> {
    await this.#until(() => this.received.length >= count);
    return this.received.slice(0, count);
  }

  /** Resolves when the server has closed the connection. */
  async end(): Promise<void> {
    await this.#until(() => this.closed);
  }

  /** Sends one request and waits for one more response. */
  async call(request: Partial<Request>): Promise<Response | undefined> {
    const count = this.received.length + 1;
    this.send(request);
    return (await this.responses(count))[count - 1];
  }

  close(): void {
    this.socket.destroy();
  }
}
