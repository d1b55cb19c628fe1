/** The engine as blocks see it: outcomes are kept from when they are computed until the block that needed them is done. */
import type { EngineId, Outcome } from "../engine/engine.ts";
import type { NamedTensor } from "../engine/tensor.ts";
import { toHex } from "../runtime/bytes.ts";
import { ComputeMeter, ComputePending, type ComputePort, type ComputeRequest } from "../runtime/compute.ts";

/** What the chain needs of an engine (chain/engine CanonicalEngine). */
export interface ComputeEngine extends EngineId {
  /** Runs that wait for a thread. */
  readonly backlog: number;
  peek(modelHash: Uint8Array, inputHash: Uint8Array): Outcome | undefined;
  run(
    model: { readonly hash: Uint8Array; readonly bytes: () => Uint8Array },
    inputs: readonly NamedTensor[],
    options?: { readonly priority?: "block" | "background" },
  ): Promise<Outcome>;
}

/** Work made ahead of need is dropped when so many runs wait: it would come too late, and whoever floods pays nothing. */
const MAX_BACKLOG = 64;

export class BlockCompute implements ComputePort {
  readonly meter = new ComputeMeter();
  readonly #engine: ComputeEngine;
  /** Outcomes that the block in progress waited for: the engine's cache may drop them, this does not. */
  readonly #kept = new Map<string, Outcome>();

  constructor(engine: ComputeEngine) {
    this.#engine = engine;
  }

  get engine(): EngineId {
    return this.#engine;
  }

  outcome(request: ComputeRequest): Outcome {
    const known = this.#kept.get(keyOf(request)) ?? this.#engine.peek(request.modelHash, request.inputHash);
    if (!known) throw new ComputePending(request);
    return known;
  }

  warm(request: ComputeRequest): void {
    if (this.#engine.backlog >= MAX_BACKLOG || this.#engine.peek(request.modelHash, request.inputHash))
      return;
    // A failure here is seen again, and reported, when the outcome is needed.
    this.#start(request, "background").catch(() => undefined);
  }

  /** Computes an outcome and keeps it until `release`. @throws if the engine itself is broken, never for a bad model. */
  async compute(request: ComputeRequest): Promise<void> {
    // A run started ahead of need may fail where it reads the file through a state that is gone: the block's own does not.
    const outcome = await this.#start(request, "block").catch(() => this.#start(request, "block"));
    this.#kept.set(keyOf(request), outcome);
  }

  release(): void {
    this.#kept.clear();
  }

  #start(
    { modelHash, modelBytes, inputs }: ComputeRequest,
    priority: "block" | "background",
  ): Promise<Outcome> {
    return this.#engine.run({ hash: modelHash, bytes: modelBytes }, inputs, { priority });
  }
}

function keyOf({ modelHash, inputHash }: ComputeRequest): string {
  return toHex(modelHash) + toHex(inputHash);
}
