/**
 * Our ABCI server against CometBFT's Go kvstore, under the same CometBFT, transport and load, taking turns in one run.
 *
 *     node --import tsx bench/abci/kvstore.ts [--wire grpc-unix|grpc|unix|tcp]… [--method sync|async] [--batch 1]
 *         [--txs 20000] [--rounds 2] [--profile]
 *
 * Prints committed transactions a second of each, the ratio, and CPU a transaction of application and CometBFT.
 * Needs Go and CometBFT.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type AppCommand, type Net, NetError, type NodePlace, startNet, tsx } from "../../test/e2e/net.ts";

const here = new URL(".", import.meta.url).pathname;

const { values: options } = parseArgs({
  options: {
    wire: { type: "string", multiple: true, default: ["grpc-unix", "grpc", "unix"] },
    txs: { type: "string", default: "20000" },
    rounds: { type: "string", default: "2" },
    method: { type: "string", default: "sync" },
    batch: { type: "string", default: "1" },
    profile: { type: "boolean", default: false },
  },
});

/** Transactions in one JSON-RPC batch, connections, and transactions that may be sent and not yet committed. */
const BATCH = Number(options.batch);
const CONNECTIONS = 16;
const IN_FLIGHT = 3000;
const TICK_MS = 10;

type Side = "ours" | "go";

function commandOf(side: Side, wire: string, binary: string, node: NodePlace): AppCommand {
  const transport = wire.startsWith("grpc") ? "grpc" : "socket";
  const address = wire.endsWith("unix")
    ? `unix://${join(node.folder, "abci.sock")}`
    : `tcp://127.0.0.1:${node.abciPort}`;
  if (side === "ours") {
    const { command, args } = tsx("bench/abci/equal-kvstore.ts", address, transport);
    return {
      command,
      args: options.profile ? ["--cpu-prof", "--cpu-prof-dir=/tmp", ...args] : args,
      address,
      transport,
    };
  }
  return { command: binary, args: [address, transport], address, transport };
}

/** Milliseconds of CPU that a process has used (Linux: fields 14 and 15 of /proc/PID/stat, in ticks). */
function cpuMs(pid: number | undefined): number {
  if (pid === undefined) return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

function post(url: string, agent: Agent, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      { method: "POST", agent, headers: { "content-type": "application/json" } },
      (answer) => {
        let said = "";
        answer.on("data", (chunk: Buffer) => {
          said += chunk.toString();
        });
        answer.once("end", () => {
          if (said.includes('"error"') && !said.includes("already exists"))
            reject(new NetError(`refused: ${said.slice(0, 300)}`));
          else resolve();
        });
      },
    );
    call.once("error", reject);
    call.end(body);
  });
}

async function committedSince(net: Net, from: { height: bigint; txs: number }): Promise<void> {
  const { height } = await net.status(0);
  while (from.height < height) {
    const to = from.height + 20n < height ? from.height + 20n : height;
    const { block_metas: metas } = await net.rpc<{ block_metas: { num_txs: string }[] }>(0, "blockchain", {
      minHeight: String(from.height + 1n),
      maxHeight: String(to),
    });
    for (const { num_txs: count } of metas) from.txs += Number(count);
    from.height = to;
  }
}

interface Measured {
  readonly rate: number;
  readonly appUs: number;
  readonly cometUs: number;
}

async function measure(side: Side, wire: string, binary: string, txs: number): Promise<Measured> {
  const net = await startNet({
    validators: 1,
    app: (node) => commandOf(side, wire, binary, node),
    settings: {
      "rpc.max_request_batch_size": BATCH,
      "consensus.timeout_commit": "100ms",
      "mempool.size": 100_000,
      "mempool.cache_size": 200_000,
    },
  });
  try {
    await net.waitHeight(2);
    const seen = { height: 0n, txs: 0 };
    await committedSince(net, seen);
    const pids = net.pids(0);
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    const begin = { at: performance.now(), app: cpuMs(pids.app), comet: cpuMs(pids.comet) };
    let sent = 0;
    const sender = async (): Promise<void> => {
      while (sent < txs) {
        if (sent - seen.txs > IN_FLIGHT) {
          await sleep(5);
          continue;
        }
        const from = sent;
        sent += BATCH;
        const calls = Array.from({ length: BATCH }, (_, i) => ({
          jsonrpc: "2.0",
          id: i,
          method: `broadcast_tx_${options.method}`,
          params: { tx: Buffer.from(`key-${from + i}=${"v".repeat(100)}`).toString("base64") },
        }));
        const body = JSON.stringify(calls);
        // A kept connection may be closed by CometBFT as we write; what did arrive is refused as known the second time.
        await post(net.rpcUrl(0), agent, body).catch(() => post(net.rpcUrl(0), agent, body));
      }
    };
    const senders = Promise.all(Array.from({ length: CONNECTIONS }, sender));
    while (seen.txs < txs) {
      await committedSince(net, seen);
      await sleep(20);
    }
    await senders;
    agent.destroy();
    const seconds = (performance.now() - begin.at) / 1000;
    return {
      rate: seen.txs / seconds,
      appUs: ((cpuMs(pids.app) - begin.app) * 1000) / seen.txs,
      cometUs: ((cpuMs(pids.comet) - begin.comet) * 1000) / seen.txs,
    };
  } finally {
    await net.stop();
  }
}

const best = (all: readonly Measured[]): Measured => all.reduce((a, b) => (b.rate > a.rate ? b : a));

const folder = await mkdtemp(join(tmpdir(), "bench-abci-"));
const binary = join(folder, "kvstore");
const built = spawnSync("go", ["build", "-o", binary, "."], {
  cwd: join(here, "../peers/kvstore"),
  stdio: "inherit",
});
if (built.status !== 0) process.exit(1);
try {
  for (const wire of options.wire) {
    const results: Record<Side, Measured[]> = { ours: [], go: [] };
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const side of ["go", "ours"] as const) {
        const measured = await measure(side, wire, binary, Number(options.txs));
        results[side].push(measured);
        console.log(
          `${wire.padEnd(9)} ${side.padEnd(4)} ${measured.rate.toFixed(0).padStart(5)} tx/s   CPU a tx: application ${measured.appUs.toFixed(0)} µs, CometBFT ${measured.cometUs.toFixed(0)} µs`,
        );
      }
    }
    const ratio = best(results.ours).rate / best(results.go).rate;
    console.log(`${wire.padEnd(9)} ratio ${ratio.toFixed(2)} (ours / Go, best of ${options.rounds})`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
