/** A new node starts from the snapshot of another under real CometBFT, as docs/validator.md says, and goes on with it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import t from "tap";
import { toHex } from "../../chain/runtime/bytes.ts";
import { headerHash, OpgClient, RpcClient } from "../../client/index.ts";
import type { CometHome, Settings } from "../../node/comet/index.ts";
import { homePaths } from "../../node/config/home.ts";
import { LOCAL_CHAIN_SETTINGS, localGenesis, makeHome, placeGenesis } from "../../node/run/init.ts";
import { type RunningNode, runNode } from "../../node/run/node.ts";
import { freePorts } from "../../node/run/ports.ts";
import { DENOM, FUNDS, testSigner } from "../chain/chain.ts";
import { testBinary } from "./net.ts";

t.setTimeout(200_000);
const binary = await testBinary();
const skip = binary === undefined ? "no CometBFT and no Go to build it" : false;

const alice = testSigner("alice").address;
const folder = mkdtempSync(join(tmpdir(), "opg-state-sync-"));
const running: RunningNode[] = [];
t.teardown(async () => {
  for (const node of running) await node.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Place {
  readonly home: string;
  readonly made: CometHome;
  readonly p2p: number;
}

async function place(name: string): Promise<Place> {
  const home = join(folder, name);
  const [rpc, p2p] = await freePorts(2);
  const settings = {
    ...LOCAL_CHAIN_SETTINGS,
    "consensus.timeout_commit": "200ms",
    "rpc.laddr": `tcp://127.0.0.1:${rpc}`,
    "p2p.laddr": `tcp://127.0.0.1:${p2p}`,
  };
  return { home, made: await makeHome({ home, moniker: name, settings }), p2p: p2p! };
}

async function run(home: string, settings: Settings = {}): Promise<RunningNode> {
  const node = await runNode(
    {
      home,
      comet: "managed",
      transport: "grpc",
      settings,
      overrides: { grpc: { address: "127.0.0.1:0" }, api: { address: "tcp://127.0.0.1:0" } },
    },
    { log: pino({ level: "silent" }), env: { ...process.env, COMETBFT_BIN: binary }, say: () => undefined },
  );
  running.push(node);
  await node.ready;
  return node;
}

async function untilHeight(rpc: RpcClient, height: bigint): Promise<void> {
  while ((await rpc.status()).latestHeight < height) await sleep(100);
}

t.test("a node without state takes a snapshot and follows the chain", { skip }, async (t) => {
  const first = await place("first");
  const genesis = localGenesis({
    chainId: "opg-state-sync-1",
    preset: "local",
    accounts: [{ address: alice, amount: FUNDS }],
    validators: [{ home: first.made, moniker: "first", operator: alice }],
    modelOwner: alice,
  });
  await placeGenesis(first.home, genesis);
  const { appToml } = homePaths(first.home);
  const text = readFileSync(appToml, "utf8");
  // Long enough apart that a snapshot is still there when it is fetched.
  writeFileSync(
    appToml,
    text
      .replace("snapshot-interval = 0", "snapshot-interval = 10")
      .replace("snapshot-keep-recent = 2", "snapshot-keep-recent = 50"),
  );
  const one = new RpcClient((await run(first.home)).rpcUrl!);
  await untilHeight(one, 12n);
  const { header } = await one.block(5n);

  const second = await place("second");
  cpSync(homePaths(first.home).genesis, homePaths(second.home).genesis);
  const node = await run(second.home, {
    "p2p.persistent_peers": `${first.made.nodeId}@127.0.0.1:${first.p2p}`,
    "statesync.enable": true,
    "statesync.rpc_servers": `${one.url},${one.url}`,
    "statesync.trust_height": 5,
    "statesync.trust_hash": toHex(headerHash(header)),
    "statesync.discovery_time": "5s",
  });
  const two = new RpcClient(node.rpcUrl!);
  await untilHeight(two, 20n);
  const { earliestHeight, latestHeight } = await two.status();
  t.ok(earliestHeight > 5n, `blocks before the snapshot were not fetched: ${earliestHeight} is the first`);
  t.equal(
    toHex((await two.block(latestHeight)).header.appHash),
    toHex((await one.block(latestHeight)).header.appHash),
  );
  const client = await OpgClient.connect(node.rpcUrl!);
  t.teardown(() => client.close());
  t.equal(await client.balance(DENOM, alice), FUNDS);
  t.ok((await client.models()).length >= 3, "models came along");
  const info = (await (await fetch(`${one.url}/abci_info`)).json()) as {
    readonly result: { readonly response: { readonly app_version: string } };
  };
  t.equal(info.result.response.app_version, "1");
  t.equal(header.version?.app, 1n, "headers carry what the application says");
});
