/** The ABCI server: an application, reachable by CometBFT. */
import { parseAddress } from "./address.ts";
import type { Application } from "./application.ts";
import { type AbciLog, Dispatcher } from "./dispatch.ts";
import type { AbciFault } from "./errors.ts";
import { listenGrpc } from "./grpc.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { listenSocket } from "./socket.ts";

export interface ServerOptions {
  /** `unix:///path/to.sock` or `tcp://host:port`; port 0 means any free one. */
  readonly address: string;
  /** `grpc` costs CometBFT a fifth of the CPU that `socket` does, but its client takes no answer over 4 MiB (ADR-0002). */
  readonly transport: "socket" | "grpc";
  readonly log?: AbciLog;
  readonly limits?: Partial<Limits>;
}

export interface AbciServer {
  /** What is listened on, with the real port. */
  readonly address: string;
  /** Stops listening and drops every connection. Calls that are running are not answered. */
  close(): Promise<void>;
  /**
   * Resolves if the application fails in a call whose answer decides state. All connections are closed by then, so that
   * CometBFT stops too. Stays pending otherwise.
   */
  readonly halted: Promise<AbciFault>;
}

const silent: AbciLog = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * Serves `app` at `options.address`.
 * @throws AbciFault BAD_ADDRESS if the address is malformed, in use or not ours to listen on.
 */
export async function startServer(app: Application, options: ServerOptions): Promise<AbciServer> {
  const log = options.log ?? silent;
  const limits = { ...defaultLimits, ...options.limits };
  let halt: (fault: AbciFault) => void = () => {};
  const faulted = new Promise<AbciFault>((resolve) => {
    halt = resolve;
  });
  const dispatcher = new Dispatcher({ log, onFault: halt }, app);
  const address = parseAddress(options.address);
  const listenOn = options.transport === "grpc" ? listenGrpc : listenSocket;
  const listening = await listenOn({ limits, log, address }, dispatcher);
  log.info(
    { address: listening.address, transport: options.transport },
    `ABCI server listens on ${listening.address} (${options.transport})`,
  );
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    dispatcher.halt();
    closed ??= listening.close();
    return closed;
  };
  const halted = faulted.then(async (fault) => {
    await close();
    return fault;
  });
  return { address: listening.address, close, halted };
}
