/** Addresses that a server listens on, in CometBFT's notation. */
import { AbciFault } from "./errors.ts";

export type Address =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** A path longer than this does not fit the kernel's sockaddr_un (108 bytes with the closing zero on Linux, 104 on macOS). */
const MAX_UNIX_PATH = 103;

/**
 * @param address `unix:///path/to.sock` or `tcp://host:port`; port 0 means any free one
 * @throws AbciFault BAD_ADDRESS
 */
export function parseAddress(address: string): Address {
  const unix = /^unix:\/\/(.+)$/.exec(address);
  if (unix) {
    const path = unix[1]!;
    if (new TextEncoder().encode(path).length > MAX_UNIX_PATH) {
      throw new AbciFault(
        "BAD_ADDRESS",
        `socket path ${path} is longer than ${MAX_UNIX_PATH} bytes: choose a shorter one`,
      );
    }
    return { kind: "unix", path };
  }
  const tcp = /^tcp:\/\/(?:\[([^\]]+)\]|([^:/[\]]+)):(\d{1,5})$/.exec(address);
  const port = Number(tcp?.[3]);
  if (!tcp || port > 65_535) {
    throw new AbciFault(
      "BAD_ADDRESS",
      `address ${JSON.stringify(address)} is neither unix:///path nor tcp://host:port`,
    );
  }
  return { kind: "tcp", host: (tcp[1] ?? tcp[2])!, port };
}

export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix://${address.path}`;
  return `tcp://${hostPort(address)}`;
}

/** `host:port`, with brackets around an IPv6 host. */
export function hostPort(address: Extract<Address, { kind: "tcp" }>): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}
