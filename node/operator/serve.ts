/** What a daemon tells over HTTP: /metrics for Prometheus, /status for people and `opgd operator status`. */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { NodeError } from "../errors.ts";
import type { DaemonStatus } from "./daemon.ts";
import type { OperatorMetrics } from "./metrics.ts";

export interface StatusServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** @param address host:port; port 0 for a free one @throws NodeError if it is taken */
export async function serveStatus(
  address: string,
  status: () => DaemonStatus,
  metrics: OperatorMetrics,
): Promise<StatusServer> {
  const { hostname, port } = new URL(`http://${address}`);
  const server = createServer((request, response) => {
    const answer = async (): Promise<readonly [type: string, text: string]> =>
      request.url === "/metrics"
        ? [metrics.registry.contentType, await metrics.registry.metrics()]
        : ["application/json", jsonOf(status())];
    if (request.method !== "GET" || !["/metrics", "/status"].includes(request.url ?? "")) {
      response.writeHead(404).end("GET /metrics or /status\n");
      return;
    }
    answer().then(
      ([type, text]) => response.writeHead(200, { "content-type": type }).end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(Number(port || "80"), hostname.replace(/^\[|\]$/g, ""));
  try {
    await once(server, "listening");
  } catch (error) {
    throw new NodeError(
      "running",
      `metrics-address ${address}: ${(error as Error).message}; give another in operator.toml, or "" for none`,
    );
  }
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${hostname}:${bound}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? each.toString() : each), 2)}\n`;
}
