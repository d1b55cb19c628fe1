/**
 * Inferences inside blocks against the same runs on the engine's wasm alone in a loop.
 *
 *     node --import tsx bench/chain/inference.ts [--runs 400] [--block 50] [--model iris]… [--turns 2] [--many 50] [--warm 10] [--profile FILE]
 *
 * The chain's time holds everything that it does for an inference in one process: admission, signature, pipeline, the run
 * in a worker thread, receipt, split, synced commit. Two shapes: one inference a transaction, and `--many` in one (what
 * somebody with a batch of inputs sends), where signature and fee are paid once. Signing is the client's and is not counted. Every input differs.
 * Large models run a fiftieth as often. The block's compute budget is raised, so that the machine is the limit. `--warm` blocks
 * come before the clock starts. `--profile FILE` writes a CPU profile of the main thread for each shape.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { parseArgs } from "node:util";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { compileOrt, createSession, loadOrt, runSession } from "../../chain/engine/ort.ts";
import { encodeTensors } from "../../chain/engine/tensor.ts";
import { pack } from "../../client/index.ts";
import { PRESETS, sampleModels } from "../../genesis/index.ts";
import { Mode, MsgInfer } from "../../proto/gen/opg.inference.v1.ts";
import { CheckTxType, RequestCheckTx } from "../../proto/gen/tendermint.abci.ts";
import { DENOM, TestChain, testSigner } from "../../test/chain/chain.ts";
import { type Subject, subjects } from "../engine/subjects.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "400" },
    block: { type: "string", default: "50" },
    model: { type: "string", multiple: true, default: ["iris", "digits-cnn", "resnet18"] },
    turns: { type: "string", default: "2" },
    many: { type: "string", default: "50" },
    warm: { type: "string", default: "10" },
    profile: { type: "string" },
  },
});
const RUNS = Number(values.runs);
const BLOCK = Number(values.block);
/** Blocks before the clock starts: a validator's code has been compiled for long. */
const WARM = Number(values.warm);
const LARGE = 4 * 2 ** 20;
/** As the test chain has it. */
const BLOCK_GAS = 200_000_000n;

async function alone({ model, inputs }: Subject, runs: number): Promise<number> {
  const session = await createSession(ort, model);
  for (let i = 0; i < Math.min(10, runs); i++) await runSession(ort, session, inputs(100_000 + i));
  const all = Array.from({ length: runs }, (_, i) => inputs(i));
  const began = performance.now();
  for (const each of all) await runSession(ort, session, each);
  const spent = performance.now() - began;
  await session.release();
  return spent;
}

interface Spent {
  /** Milliseconds by the clock: all, CheckTx, blocks. */
  readonly wall: number;
  readonly check: number;
  readonly blocks: number;
  /** Milliseconds of CPU: of the main thread (0 where it is not to be had), and of all threads. */
  readonly main: number;
  readonly all: number;
}

/** CPU that the main thread had, in milliseconds. Linux alone tells. */
function mainCpu(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch {
    return 0;
  }
}

function allCpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

/** A profile of the main thread alone, of what `--profile FILE` names; the last measurement's stays. */
const profiler = values.profile === undefined ? undefined : new Session();
profiler?.connect();

/** Each comes by itself over the wire: the engine is given its work between them. */
async function admit(chain: TestChain, txs: readonly Uint8Array[], type: number): Promise<void> {
  for (const tx of txs) {
    const { code, log } = chain.app.checkTx(RequestCheckTx.create({ tx, type }));
    if (code !== 0) throw new RangeError(`refused: ${log}`);
    if (type === CheckTxType.NEW) await setImmediate();
  }
}

