/**
 * The compute market from end to end: a validator (embedded engine), an operator's daemon and whoever asks, each a process of
 * its own on this machine, against native onnxruntime alone in a loop over the same items.
 *
 *     node --import tsx bench/market.ts [--model iris]… [--jobs 8] [--items 2000] [--verification exact|tolerance]
 *
 * A second's items are those that were posted, computed by the operator, judged by the validator (all of them), revealed and
 * verified, from the first transaction to the last verdict; settlement follows after the challenge window, in which nobody works.
 * Then block times with and without jobs, transactions for 1,000 inferences, and what stays in the state after pruning.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import * as native from "onnxruntime-node";
import { type Ort, runSession, type Session } from "../chain/engine/ort.ts";
import { createModules } from "../chain/modules/index.ts";
import { MultiStore } from "../chain/store/index.ts";
import { OpgClient, pack, statusName } from "../client/index.ts";
import { homePaths } from "../node/config/home.ts";
import {
  JobStatus,
  MsgRegisterOperator,
  MsgSetOffer,
  MsgSetTolerance,
  OperatorMetadata,
  Verification,
} from "../proto/gen/opg.compute.v1.ts";
import { DENOM, testSigner } from "../test/chain/chain.ts";
import { OperatorProcess } from "../test/e2e/operator-process.ts";
import { type SoloNet, startSoloNet } from "../test/e2e/solo-net.ts";
import { type Subject, subjects } from "./engine/subjects.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", multiple: true, default: ["iris", "digits-cnn"] },
    jobs: { type: "string", default: "8" },
    items: { type: "string", default: "2000" },
    idle: { type: "string", default: "40" },
    verification: { type: "string", default: "exact" },
  },
});
const JOBS = Number(values.jobs);
const ITEMS = Number(values.items);
const IDLE_BLOCKS = Number(values.idle);
const VERIFICATION =
  values.verification === "exact" ? Verification.VERIFICATION_EXACT : Verification.VERIFICATION_TOLERANCE;
const { JOB_STATUS_VERIFIED: VERIFIED } = JobStatus;

/** Items a second of native onnxruntime, one thread, one item a run. */
async function nativeAlone({ model, inputs }: Subject): Promise<number> {
  const session = await native.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const run = (index: number) =>
    runSession(native as unknown as Ort, session as unknown as Session, inputs(index));
  for (let index = 0; index < 20; index++) await run(index);
  const began = performance.now();
  for (let index = 0; index < ITEMS; index++) await run(index);
  const rate = (ITEMS * 1000) / (performance.now() - began);
  await session.release();
  return rate;
}

async function startChain(): Promise<SoloNet> {
  const net = await startSoloNet({ stopped: true, flags: ["--comet", "embedded"] });
  const path = join(net.home, "config", "genesis.json");
  const genesis = JSON.parse(readFileSync(path, "utf8"));
  genesis.consensus_params.abci.vote_extensions_enable_height = "1";
  const { params } = genesis.app_state.compute;
  Object.assign(params, { max_deadline_blocks: 5_000, assign_blocks: 5_000, unbonding_blocks: 100_000 });
  // A validator on one core judges what an operator on the other computes: neither may be late for the sake of the figure.
  Object.assign(params.terms, { verdict_blocks: 1_000, reveal_blocks: 1_000 });
  writeFileSync(path, JSON.stringify(genesis));
  await net.start(["--comet", "embedded"]);
  return net;
}

interface Blocks {
  readonly from: bigint;
  readonly until: bigint;
  readonly transactions: number;
  /** Mean of the time from one block to the next. */
  readonly milliseconds: number;
}

async function blocksBetween({ rpc }: OpgClient, from: bigint, until: bigint): Promise<Blocks> {
  const times: number[] = [];
  let transactions = 0;
  for (let height = from; height <= until; height++) {
    const { header, txs } = await rpc.block(height);
    times.push(Number(header.time.seconds) * 1000 + header.time.nanos / 1e6);
    if (height > from) transactions += txs.length;
  }
  return { from, until, transactions, milliseconds: (times.at(-1)! - times[0]!) / (times.length - 1) };
}

const heightOf = async ({ rpc }: OpgClient): Promise<bigint> => (await rpc.status()).latestHeight;

async function waitBlocks(client: OpgClient, count: number): Promise<Blocks> {
  const from = await heightOf(client);
  while ((await heightOf(client)) < from + BigInt(count)) await sleep(50);
  return blocksBetween(client, from, from + BigInt(count));
}

