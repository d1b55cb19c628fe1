/** Free ports of this machine. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Whether nothing listens on the port. */
export function isFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/**
 * Below the ports that systems give to outgoing connections (32768 on Linux): one of those may be taken between the moment
 * it is found and the moment it is used.
 */
const FIRST = 10_000;
const LAST = 32_767;
/** Ports tried for each that is wanted; a machine on which so many are taken has none to give. */
const TRIES = 200;

/** `count` ports that are free now, all different, chosen by chance so that processes beside each other choose others. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries++) {
    if (tries > count * TRIES)
      throw new RangeError(`no ${count} ports from ${FIRST} to ${LAST} are free on 127.0.0.1; free some`);
    const port = randomInt(FIRST, LAST + 1);
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}
