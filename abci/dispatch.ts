/**
 * Runs calls on the application in an order that is safe (ADR-0003), whatever connection or transport they came by, and
 * turns what the application throws into an answer or into a halt (ADR-0004).
 */
import type { Application } from "./application.ts";
import type { Call, Lane } from "./calls.ts";
import { AbciFault, reasonOf } from "./errors.ts";

/** Where the server writes what an operator should know. Pino's methods fit. */
export interface AbciLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Takes the encoded response message. Called at most once, and never once the dispatcher has halted. */
export type Respond = (response: Uint8Array) => void;

interface Waiting {
  readonly call: Call;
  readonly request: unknown;
  readonly respond: Respond;
}

class Queue {
  #items: Waiting[] = [];
  #head = 0;
  busy = false;

  get first(): Waiting | undefined {
    return this.#items[this.#head];
  }

  push(item: Waiting): void {
    this.#items.push(item);
  }

  shift(): void {
    this.#head++;
    // Dropping the consumed part now and then keeps a shift O(1) on average.
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head > 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}

export class Dispatcher {
  readonly #app: Application;
  readonly #log: AbciLog;
  readonly #onFault: (fault: AbciFault) => void;
  readonly #consensus = new Queue();
  readonly #mempool = new Queue();
  /** The consensus call that is running forbids mempool calls. */
  #exclusive = false;
  #halted = false;
  /** CometBFT asked what is committed, or began a state sync, since this server started. */
  #greeted = false;

  constructor(
    options: { readonly log: AbciLog; readonly onFault: (fault: AbciFault) => void },
    app: Application,
  ) {
    this.#app = app;
    this.#log = options.log;
    this.#onFault = options.onFault;
  }

  get halted(): boolean {
    return this.#halted;
  }

  /** Runs `call` as soon as its lane allows; `respond` may be called before this returns. */
  dispatch(call: Call, request: unknown, respond: Respond): void {
    if (this.#halted) return;
    if (call.greeting) this.#greeted = true;
    else if (call.lane === "consensus" && !this.#greeted) {
      this.#fault(
        call,
        `CometBFT called ${call.name} without a handshake: this application was restarted beneath it. Restart CometBFT too`,
        undefined,
      );
      return;
    }
    if (call.lane === "free") {
      this.#run({ call, request, respond }, undefined);
      return;
    }
    this.#queueOf(call.lane).push({ call, request, respond });
    this.#pump();
  }

  /** Stops for good with a fault that a transport found. */
  fail(fault: AbciFault): void {
    if (this.#halted) return;
    this.#halted = true;
    this.#log.error({ call: fault.call, err: fault.cause ?? fault }, fault.message);
    this.#onFault(fault);
  }

  /** Nothing is run or answered from now on. */
  halt(): void {
    this.#halted = true;
  }

  #queueOf(lane: Exclude<Lane, "free">): Queue {
    return lane === "consensus" ? this.#consensus : this.#mempool;
  }

  /** Starts whatever may start now. */
  #pump(): void {
    let started = true;
    while (started && !this.#halted) {
      const consensus = this.#startConsensus();
      const mempool = this.#startMempool();
      started = consensus || mempool;
    }
  }

  #startConsensus(): boolean {
    const next = this.#consensus.first;
    if (next === undefined || this.#consensus.busy) return false;
    if (next.call.exclusive && this.#mempool.busy) return false;
    this.#consensus.shift();
    this.#consensus.busy = true;
    this.#exclusive = next.call.exclusive;
    this.#run(next, this.#consensus);
    return true;
  }

  #startMempool(): boolean {
    const next = this.#mempool.first;
    if (next === undefined || this.#mempool.busy || this.#exclusive) return false;
    // An exclusive call that waits goes first, else a steady stream of transactions would hold up the commit.
    if (!this.#consensus.busy && this.#consensus.first?.call.exclusive) return false;
    this.#mempool.shift();
    this.#mempool.busy = true;
    this.#run(next, this.#mempool);
    return true;
  }

  #run(waiting: Waiting, queue: Queue | undefined): void {
    let result: unknown;
    try {
      result = waiting.call.run(this.#app, waiting.request);
    } catch (thrown) {
      this.#finish(waiting, queue, () => this.#fallBack(waiting.call, thrown));
      return;
    }
    if (!(result instanceof Promise)) {
      this.#finish(waiting, queue, () => this.#encode(waiting.call, result));
      return;
    }
    result.then(
      (response: unknown) => {
        this.#finish(waiting, queue, () => this.#encode(waiting.call, response));
        this.#pump();
      },
      (thrown: unknown) => {
        this.#finish(waiting, queue, () => this.#fallBack(waiting.call, thrown));
        this.#pump();
      },
    );
  }

  #finish(waiting: Waiting, queue: Queue | undefined, answer: () => Uint8Array | undefined): void {
    if (queue !== undefined) queue.busy = false;
    if (queue === this.#consensus) this.#exclusive = false;
    if (this.#halted) return;
    const response = answer();
    if (response !== undefined) waiting.respond(response);
  }

  #encode(call: Call, response: unknown): Uint8Array | undefined {
    try {
      return call.encode(response);
    } catch (thrown) {
      return this.#fallBack(call, thrown);
    }
  }

  #fallBack(call: Call, thrown: unknown): Uint8Array | undefined {
    const reason = reasonOf(thrown);
    if (call.fallback !== undefined) {
      this.#log.error({ call: call.name, err: thrown }, `the application failed in ${call.name}: ${reason}`);
      return call.encode(call.fallback(reason));
    }
    this.#fault(
      call,
      `the application failed in ${call.name}, where any answer could be wrong: ${reason}. The server has stopped; ` +
        "find the cause before you start it again, it goes on from the last committed block",
      thrown,
    );
    return undefined;
  }

  #fault(call: Call, message: string, cause: unknown): void {
    this.fail(new AbciFault("APPLICATION_FAULT", message, { call: call.name, cause }));
  }
}
