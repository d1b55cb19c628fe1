/** Messages of the hot key on their way to a block: several in one transaction, each job's at most once at a time. */
import { TxFailedError } from "../../client/index.ts";
import type { Any } from "../../proto/gen/google.protobuf.ts";
import type { Chain } from "./chain.ts";

export interface Outgoing {
  readonly jobId: bigint;
  /** What it does, for log and metrics. */
  readonly step: "commit" | "reveal" | "open";
  readonly message: Any;
}

export interface SenderOptions {
  /** Bytes of the messages of one transaction; a larger message goes alone. */
  readonly maxTxBytes: number;
}

export interface SenderDeps {
  readonly chain: Pick<Chain, "send">;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  readonly onSent: (outgoing: Outgoing) => void;
  readonly onFailed: (outgoing: Outgoing) => void;
}

/** Messages of one transaction. */
const MAX_MESSAGES = 32;
/** Larger ones are not simulated: as hex they may not fit into what a node takes at once. */
const MAX_SIMULATED = 200_000;
/** Gas for them: bytes are hashed, written and read (10 + 2 + 30 + 3 and more), items counted. */
const GAS = { base: 2_000_000n, byte: 70n } as const;
/** A transaction that is in no block for so long is sent again. */
const TIMEOUT_BLOCKS = 20n;

export class Sender {
  readonly #options: SenderOptions;
  readonly #deps: SenderDeps;
  readonly #underWay = new Set<bigint>();
  readonly #sends = new Set<Promise<void>>();

  constructor(options: SenderOptions, deps: SenderDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Whether a message of the job is on its way. */
  isUnderWay(jobId: bigint): boolean {
    return this.#underWay.has(jobId);
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  /** Sends what is given, in the background. What does not come into a block is given again by the daemon's next look. */
  send(messages: readonly Outgoing[], height: bigint): void {
    for (const group of groupsOf(messages, this.#options.maxTxBytes)) {
      for (const { jobId } of group) this.#underWay.add(jobId);
      const sent = this.#send(group, height + TIMEOUT_BLOCKS).finally(() => {
        for (const { jobId } of group) this.#underWay.delete(jobId);
        this.#sends.delete(sent);
      });
      this.#sends.add(sent);
    }
  }

  /** Until nothing is on its way. */
  async settled(): Promise<void> {
    while (this.#sends.size > 0) await Promise.all(this.#sends);
  }

  async #send(group: readonly Outgoing[], timeoutHeight: bigint): Promise<void> {
    const { chain, log, onSent, onFailed } = this.#deps;
    try {
      const gas = gasOf(group);
      await chain.send(
        group.map(({ message }) => message),
        { timeoutHeight, ...(gas === undefined ? {} : { gas }) },
      );
    } catch (error) {
      if (error instanceof TxFailedError && group.length > 1) {
        // One of them is refused: each by itself, so that the others are not held up.
        for (const one of group) await this.#send([one], timeoutHeight);
        return;
      }
      // Whatever it is, the daemon goes on: other jobs wait, and the next look tries this one again.
      const reason = error instanceof Error ? error.message : String(error);
      for (const one of group) {
        onFailed(one);
        log.warn({ job: one.jobId, step: one.step, reason }, "a message is in no block yet");
      }
      return;
    }
    for (const one of group) {
      onSent(one);
      log.info({ job: one.jobId, step: one.step }, "a message is in a block");
    }
  }
}

/** Undefined: the chain is asked. */
function gasOf(group: readonly Outgoing[]): bigint | undefined {
  const bytes = group.reduce((sum, { message }) => sum + message.value.length, 0);
  return bytes <= MAX_SIMULATED ? undefined : GAS.base + GAS.byte * BigInt(bytes);
}

function groupsOf(messages: readonly Outgoing[], maxBytes: number): Outgoing[][] {
  const groups: Outgoing[][] = [];
  let bytes = 0;
  for (const outgoing of messages) {
    const size = outgoing.message.value.length;
    const group = groups.at(-1);
    if (group && group.length < MAX_MESSAGES && bytes + size <= maxBytes) {
      group.push(outgoing);
      bytes += size;
    } else {
      groups.push([outgoing]);
      bytes = size;
    }
  }
  return groups;
}
