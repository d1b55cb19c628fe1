/** A market that stands in for the chain's: it takes commitments, reveals and openings by the rules, and remembers what it took. */

import { encodeTensors } from "../../../chain/engine/tensor.ts";
import {
  commitmentOf,
  decoyOrder,
  inputRootOf,
  leavesOf,
  resultRootOf,
} from "../../../chain/modules/compute/hashes.ts";
import { AddressCodec } from "../../../chain/runtime/address.ts";
import { bytesEqual } from "../../../chain/runtime/bytes.ts";
import { sha256 } from "../../../chain/store/sha256.ts";
import { TxFailedError } from "../../../client/index.ts";
import type { Chain, JobState, SendOptions } from "../../../node/operator/chain.ts";
import { WAITING } from "../../../node/operator/chain.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import {
  Job,
  JobStatus,
  MsgCommit,
  MsgOpen,
  MsgReveal,
  Operator,
  Tolerance,
  Verification,
} from "../../../proto/gen/opg.compute.v1.ts";

const addresses = new AddressCodec("opg");
export const OPERATOR = "opg1qyqszqgpqyqszqgpqyqszqgpqyqszqgprlnu7v";
export const MODEL = new Uint8Array(1000).fill(7);

export function tensorOf(values: readonly number[]): Uint8Array {
  const data = new Uint8Array(Float32Array.from(values).buffer);
  return encodeTensors([{ name: "x", dtype: "float32", dims: [values.length], data }]);
}

export class StandInMarket implements Chain {
  readonly chainId = "market-1";
  readonly operatorAddress: string;
  at = 10n;
  readonly jobs = new Map<bigint, Job>();
  readonly asked = new Map<bigint, readonly Uint8Array[]>();
  readonly revealed = new Map<bigint, readonly Uint8Array[]>();
  /** How often each step was taken, by `job step`. */
  readonly taken = new Map<string, number>();
  readonly transactions: number[] = [];
  /** Of each transaction, as it was given. */
  readonly gas: (bigint | undefined)[] = [];
  /** Called before and after a transaction is taken; throws as a node that is lost would. */
  before: () => void = () => undefined;
  after: () => void = () => undefined;
  /** Whether reveals and openings are taken. */
  isReady = true;

  constructor(operator: string) {
    this.operatorAddress = operator;
  }

  post(
    id: bigint,
    items: readonly Uint8Array[],
    verification: number = Verification.VERIFICATION_EXACT,
  ): void {
    this.asked.set(id, items);
    const job = Job.create({
      id,
      status: JobStatus.JOB_STATUS_ASSIGNED,
      operator: this.operatorAddress,
      modelId: 1n,
      modelHash: sha256(MODEL),
      verification,
      items: items.length,
      inputRoot: inputRootOf(items.map((item) => sha256(item))),
      computeUnits: 100n,
      dueHeight: this.at + 20n,
      tolerance: Tolerance.create({ modelId: 1n, absolute: "10000000000000000", relative: "0" }),
    });
    this.jobs.set(id, job);
  }

  async height(): Promise<bigint> {
    return this.at;
  }

  async operator(): Promise<Operator> {
    return Operator.create({ address: this.operatorAddress });
  }

  async openJobs(): Promise<readonly Job[]> {
    return [...this.jobs.values()].filter(({ status }) => WAITING.includes(status));
  }

  async job(id: bigint): Promise<JobState | undefined> {
    const job = this.jobs.get(id);
    return job && { job, ready: this.isReady };
  }

  async inputs(id: bigint): Promise<readonly Uint8Array[]> {
    return this.asked.get(id)!;
  }

  async fetchModel(): Promise<readonly Uint8Array[]> {
    return [MODEL.slice(0, 600), MODEL.slice(600)];
  }

  async send(messages: readonly Any[], { gas }: SendOptions): Promise<void> {
    this.before();
    // All or nothing, as a transaction.
    const changes = messages.map((message) => this.#judge(message));
    for (const change of changes) change();
    this.transactions.push(messages.length);
    this.gas.push(gas);
    this.after();
  }

  #judge({ typeUrl, value }: Any): () => void {
    switch (typeUrl) {
      case MsgCommit.typeUrl: {
        const { jobId, commitment } = MsgCommit.decode(value);
        return this.#step(jobId, "commit", JobStatus.JOB_STATUS_ASSIGNED, JobStatus.JOB_STATUS_COMMITTED, {
          commitment,
        });
      }
      case MsgReveal.typeUrl: {
        const { jobId, salt, items } = MsgReveal.decode(value);
        const exact = this.jobs.get(jobId)?.verification === Verification.VERIFICATION_EXACT;
        if (exact) this.#check(jobId, salt, items);
        const next = exact ? JobStatus.JOB_STATUS_VERIFIED : JobStatus.JOB_STATUS_REVEALED;
        const step = this.#step(jobId, "reveal", JobStatus.JOB_STATUS_COMMITTED, next, {});
        return () => {
          step();
          this.revealed.set(jobId, items);
        };
      }
      default: {
        const { jobId, salt } = MsgOpen.decode(value);
        const shown = this.revealed.get(jobId) ?? [];
        const own = this.asked
          .get(jobId)!
          .map((_, index) => shown[2 * index + decoyOrder(jobId, salt, index)]!);
        this.#check(jobId, salt, own);
        return this.#step(jobId, "open", JobStatus.JOB_STATUS_REVEALED, JobStatus.JOB_STATUS_VERIFIED, {});
      }
    }
  }

  /** @throws TxFailedError unless the answers open the job's commitment */
  #check(jobId: bigint, salt: Uint8Array, items: readonly Uint8Array[]): void {
    const leaves = leavesOf(items, this.asked.get(jobId)!.map(sha256));
    const operator = addresses.parse(this.operatorAddress);
    const opened = commitmentOf({ jobId, operator, root: resultRootOf(leaves), salt });
    if (!bytesEqual(opened, this.jobs.get(jobId)!.commitment)) throw refused("it opens no commitment");
  }

  #step(jobId: bigint, name: string, from: number, to: number, changes: Partial<Job>): () => void {
    const job = this.jobs.get(jobId);
    if (job?.status !== from) throw refused(`job ${jobId} is ${job?.status}, not ${from}`);
    return () => {
      this.jobs.set(jobId, { ...job, ...changes, status: to });
      const key = `${jobId} ${name}`;
      this.taken.set(key, (this.taken.get(key) ?? 0) + 1);
    };
  }
}

function refused(log: string): TxFailedError {
  return new TxFailedError("execute", { codespace: "compute", code: 13, log });
}
