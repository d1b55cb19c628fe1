/**
 * Records light blocks of a real CometBFT chain whose validators change, into test/vectors/light/chain.json:
 *   COMETBFT_BIN=cometbft node --import tsx test/client/light/record.ts
 * Three nodes run the built-in kvstore; first A validates alone, then A and B, then B and C, then all three. So that
 * no trusted validator of the first blocks signs the later ones, and a light client must bisect.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../../node/run/ports.ts";

const binary = process.env["COMETBFT_BIN"] ?? "cometbft";
const out = fileURLToPath(new URL("../../vectors/light/chain.json", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "record-light-"));

interface Key {
  readonly address: string;
  readonly pub_key: { readonly type: string; readonly value: string };
}

interface Node {
  readonly home: string;
  readonly rpc: string;
  readonly p2p: number;
  readonly id: string;
  readonly key: Key;
}

async function makeNode(name: string): Promise<Node> {
  const home = join(root, name);
  execFileSync(binary, ["init", "--home", home], { stdio: "ignore" });
  const [rpcPort, p2p] = (await freePorts(2)) as readonly [number, number];
  const id = execFileSync(binary, ["show-node-id", "--home", home], { encoding: "utf8" }).trim();
  const key = JSON.parse(readFileSync(join(home, "config/priv_validator_key.json"), "utf8")) as Key;
  const file = join(home, "config/config.toml");
  const config = readFileSync(file, "utf8")
    .replace('laddr = "tcp://127.0.0.1:26657"', `laddr = "tcp://127.0.0.1:${rpcPort}"`)
    .replace('laddr = "tcp://0.0.0.0:26656"', `laddr = "tcp://127.0.0.1:${p2p}"`)
    .replace(/^allow_duplicate_ip = .*$/m, "allow_duplicate_ip = true")
    .replace(/^addr_book_strict = .*$/m, "addr_book_strict = false")
    .replace(/^timeout_commit = .*$/m, 'timeout_commit = "150ms"');
  writeFileSync(file, config);
  return { home, rpc: `http://127.0.0.1:${rpcPort}`, p2p, id, key };
}

async function get(node: Node, path: string): Promise<unknown> {
  const response = await fetch(`${node.rpc}/${path}`);
  return ((await response.json()) as { result: unknown }).result;
}

async function height(node: Node): Promise<number> {
  const status = (await get(node, "status")) as { sync_info: { latest_block_height: string } };
  return Number(status.sync_info.latest_block_height);
}

async function until(node: Node, wanted: number): Promise<void> {
  while ((await height(node).catch(() => 0)) < wanted) await sleep(100);
}

/** The kvstore's transaction that gives a validator its power. */
async function setPower(via: Node, { pub_key }: Key, power: number): Promise<void> {
  const tx = `val=ed25519!${pub_key.value}!${power}`;
  await get(via, `broadcast_tx_sync?tx=${encodeURIComponent(`"${tx}"`)}`);
}

const processes: ChildProcess[] = [];
try {
  const nodes = [await makeNode("a"), await makeNode("b"), await makeNode("c")] as const;
  const [a, b, c] = nodes;
  const genesis = JSON.parse(readFileSync(join(a.home, "config/genesis.json"), "utf8")) as {
    chain_id: string;
  };
  genesis.chain_id = "light-vectors-1";
  const peers = nodes.map(({ id, p2p }) => `${id}@127.0.0.1:${p2p}`).join(",");
  for (const { home } of nodes) {
    writeFileSync(join(home, "config/genesis.json"), JSON.stringify(genesis));
    const args = ["start", "--home", home, "--proxy_app", "kvstore", "--p2p.persistent_peers", peers];
    processes.push(spawn(binary, args, { stdio: "ignore" }));
  }
  await until(a, 4);
  await setPower(a, b.key, 10);
  await until(a, 12);
  await setPower(a, c.key, 12);
  await setPower(a, a.key, 0);
  await until(b, 24);
  await setPower(b, a.key, 7);
  await until(b, 34);
  const blocks = [];
  for (let at = 1; at <= 32; at++) {
    const commit = await get(b, `commit?height=${at}`);
    const validators = await get(b, `validators?height=${at}&per_page=100`);
    blocks.push({ height: at, commit, validators });
  }
  const version = execFileSync(binary, ["version"], { encoding: "utf8" }).trim();
  const origin = `CometBFT (cometbft version: ${version}, built from v0.40.0), three kvstore nodes, by test/client/light/record.ts`;
  writeFileSync(out, `${JSON.stringify({ origin, chain_id: genesis.chain_id, blocks }, null, 1)}\n`);
  console.log(`${out}: ${blocks.length} blocks`);
} finally {
  for (const each of processes) each.kill("SIGKILL");
  await sleep(200);
  rmSync(root, { recursive: true, force: true });
}
