/** What the daemon asks of the chain and tells it, over a node's RPC. */
import { type OpgClient, pages, QueryError } from "../../client/index.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import { type Job, JobStatus, type Operator } from "../../proto/gen/opg.compute.v1.ts";

export interface JobState {
  readonly job: Job;
  /** Whether the next block takes the operator's next message. */
  readonly ready: boolean;
}

export interface SendOptions {
  /** The last height at which a block may take it. */
  readonly timeoutHeight: bigint;
  /** Absent: what the chain's simulation says. */
  readonly gas?: bigint;
}

/** The chain as the daemon needs it. */
export interface Chain {
  readonly chainId: string;
  height(): Promise<bigint>;
  operator(address: string): Promise<Operator>;
  /** Jobs of an operator that wait for something that it sends. */
  openJobs(operator: string): Promise<readonly Job[]>;
  /** Undefined: there is none, or it is pruned. */
  job(jobId: bigint): Promise<JobState | undefined>;
  inputs(jobId: bigint): Promise<readonly Uint8Array[]>;
  fetchModel(modelId: bigint): Promise<readonly Uint8Array[]>;
  /** Sends messages as one transaction and waits for its block. @throws TxFailedError, OpgError, RpcError */
  send(messages: readonly Any[], options: SendOptions): Promise<void>;
}

/** Statuses in which a job waits for something that its operator sends. */
export const WAITING: readonly number[] = [
  JobStatus.JOB_STATUS_ASSIGNED,
  JobStatus.JOB_STATUS_COMMITTED,
  JobStatus.JOB_STATUS_REVEALED,
];

/** @param client signs with the operator's hot key */
export function chainOf(client: OpgClient): Chain {
  const { query, rpc } = client;
  return {
    chainId: client.chainId,
    height: async () => (await rpc.status()).latestHeight,
    operator: async (operator) => (await query.compute.operator({ operator })).operator,
    openJobs: async (operator) => {
      const jobs: Job[] = [];
      for (const status of WAITING)
        for await (const page of pages((pagination) => query.compute.jobs({ operator, status, pagination })))
          jobs.push(...page.jobs);
      return jobs;
    },
    job: (jobId) => existing(() => query.compute.job({ jobId })),
    inputs: async (jobId) => (await query.compute.jobInputs({ jobId })).items,
    fetchModel: async (modelId) => {
      const { chunks } = await query.models.uploadStatus({ modelId });
      const parts: Uint8Array[] = [];
      for (let index = 0; index < chunks; index++)
        parts.push((await query.models.chunk({ modelId, index })).data);
      return parts;
    },
    send: async (messages, options) => {
      await client.execute(messages, options);
    },
  };
}

/** Codes of codespace compute: there is no such job; it is pruned. */
const GONE: readonly number[] = [2, 20];

function isGone(error: unknown): boolean {
  if (!(error instanceof QueryError)) return false;
  return error.notFound || (error.codespace === "compute" && GONE.includes(error.code));
}

async function existing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
