/** What Prometheus reads of a daemon. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Operator } from "../../proto/gen/opg.compute.v1.ts";

export class OperatorMetrics {
  readonly registry = new Registry();
  readonly height = this.#gauge("height", "Height of the chain that was seen last");
  readonly openJobs = this.#gauge("open_jobs", "Jobs that wait for this operator");
  readonly computing = this.#gauge("computing_jobs", "Jobs that are computed now");
  readonly bound = this.#gauge("bound_jobs", "Jobs that the operator is bound to an answer for");
  readonly messages = new Counter({
    name: "opg_operator_messages_total",
    help: "Messages that are in a block, by step, and those that failed or were late",
    labelNames: ["step", "result"],
    registers: [this.registry],
  });
  readonly items = new Counter({
    name: "opg_operator_items_total",
    help: "Items computed, by engine",
    labelNames: ["engine"],
    registers: [this.registry],
  });
  readonly failures = new Counter({
    name: "opg_operator_compute_failures_total",
    help: "Jobs whose computation failed, to be tried again",
    registers: [this.registry],
  });
  readonly seconds = new Histogram({
    name: "opg_operator_compute_seconds",
    help: "Time from a job's inputs to its answer",
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300],
    registers: [this.registry],
  });
  readonly #coins = new Gauge({
    name: "opg_operator_coins",
    help: "Bond, locked, earned and slashed, in the denomination of the parameters",
    labelNames: ["what"],
    registers: [this.registry],
  });

  operator({ bond, locked, record }: Operator): void {
    for (const [what, amount] of Object.entries({
      bond,
      locked,
      earned: record.earned,
      slashed: record.slashed,
    }))
      this.#coins.set({ what }, Number(amount || "0"));
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name: `opg_operator_${name}`, help, registers: [this.registry] });
  }
}
