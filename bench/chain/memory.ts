/**
 * Memory and disk over many blocks: whether the application grows, and by what.
 *
 *     node --import tsx bench/chain/memory.ts [--blocks 1000] [--sends 3] [--cache 16] [--pruning bounded|default|nothing]
 *
 * One process, commits synced; each block holds some sends and one inference of a new input. `bounded` keeps 100 versions,
 * and outputs and receipts for 20 and 40 blocks, so that in the second half nothing should grow but what leaks; the caches
 * (the store's is `--cache`, MiB) are small so that they are full by then. What has no setting is the cache of signatures:
 * it holds 50,000 answers, so the heap rises until that many transactions have passed. `default` and `nothing` keep
 * versions: the disk grows by that. Heap and buffers are read after a collection. A rise is told from noise by the fit's
 * own error.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { encodeTensors } from "../../chain/engine/tensor.ts";
import type { PruningOptions } from "../../chain/store/types.ts";
import { defaultRegistry, pack, signTx } from "../../client/index.ts";
import { sampleModels } from "../../genesis/index.ts";
import { MsgSend } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { Mode, MsgInfer } from "../../proto/gen/opg.inference.v1.ts";
import { CHAIN_ID, DENOM, GAS, TestChain, testSigner } from "../../test/chain/chain.ts";
import { subjects } from "../engine/subjects.ts";
import { rssMib } from "./load.ts";

const { values } = parseArgs({
  options: {
    blocks: { type: "string", default: "1000" },
    sends: { type: "string", default: "3" },
    cache: { type: "string", default: "16" },
    pruning: { type: "string", default: "bounded" },
  },
});
const BLOCKS = Number(values.blocks);
const SENDS = Number(values.sends);
const CACHE_BYTES = Number(values.cache) * 2 ** 20;
/** Remembered outcomes fill this in a few hundred blocks. */
const OUTCOME_BYTES = 65_536;
const PRUNING: Readonly<Record<string, PruningOptions>> = {
  bounded: { strategy: "custom", keepRecent: 100n, interval: 10n },
  default: { strategy: "default" },
  nothing: { strategy: "nothing" },
};

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What a process holds, in MiB. `other` is resident and neither V8's heap nor buffers: wasm, the database, code, gaps. */
interface Sample {
  readonly resident: number;
  readonly heap: number;
  readonly buffers: number;
  readonly other: number;
  readonly disk: number;
}

const PARTS = ["resident", "heap", "buffers", "other", "disk"] as const;

function folderMib(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder)) {
    // The database removes files while we look.
    bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes / 2 ** 20;
}

function sample(folder: string): Sample {
  collect();
  const { heapUsed, heapTotal, external } = process.memoryUsage();
  const [resident, heap, buffers] = [rssMib(process.pid), heapUsed / 2 ** 20, external / 2 ** 20];
  return {
    resident,
    heap,
    buffers,
    other: resident - heapTotal / 2 ** 20 - buffers,
    disk: folderMib(folder),
  };
}

/** Least squares: the rise from the first to the last of equally spaced values, and the error of that rise. */
function rise(ys: readonly number[]): { readonly by: number; readonly error: number } {
  const n = ys.length;
  const middle = (n - 1) / 2;
  const mean = ys.reduce((a, b) => a + b, 0) / n;
  const spread = ys.reduce((sum, _, x) => sum + (x - middle) ** 2, 0);
  const slope = ys.reduce((sum, y, x) => sum + (x - middle) * (y - mean), 0) / spread;
  const residue = ys.reduce((sum, y, x) => sum + (y - mean - slope * (x - middle)) ** 2, 0);
  return { by: slope * (n - 1), error: Math.sqrt(residue / (n - 2) / spread) * (n - 1) };
}