/** Bytes of keys and values of the market's store. */
async function stateBytes(home: string): Promise<number> {
  const store = await MultiStore.open({
    path: homePaths(home).database,
    stores: createModules().all.flatMap((module) => module.stores),
    pruning: { strategy: "nothing" },
  });
  let bytes = 0;
  for (const [key, value] of store.branch().store("compute").iterate({})) bytes += key.length + value.length;
  await store.close();
  return bytes;
}

async function setUp(alice: OpgClient, bob: OpgClient, owner: OpgClient, subject: Subject): Promise<bigint> {
  const known = (await alice.models()).find(({ hash }) => Buffer.compare(hash, subject.hash) === 0)!;
  const wide = "10000000000000000";
  const tolerance = { absolute: wide, relative: wide, sameArgmax: false };
  await owner.execute([pack(MsgSetTolerance, { owner: owner.address, modelId: known.id, ...tolerance })]);
  const offer = { modelId: known.id, unitPrice: "1000000000000", itemPrice: "1", maxItems: ITEMS };
  await bob.execute([pack(MsgSetOffer, { operator: bob.address, verification: VERIFICATION, ...offer })]);
  return known.id;
}

async function measure(subject: Subject): Promise<void> {
  const net = await startChain();
  const connect = (name: string) => OpgClient.connect(net.rpcUrl(), { signer: testSigner(name) });
  const [alice, bob, owner] = (await Promise.all(["alice", "bob", "owner"].map(connect))) as [
    OpgClient,
    OpgClient,
    OpgClient,
  ];
  await bob.execute([
    pack(MsgRegisterOperator, {
      operator: bob.address,
      hotAddress: testSigner("carol").address,
      withdrawAddress: bob.address,
      metadata: OperatorMetadata.create({ moniker: "bench" }),
      capacity: 100,
      bond: { denom: DENOM, amount: "500000000000" },
    }),
  ]);
  const modelId = await setUp(alice, bob, owner, subject);
  const operator = await OperatorProcess.make("carol", net.rpcUrl());
  try {
    await operator.start();
    const idle = await waitBlocks(alice, IDLE_BLOCKS);
    const batches = Array.from({ length: JOBS }, (_, job) =>
      Array.from({ length: ITEMS }, (_, index) => subject.inputs(job * ITEMS + index)),
    );
    const from = await heightOf(alice);
    const began = performance.now();
    const posted = await Promise.all(
      batches.map((items) => alice.market.postJob({ modelId, items, verification: VERIFICATION })),
    );
    const jobs = await Promise.all(
      posted.map(({ jobId }) =>
        alice.market.waitForJob(jobId, { until: [VERIFIED], intervalMs: 50, timeoutMs: 3_600_000 }),
      ),
    );
    const seconds = (performance.now() - began) / 1000;
    const until = await heightOf(alice);
    const loaded = await blocksBetween(alice, from, until);
    const ends = new Map<string, number>();
    for (const { id } of jobs) {
      const { status } = await alice.market.waitForJob(id, { intervalMs: 100 });
      ends.set(statusName(status), (ends.get(statusName(status)) ?? 0) + 1);
    }
    // Until outputs and jobs are pruned (test preset: 40 blocks).
    await waitBlocks(alice, 45);
    await operator.stop();
    await net.end("SIGTERM");
    const left = await stateBytes(net.home);
    const total = JOBS * ITEMS;
    const alone = await nativeAlone(subject);
    const rate = total / seconds;
    console.log(
      [
        `${subject.name}, ${JOBS} jobs of ${ITEMS} items, ${values.verification}: ${[...ends].map(([end, count]) => `${count} ${end}`).join(", ")}`,
        `  items a second      ${rate.toFixed(0)} verified end to end; native alone in a loop ${alone.toFixed(0)}: ${(rate / alone).toFixed(3)} of it`,
        `  transactions        ${((loaded.transactions * 1000) / total).toFixed(2)} for 1,000 inferences, votes' own included (${loaded.transactions} in blocks ${loaded.from + 1n} to ${loaded.until})`,
        `  block time          ${loaded.milliseconds.toFixed(0)} ms with jobs, ${idle.milliseconds.toFixed(0)} ms without: ${(loaded.milliseconds / idle.milliseconds).toFixed(3)}`,
        `  state after pruning ${(left / total).toFixed(2)} bytes an item (${left} in the store, operator, offer and parameters included)`,
      ].join("\n"),
    );
  } finally {
    await operator.stop();
    await net.stop();
  }
}

for (const subject of subjects()) if (values.model.includes(subject.name)) await measure(subject);
