/** `npm start`: a chain of one's own in one command, with an inference that is paid, receipted and proven. */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import {
  elementsOf,
  formatReport,
  generateMnemonic,
  headerHash,
  keyFromMnemonic,
  LightClient,
  OpgClient,
  tensorsFromJson,
  verifyReceipt,
} from "../../client/index.ts";
import { sampleModels } from "../../genesis/index.ts";
import { formatOpg } from "../cli/output.ts";
import { homePaths } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { Keyring } from "../keys/keyring.ts";
import { answerOf } from "./answer.ts";
import { LOCAL_CHAIN_SETTINGS, localGenesis, makeHome, placeGenesis } from "./init.ts";
import { type RunningNode, runNode } from "./node.ts";
import { freePorts, isFree } from "./ports.ts";

export const QUICKSTART_CHAIN = "opg-local-1";
/** The funded key. */
export const QUICKSTART_KEY = "alice";
const FUNDS = 1_000_000_000_000n;
const RPC_PORT = 26657;
const P2P_PORT = 26656;
const GRPC_PORT = 9090;
const API_PORT = 1317;
/** The trusting period of a chain that lives on one machine: two weeks. */
const TRUSTING_PERIOD = 1_209_600n;

export interface QuickstartOptions {
  readonly home: string;
  readonly say: (line: string) => void;
  readonly log: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Makes the home if there is none, starts the chain, and shows one inference. The node goes on running. */
export async function quickstart({ home, say, log, env }: QuickstartOptions): Promise<RunningNode> {
  const keyring = new Keyring({ home, backend: "test", prefix: "opg", passphrase: async () => "" });
  if (existsSync(homePaths(home).genesis)) say(`Going on with the chain in ${home}`);
  else await makeChain(home, keyring, say);
  const settings = await listenSettings(say);
  const overrides = await gatewayOverrides(say);
  const node = await runNode(
    { home, comet: "auto", transport: "grpc", settings, overrides },
    { log, env, say },
  );
  try {
    await Promise.race([
      node.ready,
      node.ended.then((reason) => Promise.reject(new NodeError("running", reason ?? "the node was stopped"))),
    ]);
    const client = await OpgClient.connect(node.rpcUrl!, { signer: await keyring.signer(QUICKSTART_KEY) });
    try {
      await show(client, say);
    } finally {
      client.close();
    }
    sayCommands(home, node.rpcUrl!, say);
    return node;
  } catch (error) {
    await node.stop();
    throw error;
  }
}

async function makeChain(home: string, keyring: Keyring, say: (line: string) => void): Promise<void> {
  const made = await makeHome({ home, moniker: "local", settings: LOCAL_CHAIN_SETTINGS });
  const address = async (name: string) =>
    (keyring.has(name) ? keyring.show(name) : await keyring.add(name, keyFromMnemonic(generateMnemonic())))
      .address;
  const [alice, operator, owner] = [
    await address(QUICKSTART_KEY),
    await address("validator"),
    await address("owner"),
  ];
  await placeGenesis(
    home,
    localGenesis({
      chainId: QUICKSTART_CHAIN,
      preset: "local",
      accounts: [alice, owner].map((each) => ({ address: each, amount: FUNDS })),
      validators: [{ home: made, moniker: "local", operator }],
      modelOwner: owner,
    }),
  );
  say(
    `Made the chain ${QUICKSTART_CHAIN} in ${home}, with ${FUNDS / 1_000_000n} OPG for ${QUICKSTART_KEY} (${alice})`,
  );
}

/** CometBFT's usual ports, or free ones where something else has them. */
async function listenSettings(say: (line: string) => void): Promise<Record<string, string>> {
  const free = (await isFree(RPC_PORT)) && (await isFree(P2P_PORT));
  const [rpc, p2p] = free ? [RPC_PORT, P2P_PORT] : await freePorts(2);
  if (!free) say(`Ports ${RPC_PORT} and ${P2P_PORT} are taken: RPC is on ${rpc}, p2p on ${p2p}`);
  return { "rpc.laddr": `tcp://127.0.0.1:${rpc}`, "p2p.laddr": `tcp://127.0.0.1:${p2p}` };
}

async function waitForHeight(client: OpgClient, height: bigint): Promise<void> {
  while ((await client.rpc.status()).latestHeight < height) await sleep(50);
}

async function show(client: OpgClient, say: (line: string) => void): Promise<void> {
  await waitForHeight(client, 2n);
  const models = await client.models();
  const samples = sampleModels();
  const sample = samples.find(({ name }) => name === "iris") ?? samples[0]!;
  const model = models.find(({ metadata }) => metadata.name === sample.name)!;
  const inputs = tensorsFromJson(sample.sample.inputs);
  say(`\nAsking ${sample.name}: ${sample.description}`);
  for (const input of inputs) say(`  input   ${input.name} = ${shortList(elementsOf(input))}`);
  const result = await client.infer({ modelId: model.id, inputs });
  say(`  answer  ${answerOf(sample, result.outputs)}   (expected: ${sample.sample.expected})`);
  const receipt = await client.receipt(result.receiptId);
  say(`  fee     ${formatOpg(receipt.fee)} for ${receipt.computeUnits} compute units`);
  const parts = Object.entries(receipt.split).map(
    ([stream, amount]) => `${stream} ${formatOpg({ denom: receipt.fee.denom, amount })}`,
  );
  say(`  split   ${parts.join(", ")}`);
  say(`  receipt ${receipt.id} in block ${receipt.height}\n`);
  const light = await lightClient(client);
  const verified = await verifyReceipt({
    light,
    rpc: client.rpc,
    receiptId: receipt.id,
    height: receipt.height,
    waitMs: 10_000,
    inputs,
    outputs: result.outputs,
  });
  say(formatReport(verified.report));
}

/** A light client that trusts the first header of this machine's own chain. */
async function lightClient(client: OpgClient): Promise<LightClient> {
  const { header } = await client.rpc.commit(1n);
  return LightClient.create({
    chainId: client.chainId,
    trusted: { height: 1n, hash: headerHash(header) },
    primary: client.rpc,
    trustingPeriod: TRUSTING_PERIOD,
  });
}

function shortList(values: readonly unknown[]): string {
  const shown = values.slice(0, 8).join(", ");
  return values.length > 8 ? `[${shown}, … ${values.length} in all]` : `[${shown}]`;
}

function sayCommands(home: string, rpcUrl: string, say: (line: string) => void): void {
  const flags = `${home === "" ? "" : ` --home ${home}`}${rpcUrl.endsWith(`:${RPC_PORT}`) ? "" : ` --node ${rpcUrl}`}`;
  say("\nThe chain goes on until Ctrl-C. In another terminal, try:");
  say(`  npx opgd model list${rpcUrl.endsWith(`:${RPC_PORT}`) ? "" : ` --node ${rpcUrl}`}`);
  say(`  npx opgd infer iris --sample --from ${QUICKSTART_KEY}${flags}`);
  say(`  npx opgd verify receipt 1${rpcUrl.endsWith(`:${RPC_PORT}`) ? "" : ` --node ${rpcUrl}`}`);
}

/** The usual ports of gRPC and REST, or free ones where something else has them. */
async function gatewayOverrides(say: (line: string) => void) {
  if ((await isFree(GRPC_PORT)) && (await isFree(API_PORT))) return {};
  const [grpc, api] = await freePorts(2);
  say(`Ports ${GRPC_PORT} and ${API_PORT} are taken: gRPC is on ${grpc}, REST on ${api}`);
  return { grpc: { address: `127.0.0.1:${grpc}` }, api: { address: `tcp://127.0.0.1:${api}` } };
}