async function inBlocks(subject: Subject, runs: number, block: number, many: number): Promise<Spent> {
  const { name, model, inputs } = subject;
  const engine = await CanonicalEngine.start({ workers: 1 });
  const path = mkdtempSync(join(tmpdir(), "opg-bench-"));
  const chain = await TestChain.start({
    engine,
    path,
    sync: true,
    checkInvariants: false,
    genesis: {
      preset: { ...PRESETS.test, inference: { blockComputeBudget: 1_000_000_000_000n } },
      models: {
        owner: testSigner("owner").address,
        samples: [{ ...sampleModels()[0]!, name, description: name, file: model }],
      },
    },
  });
  try {
    await chain.block();
    const requester = testSigner("alice").address;
    const txs: Uint8Array[] = [];
    const ahead = block * (subject.model.length > LARGE ? 1 : WARM);
    for (let i = 0; i < ahead + runs + block; i += many) {
      const messages = Array.from({ length: many }, (_, k) =>
        pack(MsgInfer, {
          requester,
          modelId: 1n,
          inputs: encodeTensors(inputs(i + k)),
          maxFee: { denom: DENOM, amount: "5000000" },
          mode: Mode.MODE_CONSENSUS,
        }),
      );
      txs.push(
        await chain.sign("alice", messages, {
          ahead: BigInt(i / many),
          fee: {
            amount: [{ denom: DENOM, amount: "5000" }],
            gasLimit: (BLOCK_GAS * BigInt(many)) / BigInt(block),
          },
        }),
      );
    }
    // The first blocks load the model, and warm up.
    let [began, main, all, check] = [0, 0, 0, 0];
    // The mempool is a block ahead, as it is under load: what it lets in is computed beside the block before.
    const batch = (number: number) => txs.slice((number * block) / many, ((number + 1) * block) / many);
    await admit(chain, batch(0), CheckTxType.NEW);
    for (let i = 0; i < ahead + runs; i += block) {
      if (i === ahead) {
        await profiler?.post("Profiler.enable");
        await profiler?.post("Profiler.start");
        [began, main, all, check] = [performance.now(), mainCpu(), allCpu(), 0];
      }
      const from = performance.now();
      const next = batch(i / block + 1);
      await admit(chain, next, CheckTxType.NEW);
      check += performance.now() - from;
      const { txResults } = await chain.block(batch(i / block));
      for (const { code, log } of txResults) if (code !== 0) throw new RangeError(`failed: ${log}`);
      const committed = performance.now();
      await admit(chain, next, CheckTxType.RECHECK);
      check += performance.now() - committed;
    }
    const wall = performance.now() - began;
    const spent = { wall, check, blocks: wall - check, main: mainCpu() - main, all: allCpu() - all };
    const profile = await profiler?.post("Profiler.stop");
    if (profile) writeFileSync(`${values.profile}-${many}.cpuprofile`, JSON.stringify(profile.profile));
    return spent;
  } finally {
    await chain.close();
    await engine.stop();
    rmSync(path, { recursive: true, force: true });
  }
}

const ort = await loadOrt(await compileOrt());
for (const subject of subjects()) {
  if (!values.model.includes(subject.name)) continue;
  const large = subject.model.length > LARGE;
  const [runs, block] = large ? [Math.ceil(RUNS / 50), Math.ceil(BLOCK / 25)] : [RUNS, BLOCK];
  for (let turn = 0; turn < Number(values.turns); turn++) {
    const rate = (ms: number) => ((runs * 1_000) / ms).toFixed(1).padStart(7);
    for (const together of large ? [1] : [1, Math.min(Number(values.many), block)]) {
      const [wasm, chain] = [await alone(subject, runs), await inBlocks(subject, runs, block, together)];
      const each = (ms: number) => (ms / runs).toFixed(3);
      console.log(
        `${subject.name.padEnd(17)} ${runs} runs, ${block} a block, ${together} a transaction   wasm alone ${rate(wasm)}/s   in blocks ${rate(chain.wall)}/s   ${each(chain.wall - wasm)} ms of chain around a run   ratio ${(wasm / chain.wall).toFixed(2)} ×
${" ".repeat(17)} ms a run: CheckTx ${each(chain.check)}, blocks ${each(chain.blocks)}; CPU of the main thread ${each(chain.main)}, of the others ${each(chain.all - chain.main)}`,
      );
    }
  }
}
