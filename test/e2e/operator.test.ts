/**
 * The operator daemon as its owner runs it, on a chain in another process: jobs are computed, committed, revealed and paid;
 * a daemon that is killed between commitment and reveal reveals after its next start; a node that is killed is waited for.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import {
  headerHash,
  LightClient,
  OpgClient,
  PrivateKey,
  pack,
  statusName,
  tensorFromJson,
  verifyItem,
  verifyJob,
} from "../../client/index.ts";
import { Keyring } from "../../node/keys/keyring.ts";
import { JobStatus, MsgSetTolerance, Verification } from "../../proto/gen/opg.compute.v1.ts";
import { DENOM, testKey, testSigner } from "../chain/chain.ts";
import { OperatorProcess } from "./operator-process.ts";
import { startSoloNet } from "./solo-net.ts";

t.setTimeout(600_000);
const ITEMS = 200;

const net = await startSoloNet({ stopped: true });
t.teardown(() => net.stop());
changeGenesis();
await net.start();
const connect = (name: string) => OpgClient.connect(net.rpcUrl(), { signer: testSigner(name) });
const [alice, bob, owner] = await Promise.all(["alice", "bob", "owner"].map(connect));
const iris = (await alice!.models()).find(({ metadata }) => metadata.name === "iris")!;
const items = Array.from({ length: ITEMS }, (_, index) => [
  tensorFromJson("X", { dtype: "float32", dims: [1, 4], data: [5 + index / 100, 3, index / 50, 0.2] }),
]);
const waiting = { intervalMs: 100, timeoutMs: 300_000 };

await owner!.execute([
  pack(MsgSetTolerance, {
    owner: owner!.address,
    modelId: iris.id,
    absolute: "1000000000000000",
    relative: "1000000000000000",
    sameArgmax: true,
  }),
]);
/** As the guide has it: docs/operator.md. */
async function byCommand(...words: readonly string[]): Promise<void> {
  const { code, text } = await net.run([...words, "--from", "bob", "--node", net.rpcUrl()]);
  if (code !== 0) throw new TypeError(`opgd ${words.join(" ")}: ${text}`);
}

const keyring = new Keyring({ home: net.home, backend: "test", prefix: "opg", passphrase: async () => "" });
await keyring.add("bob", new PrivateKey(testKey("bob")));
const hot = testSigner("carol").address;
await byCommand(
  "operator",
  "register",
  `100000000000${DENOM}`,
  "--hot",
  hot,
  "--moniker",
  "bob",
  "--capacity",
  "8",
);
await byCommand("operator", "offer", `${iris.id}`, "0.001", "--item-price", "1", "--max-items", "1000");
await byCommand("operator", "offer", `${iris.id}`, "0.001", "--verification", "tolerance");
const operator = await OperatorProcess.make("carol", net.rpcUrl());
t.teardown(() => operator.stop());
await operator.start();

/** Windows that a process started anew on a slow machine is in time for. */
function changeGenesis(): void {
  const path = join(net.home, "config", "genesis.json");
  const genesis = JSON.parse(readFileSync(path, "utf8"));
  genesis.consensus_params.abci.vote_extensions_enable_height = "1";
  const { params } = genesis.app_state.compute;
  Object.assign(params, { max_deadline_blocks: 2_000, assign_blocks: 2_000, unbonding_blocks: 100_000 });
  Object.assign(params, { output_retention_blocks: "10000", job_retention_blocks: "10000" });
  Object.assign(params.terms, { reveal_blocks: 2_000 });
  writeFileSync(path, JSON.stringify(genesis));
}

async function lightClient(): Promise<LightClient> {
  const { header } = await alice!.rpc.commit(1n);
  return LightClient.create({
    chainId: alice!.chainId,
    trusted: { height: 1n, hash: headerHash(header) },
    primary: alice!.rpc,
    trustingPeriod: 1_209_600n,
  });
}

t.test("a batch is answered, paid and proven, whole and item by item", async (t) => {
  const before = await alice!.balance(DENOM);
  const { jobId } = await alice!.market.postJob({ modelId: iris.id, items });
  const outputs = await alice!.market.result(jobId, waiting);
  t.equal(outputs.length, ITEMS);
  const { job, split } = await alice!.market.jobAnswer(jobId);
  t.equal(statusName(job.status), "settled");
  t.ok(BigInt(split!.compute) > 0n);
  t.ok(before - (await alice!.balance(DENOM)) >= BigInt(job.price));
  const light = await lightClient();
  // The state in which it is settled may be the newest, which no header proves yet.
  const proof = { light, rpc: alice!.rpc, jobId, height: job.closedHeight };
  const { report } = await verifyJob({ ...proof, items, outputs, modelHash: iris.hash });
  t.ok(report.ok);
  const kept = await alice!.market.itemProof(jobId, 7);
  await verifyItem({ ...proof, index: 7, kept, inputs: items[7]!, outputs: outputs[7]! });
  const record = (await alice!.market.operator(bob!.address)).record;
  t.match(record, { settled: 1n, itemsSettled: BigInt(ITEMS), late: 0n, unrevealed: 0n });
});

t.test("a job within tolerance is run natively, shown among decoys, opened and paid", async (t) => {
  const verification = Verification.VERIFICATION_TOLERANCE;
  const { jobId } = await alice!.market.postJob({
    modelId: iris.id,
    items: items.slice(0, 20),
    verification,
  });
  const outputs = await alice!.market.result(jobId, waiting);
  t.equal(outputs.length, 20);
  await operator.until(new RegExp(`"job":"${jobId}","step":"open","msg":"a message is in a block"`));
  const metrics = await (await fetch(`${operator.statusUrl}/metrics`)).text();
  t.match(metrics, /opg_operator_items_total\{engine="native"\} 20/);
  t.match(metrics, /opg_operator_messages_total\{step="open",result="ok"\} 1/);
});

t.test("killed between commitment and reveal, it reveals after its next start", async (t) => {
  for (let attempt = 1; ; attempt++) {
    const from = operator.text.length;
    const { jobId } = await alice!.market.postJob({ modelId: iris.id, items: items.slice(0, 50) });
    await operator.until(
      new RegExp(`"job":"${jobId}","step":"commit","msg":"a message is in a block"`),
      from,
    );
    await operator.end("SIGKILL");
    const { status } = await alice!.market.job(jobId);
    await operator.start();
    const job = await alice!.market.waitForJob(jobId, waiting);
    t.equal(statusName(job.status), "settled");
    // On a machine so slow that the reveal was in a block before the signal, another job is asked for.
    if (status === JobStatus.JOB_STATUS_COMMITTED || attempt === 5) {
      t.equal(status, JobStatus.JOB_STATUS_COMMITTED);
      break;
    }
  }
  t.match((await alice!.market.operator(bob!.address)).record, { late: 0n, unrevealed: 0n, refuted: 0n });
});

t.test("a node that is killed is waited for, and its jobs go on", async (t) => {
  const { jobId } = await alice!.market.postJob({ modelId: iris.id, items: items.slice(0, 10) });
  const from = operator.text.length;
  await net.end("SIGKILL");
  await operator.until(/the node does not answer/, from);
  await net.start();
  const job = await alice!.market.waitForJob(jobId, waiting);
  t.equal(statusName(job.status), "settled");
});

t.test("it tells what it does, and ends when it is told to", async (t) => {
  const status = (await (await fetch(`${operator.statusUrl}/status`)).json()) as object;
  t.match(status, { chain: alice!.chainId, operator: bob!.address, bound: [] });
  t.equal(await operator.end("SIGTERM"), 0);
});
