/** Runs that wait, by priority and model. Those of one model are handed out together; models take turns. */
import type { Job, PoolRequest } from "./job.ts";

/**
 * Runs of a block go first, then those that its proposal or a verdict will need, then those that transactions let into the
 * mempool will ask for some time: these wait for company (ADR-0037).
 */
const PRIORITIES = ["block", "background", "mempool"] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Runs that travel together at most. */
const MAX_BATCH = 32;
/** What they may cost together: about 7 ms, so that a block's own run never waits long for a batch that was sent before. */
const MAX_BATCH_UNITS = 20_000_000n;
/** Runs from the mempool wait until so many of one model are there, or so much work, some 0.7 ms: then memory is compared once for all. */
const COMPANY = 8;
const COMPANY_UNITS = 2_000_000n;

export class JobQueue {
  readonly #waiting: Readonly<Record<Priority, Map<string, Job[]>>> = {
    block: new Map(),
    background: new Map(),
    mempool: new Map(),
  };
  #size = 0;
  #units = 0n;

  get size(): number {
    return this.#size;
  }

  /** Compute units of all that wait, as far as they are known. */
  get units(): bigint {
    return this.#units;
  }

  push(job: Job, priority: Priority): void {
    const list = this.#waiting[priority].get(job.hash);
    if (list) list.push(job);
    else this.#waiting[priority].set(job.hash, [job]);
    this.#count(job, 1);
  }

  /** Puts jobs of one model before all others: they were taken, and not answered. */
  putBack(jobs: readonly Job[]): void {
    if (jobs.length === 0) return;
    const { block } = this.#waiting;
    const rest = [...block];
    block.clear();
    block.set(jobs[0]!.hash, [...jobs]);
    for (const [hash, list] of rest) block.set(hash, [...(block.get(hash) ?? []), ...list]);
    for (const job of jobs) this.#count(job, 1);
  }

  /** The next jobs to run together, all of one model; none if none waits, or only such as wait for company. */
  take(): readonly Job[] {
    for (const priority of PRIORITIES) {
      const waiting = this.#waiting[priority];
      const next = [...waiting].find(([, list]) => priority !== "mempool" || hasCompany(list));
      if (!next) continue;
      const [hash, list] = next;
      const jobs = list.splice(0, batchLength(list));
      waiting.delete(hash);
      if (list.length > 0) waiting.set(hash, list);
      for (const job of jobs) this.#count(job, -1);
      return jobs;
    }
    return [];
  }

  /** Moves a job that waits behind `priority` among those of it. */
  promote({ model, inputs }: PoolRequest, priority: Priority): void {
    for (const behind of PRIORITIES.slice(PRIORITIES.indexOf(priority) + 1)) {
      for (const [hash, list] of this.#waiting[behind]) {
        const index = list.findIndex((job) => job.model.hash === model.hash && job.inputs === inputs);
        if (index < 0) continue;
        const [job] = list.splice(index, 1) as [Job];
        if (list.length === 0) this.#waiting[behind].delete(hash);
        this.#count(job, -1);
        this.push(job, priority);
        return;
      }
    }
  }

  /** Lets what waits for company wait no more. */
  hurry(): void {
    const { mempool, background } = this.#waiting;
    for (const [hash, list] of mempool) background.set(hash, [...(background.get(hash) ?? []), ...list]);
    mempool.clear();
  }

  clear(): readonly Job[] {
    const jobs = Object.values(this.#waiting).flatMap((waiting) => [...waiting.values()].flat());
    for (const waiting of Object.values(this.#waiting)) waiting.clear();
    this.#size = 0;
    this.#units = 0n;
    return jobs;
  }

  #count({ units = 0n }: Job, by: 1 | -1): void {
    this.#size += by;
    this.#units += BigInt(by) * units;
  }
}

function hasCompany(jobs: readonly Job[]): boolean {
  return (
    jobs.length >= COMPANY ||
    jobs.reduce((sum, { units = COMPANY_UNITS }) => sum + units, 0n) >= COMPANY_UNITS
  );
}

/** How many from the start go together: one whose cost is not known, or that must be alone, goes by itself. */
function batchLength(jobs: readonly Job[]): number {
  let units = 0n;
  let length = 0;
  for (const job of jobs) {
    if (job.units === undefined || job.isAlone) return Math.max(length, 1);
    units += job.units;
    if (length === MAX_BATCH || (length > 0 && units > MAX_BATCH_UNITS)) return length;
    length++;
  }
  return length;
}
