/** The wires of a test network: TCP relays that can be cut. */
import { connect, createServer, type Server, type Socket } from "node:net";

/** A relay from `port` to `target` on this machine. */
export class Link {
  readonly from: number;
  readonly to: number;
  readonly port: number;
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  constructor(ends: {
    readonly from: number;
    readonly to: number;
    readonly port: number;
    readonly target: number;
  }) {
    this.from = ends.from;
    this.to = ends.to;
    this.port = ends.port;
    this.#target = ends.target;
    this.#server = createServer({ noDelay: true }, (near) => this.#relay(near));
  }

  open(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.port, "127.0.0.1", resolve));
  }

  /** Cut: connections drop and new ones are refused, until it is mended. */
  cut(isCut: boolean): void {
    this.#isCut = isCut;
    if (isCut) for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut(true);
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #relay(near: Socket): void {
    if (this.#isCut) {
      near.destroy();
      return;
    }
    const far = connect({ port: this.#target, host: "127.0.0.1", noDelay: true });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on("error", () => {});
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