const senders = Array.from({ length: Math.max(SENDS, 1) }, (_, i) => `sender-${i}`);
const registry = defaultRegistry();
const subject = subjects().find(({ name }) => name === "iris")!;
const modelId = BigInt(sampleModels().findIndex(({ name }) => name === subject.name) + 1);
const path = mkdtempSync(join(tmpdir(), "opg-bench-"));
const engine = await CanonicalEngine.start({ workers: 1, cacheBytes: OUTCOME_BYTES });
const chain = await TestChain.start({
  engine,
  path,
  sync: true,
  checkInvariants: false,
  accounts: [...senders, "requester"],
  storeCacheBytes: CACHE_BYTES,
  pruning: PRUNING[values.pruning]!,
});
await chain.block();
const numbers = new Map<string, bigint>();
for (const name of [...senders, "requester"]) numbers.set(name, (await chain.account(name)).accountNumber);

async function blockTxs(height: number): Promise<Uint8Array[]> {
  const signed = (name: string, message: ReturnType<typeof pack>) =>
    signTx(
      { messages: [message], fee: GAS },
      [
        {
          signer: testSigner(name),
          chainId: CHAIN_ID,
          accountNumber: numbers.get(name)!,
          sequence: BigInt(height),
        },
      ],
      registry,
    );
  const sends = senders.slice(0, SENDS).map((name, index) =>
    signed(
      name,
      pack(MsgSend, {
        fromAddress: testSigner(name).address,
        toAddress: testSigner(senders[(index + 1) % senders.length]!).address,
        amount: [{ denom: DENOM, amount: "1" }],
      }),
    ),
  );
  const infer = pack(MsgInfer, {
    requester: testSigner("requester").address,
    modelId,
    inputs: encodeTensors(subject.inputs(height)),
    maxFee: { denom: DENOM, amount: "100000000" },
    mode: Mode.MODE_CONSENSUS,
  });
  return Promise.all([...sends, signed("requester", infer)]);
}

const POINTS = 40;
const samples: Sample[] = [];
const step = Math.max(1, Math.floor(BLOCKS / POINTS));
console.log(
  `${BLOCKS} blocks of ${SENDS} sends and an inference, pruning ${values.pruning}, store cache of ${values.cache} MiB; MiB\n`,
);
console.log(`   blocks ${PARTS.map((part) => part.padStart(9)).join("")}   blocks/s`);
const began = performance.now();
for (let height = 0; height < BLOCKS; height++) {
  const txs = await blockTxs(height);
  for (const tx of txs) {
    const { code, log } = chain.checkTx(tx);
    if (code !== 0) throw new RangeError(`refused at ${height}: ${log}`);
  }
  const { txResults } = await chain.block(txs);
  for (const { code, log } of txResults) if (code !== 0) throw new RangeError(`failed at ${height}: ${log}`);
  // The harness keeps every app hash: not the application.
  chain.appHashes.length = 0;
  if ((height + 1) % step !== 0) continue;
  samples.push(sample(join(path, "db")));
  if (samples.length % (POINTS / 10) !== 0) continue;
  const rate = ((height + 1) * 1_000) / (performance.now() - began);
  const row = PARTS.map((part) => samples.at(-1)![part].toFixed(1).padStart(9)).join("");
  console.log(`${String(height + 1).padStart(9)} ${row}${rate.toFixed(0).padStart(11)}`);
}

const half = samples.slice(samples.length >> 1);
console.log("\nRise over the second half:");
for (const part of PARTS) {
  const { by, error } = rise(half.map((each) => each[part]));
  const grows = by > 3 * error && by > 0.5;
  const perBlock = (by * 2 ** 20) / ((half.length - 1) * step);
  const verdict = grows ? `grows, ${perBlock.toFixed(0)} bytes a block` : "does not grow beyond its noise";
  console.log(
    `${part.padEnd(9)}${by.toFixed(2).padStart(8)} ± ${error.toFixed(2).padStart(5)} MiB   ${verdict}`,
  );
}
await chain.close();
await engine.stop();
rmSync(path, { recursive: true, force: true });
