/** What begin block asks of the engine: computed before the block, within its budget, and asked for again where it was not foreseen. */
import t from "tap";
import type { ComputeEngine } from "../../../chain/block/compute.ts";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { encodeTensors } from "../../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../../chain/engine/tensor-json.ts";
import type { ComputeRequest } from "../../../chain/runtime/compute.ts";
import type { Module } from "../../../chain/runtime/module.ts";
import { sha256 } from "../../../chain/store/sha256.ts";
import { pack } from "../../../client/index.ts";
import { PRESETS, sampleModels } from "../../../genesis/index.ts";
import { Mode, MsgInfer } from "../../../proto/gen/opg.inference.v1.ts";
import { DENOM, TestChain, testSigner } from "../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
t.setTimeout(300_000);

const samples = sampleModels();
const iris = samples.findIndex(({ name }) => name === "iris");
const { file } = samples[iris]!;
const modelHash = sha256(file);
const [input] = tensorsFromJson(samples[iris]!.sample.inputs);
const UNITS = 1_000n;

function encoded(value: number): Uint8Array {
  const data = new Uint8Array(new Float32Array(input!.data.length / 4).fill(value).buffer);
  return encodeTensors([{ ...input!, data }]);
}

function request(value: number, units = UNITS): ComputeRequest {
  const bytes = encoded(value);
  return { modelHash, modelBytes: () => file, inputs: [], encoded: bytes, inputHash: sha256(bytes), units };
}

/** An engine that remembers nothing of before the run that is asked for: what a block needs it must wait for. */
function forgetful(): ComputeEngine & { readonly runs: string[] } {
  const known = new Map<string, Awaited<ReturnType<ComputeEngine["run"]>>>();
  const runs: string[] = [];
  const { id, idHash, conformanceHash } = engine;
  return {
    id,
    idHash,
    conformanceHash,
    runs,
    backlog: 0,
    backlogUnits: 0n,
    peek: () => undefined,
    isUnderWay: () => false,
    run: async (model, inputs) => {
      const key = inputs.hash.join();
      runs.push(key);
      const outcome = known.get(key) ?? (await engine.run(model, inputs));
      known.set(key, outcome);
      return outcome;
    },
  };
}

/** Begins blocks with the runs of `asked`, of which it foresees those of `foreseen`. */
function asking(asked: readonly ComputeRequest[], foreseen: readonly ComputeRequest[]): Module {
  return {
    name: "asking",
    stores: [],
    msgs: [],
    queries: [],
    due: () => foreseen,
    beginBlock: (ctx) => {
      for (const each of asked) {
        ctx.compute.meter.spend(each.units);
        const outcome = ctx.compute.outcome(each);
        ctx.events.emit("asked", { status: outcome.status, spent: ctx.compute.meter.spent });
      }
    },
    invariants: [],
    version: 1n,
  };
}

for (const [what, foreseen] of [
  ["foresees", 3],
  ["foresees in part", 1],
  ["does not foresee", 0],
] as const)
  t.test(`begin block gets what it ${what}, once, and counts it once`, async (t) => {
    const requests = [1, 2, 3].map((value) => request(value));
    const counted = forgetful();
    const more = [asking(requests, requests.slice(0, foreseen))];
    const chain = await TestChain.start({ engine: counted, more });
    t.teardown(() => chain.close());
    const { events } = await chain.block();
    const asked = events.filter(({ type }) => type === "asked");
    t.strictSame(
      asked.map(({ attributes }) => attributes.map(({ value }) => value)),
      [1n, 2n, 3n].map((count) => ["ok", String(count * UNITS), "BeginBlock"]),
    );
    t.strictSame([...counted.runs].sort(), requests.map(({ inputHash }) => inputHash.join()).sort());
  });

t.test("what begin block will take of the budget is not proposed to anybody else", async (t) => {
  const budget = PRESETS.test.inference;
  t.ok(budget);
  /** Units that are left of a block for others. */
  const left = async (units: bigint) => {
    const dueRuns = units > 0n ? [request(9, units)] : [];
    const chain = await TestChain.start({
      engine,
      more: [asking(dueRuns, dueRuns)],
      genesis: { preset: { ...PRESETS.test, inference: { ...budget, blockComputeBudget: 1_000_000n } } },
    });
    t.teardown(() => chain.close());
    await chain.block();
    const message = pack(MsgInfer, {
      requester: testSigner("alice").address,
      modelId: BigInt(iris + 1),
      inputs: encoded(5),
      maxFee: { denom: DENOM, amount: "1000000" },
      mode: Mode.MODE_CONSENSUS,
    });
    const tx = await chain.sign("alice", [message]);
    return { proposed: chain.propose([tx]).length, accepted: chain.accepts([tx]) };
  };
  t.strictSame(await left(0n), { proposed: 1, accepted: true });
  t.strictSame(await left(999_999n), { proposed: 0, accepted: false });
});
