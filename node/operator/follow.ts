/** Follows a chain: every new block is a look, by the node's events where they come and by asking where they do not. */
import { type RpcClient, RpcError } from "../../client/index.ts";

export interface FollowDeps {
  readonly rpc: Pick<RpcClient, "subscribe">;
  readonly height: () => Promise<bigint>;
  readonly onHeight: (height: bigint) => Promise<void>;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  /** Between two looks where no event comes. */
  readonly pollMs: number;
}

export class Follower {
  readonly #deps: FollowDeps;
  readonly #end: () => void;
  readonly #ended: Promise<void>;
  #stopped = false;
  /** Something happened since the last look began. */
  #isDue = true;
  #wake: () => void = () => undefined;
  #lost: string | undefined;

  /** Begins at once. */
  constructor(deps: FollowDeps) {
    this.#deps = deps;
    this.#end = this.#subscribe();
    this.#ended = this.#run();
  }

  /** Looks again soon, block or not. */
  wake(): void {
    this.#isDue = true;
    this.#wake();
  }

  /** Rejects if a look fails by a fault of the program. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#end();
    this.#wake();
    await this.#ended.catch(() => undefined);
  }

  #subscribe(): () => void {
    // Events only hasten a look: without them there is one every pollMs.
    try {
      return this.#deps.rpc.subscribe(
        "tm.event='NewBlock'",
        () => this.wake(),
        () => undefined,
      );
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return () => undefined;
    }
  }

  async #run(): Promise<void> {
    let seen = -1n;
    while (!this.#stopped) {
      const wasDue = this.#isDue;
      this.#isDue = false;
      try {
        const height = await this.#deps.height();
        if (wasDue || height !== seen) await this.#deps.onHeight(height);
        seen = height;
        this.#found();
      } catch (error) {
        if (!isOfNode(error)) throw error;
        this.#missed(error.message);
      }
      if (!this.#isDue && !this.#stopped) await this.#pause();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#deps.pollMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #missed(reason: string): void {
    if (this.#lost !== reason) this.#deps.log.warn({ reason }, "the node does not answer; asking again");
    this.#lost = reason;
  }

  #found(): void {
    if (this.#lost !== undefined) this.#deps.log.info({}, "the node answers again");
    this.#lost = undefined;
  }
}

/** What a node that is stopped, starts or is behind answers, rather than a fault of this program. */
function isOfNode(error: unknown): error is Error {
  return error instanceof Error && ["RpcError", "QueryError", "OpgError"].includes(error.name);
}
