/** Listening on a unix or TCP address. */
import { chmodSync } from "node:fs";
import { unlink } from "node:fs/promises";
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

/** A socket file that nobody answers on is left over from a process that was killed; one that is answered is in use. */
export async function removeStaleSocket(path: string): Promise<void> {
  const outcome = await new Promise<"live" | "stale" | "absent">((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve("live");
    });
    probe.once("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code === "ECONNREFUSED" ? "stale" : "absent");
    });
  });
  if (outcome === "live") {
    throw new AbciFault("BAD_ADDRESS", `socket ${path} is in use by another process: stop it first`);
  }
  if (outcome === "stale") await unlink(path);
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
