/** opgd with the embedded engine: killed in the middle of load, and held to CometBFT's answers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { headerHash, LightClient, OpgClient, tensorsFromJson, verifyReceipt } from "../../client/index.ts";
import { sampleModels } from "../../genesis/index.ts";
import { DENOM, FUNDS, testSigner } from "../chain/chain.ts";
import { testBinary } from "./net.ts";
import { CHAIN, startOpgdNet } from "./opgd-net.ts";
import { type OneValidator, type SoloNet, startSoloNet } from "./solo-net.ts";

t.setTimeout(280_000);
const KILLS = Number(process.env["SOLO_KILLS"] ?? 4);
const iris = sampleModels().find(({ name }) => name === "iris")!;
const noComet = (await testBinary()) === undefined ? "no CometBFT and no Go to build it" : false;

async function lightClient(client: OpgClient): Promise<LightClient> {
  const { header } = await client.rpc.commit(1n);
  return LightClient.create({
    chainId: CHAIN,
    trusted: { height: 1n, hash: headerHash(header) },
    primary: client.rpc,
    trustingPeriod: 1_209_600n,
  });
}

/** App hashes by height of header, as far as the node shows them. */
async function appHashes(client: OpgClient): Promise<Map<bigint, string>> {
  const { latestHeight } = await client.rpc.status();
  const hashes = new Map<bigint, string>();
  for (let height = 1n; height <= latestHeight; height++)
    hashes.set(height, Buffer.from((await client.rpc.commit(height)).header.appHash).toString("hex"));
  return hashes;
}

const signedHeight = (net: SoloNet): bigint =>
  BigInt(
    (
      JSON.parse(readFileSync(join(net.home, "data/priv_validator_state.json"), "utf8")) as {
        height: string;
      }
    ).height,
  );

t.test("killed in the middle of load, it goes on: nothing confirmed is lost, no hash changes", async (t) => {
  const net = await startSoloNet();
  t.teardown(() => net.stop());
  const confirmed: string[] = [];
  let seen = new Map<bigint, string>();
  let attempts = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const client = await OpgClient.connect(net.rpcUrl(), { signer: testSigner("alice") });
    const modelId = (await client.models()).find(({ metadata }) => metadata.name === "iris")!.id;
    const inputs = tensorsFromJson(iris.sample.inputs);
    const wanted = confirmed.length + 3;
    const load = (async () => {
      for (;;) {
        attempts++;
        confirmed.push((await client.send(testSigner("bob").address, [{ denom: DENOM, amount: "1" }])).hash);
        await client.infer({ modelId, inputs });
      }
    })().catch(() => undefined);
    while (confirmed.length < wanted) await sleep(5);
    // At another instant of a block each time.
    await sleep(kill * 7);
    const before = await net.height();
    await net.end("SIGKILL");
    await load;
    client.close();
    await net.start();
    const after = await OpgClient.connect(net.rpcUrl());
    t.ok((await after.rpc.status()).latestHeight >= before, "no block is taken back");
    const hashes = await appHashes(after);
    for (const [height, hash] of seen) t.equal(hashes.get(height), hash, `app hash ${height} stays`);
    seen = hashes;
    after.close();
  }
  const client = await OpgClient.connect(net.rpcUrl());
  for (const hash of confirmed) t.ok(await client.rpc.tx(hash), `${hash} is there`);
  const received = Number((await client.balance(DENOM, testSigner("bob").address)) - FUNDS);
  t.ok(
    received >= confirmed.length && received <= attempts,
    `${received} of ${confirmed.length} to ${attempts}`,
  );
  const light = await lightClient(client);
  const { latestHeight } = await client.rpc.status();
  for (let height = 2n; height <= latestHeight; height++) await light.verifyHeight(height);
  t.ok(signedHeight(net) >= latestHeight, "the signing state is not behind what is shown");
  client.close();
  t.equal(await net.end("SIGTERM"), 0, "SIGTERM ends it cleanly");
});

t.test("a receipt is proven by the light client, and without empty blocks too", async (t) => {
  const net = await startSoloNet({ settings: { "consensus.create_empty_blocks": false } });
  t.teardown(() => net.stop());
  const client = await OpgClient.connect(net.rpcUrl(), { signer: testSigner("alice") });
  const modelId = (await client.models()).find(({ metadata }) => metadata.name === "iris")!.id;
  const inputs = tensorsFromJson(iris.sample.inputs);
  const result = await client.infer({ modelId, inputs });
  const { height, id } = await client.receipt(result.receiptId);
  const light = await lightClient(client);
  const proven = await verifyReceipt({
    light,
    rpc: client.rpc,
    receiptId: id,
    height,
    waitMs: 10_000,
    inputs,
    outputs: result.outputs,
  });
  t.ok(proven.report);
  client.close();
});

