/** Listening on a unix or TCP address. */
import { chmodSync } from "node:fs";
import { lstat, unlink } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { type Address, formatAddress } from "./address.ts";
import { AbciFault } from "./errors.ts";

/** A transport that is listening. */
export interface Listening {
  /** With the real port. */
  readonly address: string;
  /** Stops listening and drops every connection at once. */
  close(): Promise<void>;
}

/**
 * A socket that nobody answers on is left over from a process that was killed, and is removed.
 * @throws AbciFault BAD_ADDRESS if it is answered on, or if the file is no socket
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new AbciFault("BAD_ADDRESS", `${path} exists and is not a socket: choose another path`);
  }
  const isLive = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
  if (isLive) {
    throw new AbciFault("BAD_ADDRESS", `socket ${path} is in use by another process: stop it first`);
  }
  await unlink(path);
}

/**
 * Listens on `address`; answers the address with its real port.
 * @throws AbciFault BAD_ADDRESS
 */
export async function listen(server: Server, address: Address): Promise<Address> {
  if (address.kind === "unix") await removeStaleSocket(address.path);
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error): void =>
      reject(
        new AbciFault("BAD_ADDRESS", `cannot listen on ${formatAddress(address)}: ${error.message}`, {
          cause: error,
        }),
      );
    server.once("error", refuse);
    const listening = (): void => {
      server.off("error", refuse);
      resolve();
    };
    if (address.kind === "unix") server.listen(address.path, listening);
    else server.listen(address.port, address.host, listening);
  });
  if (address.kind === "unix") {
    restrictSocket(address.path);
    return address;
  }
  const bound = server.address();
  const port = bound !== null && typeof bound === "object" ? bound.port : address.port;
  return { ...address, port };
}

/** Whoever can write to the socket can make the node commit: owner and group only. */
export function restrictSocket(path: string): void {
  chmodSync(path, 0o660);
}
