/**
 * Random job histories: whatever everybody does, no coin is lost, nothing is paid twice, and every job ends. OPG_HISTORIES sets
 * how many are played, OPG_HISTORY_SEED from which seed on.
 */
import t from "tap";
import { JobStatus } from "../../../../proto/gen/opg.compute.v1.ts";
import { seedOf } from "../random.ts";
import { History } from "./history.ts";

const COUNT = Number(process.env["OPG_HISTORIES"] ?? 40);
const SEED = seedOf("OPG_HISTORY_SEED");

t.test(`${COUNT} histories from seed ${SEED}`, (t) => {
  const ends = new Map<number, number>();
  for (let seed = SEED; seed < SEED + COUNT; seed++) {
    const history = new History(seed);
    try {
      history.play(25);
    } catch (error) {
      t.fail(`seed ${seed}: ${(error as Error).stack}`);
      continue;
    }
    t.strictSame(history.faults(), [], `seed ${seed}`);
    for (const [status, count] of history.ends) ends.set(status, (ends.get(status) ?? 0) + count);
  }
  const closed = Object.entries(JobStatus).filter(([, status]) => status >= JobStatus.JOB_STATUS_SETTLED);
  const told = closed.map(([name, status]) => `${name.slice(11).toLowerCase()} ${ends.get(status) ?? 0}`);
  t.comment(`seed ${SEED}: ${told.join(", ")}`);
  if (COUNT >= 40)
    for (const [name, status] of closed) t.ok((ends.get(status) ?? 0) > 0, `some were ${name}`);
  t.end();
});
