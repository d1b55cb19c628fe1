/** The daemon's way with jobs, on a market that stands in for the chain's: what it sends, and what it never does. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { decodeTensors, encodeTensors } from "../../../chain/engine/tensor.ts";
import { elementsOf, tensorFromJson } from "../../../chain/engine/tensor-json.ts";
import { isWithinTolerance } from "../../../chain/engine/tolerance.ts";
import { AddressCodec, addressFromBytes } from "../../../chain/runtime/address.ts";
import { RpcError } from "../../../client/index.ts";
import { Daemon } from "../../../node/operator/daemon.ts";
import { decoyOf } from "../../../node/operator/decoy.ts";
import { Journal } from "../../../node/operator/journal.ts";
import { OperatorMetrics } from "../../../node/operator/metrics.ts";
import { ModelCache } from "../../../node/operator/models.ts";
import type { RunJob } from "../../../node/operator/run.ts";
import { JobStatus, Verification } from "../../../proto/gen/opg.compute.v1.ts";
import { StandInMarket, tensorOf } from "./market.ts";

const OPERATOR = new AddressCodec("opg").format(addressFromBytes(new Uint8Array(20).fill(1)));
const NOTHING = new Uint8Array(0);

/** Doubles every element; cannot run on negative ones. Each run of a job differs in the last place, as native engines' do. */
let runs = 0;
const double: RunJob = async (_job, _model, inputs) => {
  runs++;
  const items = inputs.map((input) => {
    const [tensor] = decodeTensors(input);
    const values = elementsOf(tensor!).map((value) => Number(value) * 2 + runs * 1e-4);
    if (values.some((value) => value < 0)) return NOTHING;
    return encodeTensors([tensorFromJson("x", { dtype: "float32", dims: [values.length], data: values })]);
  });
  return { items, by: { canonical: items.length, native: 0 } };
};

interface Rig {
  readonly market: StandInMarket;
  readonly folder: string;
  readonly lines: string[];
  /** A daemon that begins with what is on the disk. */
  start(run?: RunJob): Daemon;
  /** Looks until nothing is left to do. */
  drive(daemon: Daemon): Promise<void>;
}