/** Every way in which an answer's JSON is built: paths with the types at their ends. */
function shapeOf(value: unknown, path = ""): string[] {
  if (value === null || typeof value !== "object")
    return [`${path}: ${value === null ? "null" : typeof value}`];
  const inner = Array.isArray(value)
    ? value.flatMap((each) => shapeOf(each, `${path}[]`))
    : Object.entries(value).flatMap(([name, each]) => shapeOf(each, `${path}.${name}`));
  return inner.length > 0 ? [...new Set(inner)].sort() : [`${path}: ${Array.isArray(value) ? "[]" : "{}"}`];
}

interface Answers {
  readonly [name: string]: unknown;
}

/** What a node answers to everything, after the same transactions. */
async function answersOf(net: OneValidator): Promise<Answers> {
  await net.waitHeight(2);
  const url = net.rpcUrl(0);
  const client = await OpgClient.connect(url, { signer: testSigner("alice") });
  const modelId = (await client.models()).find(({ metadata }) => metadata.name === "iris")!.id;
  await client.infer({ modelId, inputs: tensorsFromJson(iris.sample.inputs) });
  const sent = await client.send(testSigner("bob").address, [{ denom: DENOM, amount: "5" }]);
  await net.waitHeight(Number(sent.height) + 1);
  const { tx } = (await client.rpc.tx(sent.hash))!;
  client.close();
  const ask = async (place: string) => (await fetch(`${url}/${place}`)).json();
  const hash = ((await ask(`block?height=${sent.height}`)) as { result: { block_id: { hash: string } } })
    .result.block_id.hash;
  const height = `height=${sent.height}`;
  const known = Buffer.from(tx).toString("hex");
  const places = {
    status: "status",
    health: "health",
    genesis: "genesis",
    genesis_chunked: "genesis_chunked?chunk=0",
    no_chunk: "genesis_chunked?chunk=9",
    first_block: "block?height=1",
    block: `block?${height}`,
    block_by_hash: `block_by_hash?hash=0x${hash}`,
    no_block: "block_by_hash?hash=0x00",
    header: `header?${height}`,
    header_by_hash: `header_by_hash?hash=0x${hash}`,
    no_header: "header_by_hash?hash=0x00",
    block_results: `block_results?${height}`,
    empty_results: "block_results?height=1",
    commit: `commit?${height}`,
    blockchain: `blockchain?minHeight=${sent.height}&maxHeight=${sent.height}`,
    validators: "validators",
    no_validators: "validators?page=2",
    // With a height: without one CometBFT asks for the block after the last it stored, whose params it may not have yet.
    consensus_params: `consensus_params?${height}`,
    abci_info: "abci_info",
    abci_query: 'abci_query?path="/app/version"',
    proven_query: `abci_query?path="/store/bank/key"&data=0x00&prove=true&${height}`,
    tx: `tx?hash=0x${sent.hash}`,
    proven_tx: `tx?hash=0x${sent.hash}&prove=true`,
    no_tx: "tx?hash=0x00",
    tx_search: `tx_search?query="tx.height=${sent.height}"&prove=true`,
    by_events: `tx_search?query="transfer.sender='${testSigner("alice").address}' AND transfer.amount=5"`,
    across_events: `tx_search?query="transfer.amount=5 AND message.module='bank'"`,
    bad_search: 'tx_search?query="tx.height>"',
    block_search: 'block_search?query="block.height=2"',
    by_block_events: `block_search?query="compute_price.unit_price EXISTS AND block.height=${sent.height}"`,
    unconfirmed_txs: "unconfirmed_txs",
    num_unconfirmed_txs: "num_unconfirmed_txs",
    check_tx: "check_tx?tx=0x00",
    broadcast_tx_sync: "broadcast_tx_sync?tx=0x00",
    broadcast_tx_async: "broadcast_tx_async?tx=0x01",
    broadcast_tx_commit: "broadcast_tx_commit?tx=0x02",
    known_tx: `broadcast_tx_sync?tx=0x${known}`,
    future: "block?height=999999",
    height_zero: "block?height=0",
  };
  const answers: Record<string, unknown> = {};
  for (const [name, place] of Object.entries(places)) answers[name] = await ask(place);
  return answers;
}

/** Numbers of this run in an error's text. */
const withoutNumbers = (error: unknown): string => JSON.stringify(error ?? null).replace(/\d+/g, "#");

t.test("every method answers in the form in which CometBFT does", { skip: noComet }, async (t) => {
  const [comet, solo] = [await startOpgdNet(1), await startSoloNet()];
  t.teardown(() => Promise.all([comet.stop(), solo.stop()]));
  const [real, ours] = await Promise.all([answersOf(comet), answersOf(solo)]);
  for (const [name, answer] of Object.entries(real)) {
    t.same(shapeOf(ours[name]), shapeOf(answer), name);
    const [wanted, got] = [answer, ours[name]] as { error?: unknown }[];
    t.equal(withoutNumbers(got!.error), withoutNumbers(wanted!.error), `${name}: error`);
  }
  const count = (answers: Answers, name: string) =>
    (answers[name] as { result: { total_count: string } }).result.total_count;
  for (const name of ["tx_search", "by_events", "across_events", "block_search", "by_block_events"])
    t.equal(count(ours, name), count(real, name), `${name}: as many are found`);
});