function rig(t: Test): Rig {
  const folder = mkdtempSync(join(tmpdir(), "daemon-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const market = new StandInMarket(OPERATOR);
  const lines: string[] = [];
  const say = (fields: object, message: string) => {
    const { reason } = fields as { reason?: string };
    lines.push(reason ? `${message}: ${reason}` : message);
  };
  return {
    market,
    folder,
    lines,
    start: (run = double) =>
      new Daemon(
        { operator: OPERATOR, hotAddress: "opg1hot", parallelJobs: 2, maxTxBytes: 100_000 },
        {
          chain: market,
          journal: Journal.open(folder, { chainId: market.chainId, operator: OPERATOR }),
          models: new ModelCache(join(folder, "models"), 1_000_000, market),
          run,
          metrics: new OperatorMetrics(),
          log: { info: say, warn: say, error: say },
          onWork: () => undefined,
        },
      ),
    drive: async (daemon) => {
      for (let i = 0; i < 12; i++) {
        await daemon.look(market.at++);
        await daemon.settled();
      }
    },
  };
}

t.test(
  "an EXACT job is computed, committed, revealed and forgotten, with items that cannot be run",
  async (t) => {
    const { market, start, drive } = rig(t);
    market.post(1n, [tensorOf([1, 2]), tensorOf([-5]), tensorOf([3])]);
    const daemon = start();
    await drive(daemon);
    t.equal(market.jobs.get(1n)!.status, JobStatus.JOB_STATUS_VERIFIED);
    t.strictSame(market.revealed.get(1n)![1], NOTHING);
    t.strictSame(daemon.status.bound, []);
  },
);

t.test("it reveals no sooner than the chain takes it", async (t) => {
  const { market, start, drive } = rig(t);
  market.post(1n, [tensorOf([1])]);
  market.isReady = false;
  const daemon = start();
  await drive(daemon);
  t.equal(market.jobs.get(1n)!.status, JobStatus.JOB_STATUS_COMMITTED);
  t.match(daemon.status.jobs, [{ id: 1n, status: "committed", doing: "waiting" }]);
  market.isReady = true;
  await drive(daemon);
  t.equal(market.jobs.get(1n)!.status, JobStatus.JOB_STATUS_VERIFIED);
});

t.test(
  "a TOLERANCE job is shown among decoys that are out of bounds, and opened by the salt that was committed",
  async (t) => {
    const { market, start, drive } = rig(t);
    const items = Array.from({ length: 20 }, (_, index) =>
      index === 7 ? tensorOf([-1]) : tensorOf([index, 5, 6]),
    );
    market.post(1n, items, Verification.VERIFICATION_TOLERANCE);
    await drive(start());
    t.equal(market.jobs.get(1n)!.status, JobStatus.JOB_STATUS_VERIFIED);
    const shown = market.revealed.get(1n)!;
    t.equal(shown.length, 40);
    t.strictSame(
      [shown[14], shown[15]],
      [NOTHING, NOTHING],
      "an item that cannot be run is empty on both sides",
    );
    const differing = items.filter(
      (_, index) => Buffer.compare(shown[2 * index]!, shown[2 * index + 1]!) !== 0,
    );
    t.equal(differing.length, 19);
  },
);

t.test(
  "jobs that are ready together travel together, and one that is refused holds up no other",
  async (t) => {
    const { market, start, drive, lines } = rig(t);
    market.isReady = false;
    for (let id = 1n; id <= 6n; id++) market.post(id, [tensorOf([Number(id)])]);
    const daemon = start();
    await drive(daemon);
    // The chain has forgotten what job 3 was bound to, and goes by another commitment.
    const spoilt = market.jobs.get(3n)!;
    market.isReady = true;
    const before = market.transactions.length;
    market.before = () => {
      market.jobs.set(3n, { ...spoilt, commitment: new Uint8Array(32) });
    };
    await drive(daemon);
    for (const id of [1n, 2n, 4n, 5n, 6n])
      t.equal(market.jobs.get(id)!.status, JobStatus.JOB_STATUS_VERIFIED);
    t.equal(market.jobs.get(3n)!.status, JobStatus.JOB_STATUS_COMMITTED);
    t.ok(market.transactions.slice(before).length <= 5);
    t.ok(lines.some((line) => /cannot be opened from this home.*another answer's/.test(line)));
  },
);

t.test("what it sent before it was killed it says again, and nothing else", async (t) => {
  const { market, start, drive } = rig(t);
  market.post(1n, [tensorOf([1, 2, 3])]);
  market.before = () => {
    throw new RpcError("unreachable", "the node is gone");
  };
  const first = start();
  await drive(first);
  const bound = first.status.bound;
  t.strictSame(bound, [1n]);
  t.equal(market.jobs.get(1n)!.status, JobStatus.JOB_STATUS_ASSIGNED);
  market.before = () => undefined;
  const before = runs;
  await drive(start());
  t.equal(market.jobs.get(1n)!.status, JobStatus.JOB_STATUS_VERIFIED);
  t.equal(runs, before, "it was not computed again");
});

t.test(
  "a node that is behind, or has forgotten the job, is not believed to be at its end too soon",
  async (t) => {
    const { market, start, drive } = rig(t);
    market.post(1n, [tensorOf([1])]);
    market.isReady = false;
    const daemon = start();
    await drive(daemon);
    const committed = market.jobs.get(1n)!;
    market.jobs.delete(1n);
    await daemon.look(3n);
    t.strictSame(daemon.status.bound, [1n], "the node is at height 3");
    market.jobs.set(1n, committed);
    market.isReady = true;
    await drive(daemon);
    t.equal(market.jobs.get(1n)!.status, JobStatus.JOB_STATUS_VERIFIED);
  },
);

t.test("a reveal too large to be simulated has its gas by its size", async (t) => {
  const { market, start, drive } = rig(t);
  market.post(1n, [tensorOf(new Array<number>(60_000).fill(1))]);
  await drive(start());
  t.equal(market.jobs.get(1n)!.status, JobStatus.JOB_STATUS_VERIFIED);
  const [commit, reveal] = market.gas;
  t.equal(commit, undefined);
  t.ok(reveal! > 240_000n * 60n);
});

t.test("inputs that are not the job's bind it to nothing", async (t) => {
  const { market, start, drive, lines } = rig(t);
  market.post(1n, [tensorOf([1])]);
  market.asked.set(1n, [tensorOf([2])]);
  const daemon = start();
  await drive(daemon);
  t.strictSame(daemon.status.bound, []);
  t.ok(lines.some((line) => /other inputs than job 1 has/.test(line)));
});

t.test("answers that the disk has lost are told, and the other jobs go on", async (t) => {
  const { market, start, drive, lines, folder } = rig(t);
  market.isReady = false;
  market.post(1n, [tensorOf([1])]);
  market.post(2n, [tensorOf([2])]);
  const daemon = start();
  await drive(daemon);
  writeFileSync(join(folder, "answers", "1"), "lost");
  market.isReady = true;
  await drive(daemon);
  t.equal(market.jobs.get(2n)!.status, JobStatus.JOB_STATUS_VERIFIED);
  t.equal(lines.filter((line) => /gone or damaged/.test(line)).length, 1);
});

t.test("killed at any instant it commits once, and reveals what it committed", async (t) => {
  const seed = Number(process.env["OPERATOR_SEED"] ?? 1);
  const rounds = Number(process.env["OPERATOR_ROUNDS"] ?? 8);
  t.comment(`seed ${seed}, ${rounds} rounds`);
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  for (let round = 0; round < rounds; round++) {
    const { market, start, drive } = rig(t);
    const lose = () => {
      if (random(3) === 0) throw new RpcError("timeout", "no answer: it may have been taken or not");
    };
    market.before = lose;
    market.after = lose;
    for (let id = 1n; id <= 4n; id++) {
      const verification =
        id % 2n === 0n ? Verification.VERIFICATION_TOLERANCE : Verification.VERIFICATION_EXACT;
      market.post(id, [tensorOf([Number(id)]), tensorOf([round])], verification);
    }
    for (let life = 0; life < 6; life++) {
      const daemon = start();
      for (let looks = random(4); looks >= 0; looks--) {
        market.isReady = random(2) === 0;
        await daemon.look(market.at++);
        if (random(2) === 0) await daemon.settled();
      }
      // What is under way ends before the next life reads the disk: a dead process writes nothing.
      await daemon.settled();
    }
    market.isReady = true;
    market.before = () => undefined;
    market.after = () => undefined;
    await drive(start());
    for (const job of market.jobs.values()) t.equal(job.status, JobStatus.JOB_STATUS_VERIFIED);
    t.ok([...market.taken.values()].every((times) => times === 1));
  }
});

t.test("decoys are out of bounds of every type, and the same from the same salt", (t) => {
  const seed = { jobId: 4n, salt: new Uint8Array(32).fill(9), index: 2 };
  const bounds = { absolute: 0.01, relative: 0.001 };
  const cases: readonly [dtype: string, data: readonly (number | string | boolean)[]][] = [
    ["float32", [0.1, 0.7, 0.2]],
    ["float32", [0]],
    ["float32", ["NaN"]],
    ["float32", [3.4e38, 1]],
    ["float64", [1e-9, 5, 1e12]],
    ["float16", [0.5, 60_000]],
    ["int64", ["9223372036854775807", "5"]],
    ["uint8", [255]],
    ["int8", [-128, 127]],
    ["bool", [true, false]],
    ["string", ["setosa", ""]],
  ];
  for (const [dtype, data] of cases) {
    const answer = encodeTensors([tensorFromJson("y", { dtype, dims: [data.length], data })]);
    const decoy = decoyOf(answer, seed, bounds);
    t.strictSame(decoy, decoyOf(answer, seed, bounds), dtype);
    t.notOk(
      isWithinTolerance(decoy, answer, { ...bounds, sameArgmax: false }),
      `${dtype} as validators judge`,
    );
    const [mine, other] = [answer, decoy].map((bytes) => elementsOf(decodeTensors(bytes)[0]!));
    const moved = mine!.filter((value, index) => {
      const [a, b] = [Number(other![index]), Number(value)];
      if (dtype === "string" || Number.isNaN(a) || Number.isNaN(b)) return other![index] !== value;
      return Math.abs(a - b) > 2 * (bounds.absolute + bounds.relative * Math.abs(b));
    });
    t.equal(moved.length, Math.min(2, data.length), `${dtype} ${data.join()} ${other!.join()}`);
  }
  t.end();
});
