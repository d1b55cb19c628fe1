/** What a handler may see and touch: the block, a branch of the state, gas, events, and the engine. Nothing else. */

import type { Timestamp } from "../../proto/gen/google.protobuf.ts";
import type { CommitInfo, Event, Misbehavior } from "../../proto/gen/tendermint.abci.ts";
import type { Blobs, Branch, KVStore, Range } from "../store/types.ts";
import type { AddressCodec } from "./address.ts";
import type { ComputePort } from "./compute.ts";
import { EventLog } from "./events.ts";
import { GasMeter, STORE_GAS } from "./gas.ts";

/** The block that is worked on; of a query or a check, the last committed one. */
export interface BlockInfo {
  readonly chainId: string;
  readonly height: bigint;
  /** The block's time, as voted: the only clock there is. */
  readonly time: Timestamp;
  readonly hash: Uint8Array;
  /** 20 bytes; empty outside block processing. */
  readonly proposerAddress: Uint8Array;
  /** Who signed the block before. */
  readonly lastCommit: CommitInfo;
  readonly misbehavior: readonly Misbehavior[];
  /** Of the block's header: who validates the next block, and the state after the last. Only known of a block that is decided. */
  readonly nextValidatorsHash?: Uint8Array;
  readonly lastAppHash?: Uint8Array;
}

/** Why a transaction or handler runs. `deliver` is the only mode whose writes reach the chain. */
export type Mode = "check" | "recheck" | "simulate" | "prepare" | "process" | "deliver" | "query" | "genesis";

/** Gas limits of the block, from the consensus parameters; -1n is none. */
export interface BlockLimits {
  readonly maxGas: bigint;
  readonly maxBytes: bigint;
}

export interface ContextParts {
  readonly block: BlockInfo;
  readonly mode: Mode;
  readonly state: Branch;
  readonly addresses: AddressCodec;
  readonly compute: ComputePort;
  readonly gas?: GasMeter;
  readonly events?: EventLog;
}

export class Context {
  readonly block: BlockInfo;
  readonly mode: Mode;
  readonly addresses: AddressCodec;
  readonly compute: ComputePort;
  readonly gas: GasMeter;
  readonly events: EventLog;
  readonly #state: Branch;

  constructor(parts: ContextParts) {
    this.block = parts.block;
    this.mode = parts.mode;
    this.addresses = parts.addresses;
    this.compute = parts.compute;
    this.gas = parts.gas ?? new GasMeter();
    this.events = parts.events ?? new EventLog();
    this.#state = parts.state;
  }

  /** The store of one module; every access is charged. Only that module's keeper may call this. */
  store(name: string): KVStore {
    return new GasStore(this.#state.store(name), this.gas);
  }

  /** Model files and chunks, by SHA-256. Not charged here: the messages that carry them pay by the byte. */
  get blobs(): Blobs {
    return this.#state.blobs;
  }

  /**
   * The same context on a branch, with events of its own. `write` puts both into this context; `mark` may change the
   * events on the way.
   */
  branch(
    parts: {
      readonly gas?: GasMeter;
      readonly mode?: Mode;
      readonly compute?: ComputePort;
      readonly block?: BlockInfo;
    } = {},
  ): ContextBranch {
    const state = this.#state.branch();
    const ctx = new Context({
      block: parts.block ?? this.block,
      mode: parts.mode ?? this.mode,
      addresses: this.addresses,
      compute: parts.compute ?? this.compute,
      gas: parts.gas ?? this.gas,
      state,
    });
    return { ctx, write: writerOf(ctx, state, this.events) };
  }
}

export interface ContextBranch {
  readonly ctx: Context;
  write(mark?: (events: readonly Event[]) => readonly Event[]): void;
}

/** Apart, so that the function has no name: naming takes ten times as long as making it, and each message makes several. */
function writerOf(ctx: Context, state: Branch, into: EventLog): ContextBranch["write"] {
  return (mark) => {
    const { events } = ctx;
    state.write();
    into.append(mark ? mark(events.all) : events.all);
    into.announce(events.later);
  };
}

class GasStore implements KVStore {
  readonly #inner: KVStore;
  readonly #gas: GasMeter;

  constructor(inner: KVStore, gas: GasMeter) {
    this.#inner = inner;
    this.#gas = gas;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#gas.consume(STORE_GAS.read, "ReadFlat");
    const value = this.#inner.get(key);
    this.#gas.consume(STORE_GAS.readByte * BigInt(key.length + (value?.length ?? 0)), "ReadPerByte");
    return value;
  }

  has(key: Uint8Array): boolean {
    this.#gas.consume(STORE_GAS.has, "Has");
    return this.#inner.has(key);
  }

  set(key: Uint8Array, value: Uint8Array): void {
    this.#gas.consume(STORE_GAS.write, "WriteFlat");
    this.#gas.consume(STORE_GAS.writeByte * BigInt(key.length + value.length), "WritePerByte");
    this.#inner.set(key, value);
  }

  delete(key: Uint8Array): void {
    this.#gas.consume(STORE_GAS.delete, "Delete");
    this.#inner.delete(key);
  }

  *iterate(range?: Range): IterableIterator<readonly [Uint8Array, Uint8Array]> {
    for (const entry of this.#inner.iterate(range)) {
      this.#gas.consume(STORE_GAS.iterate, "IterNextFlat");
      this.#gas.consume(STORE_GAS.readByte * BigInt(entry[0].length + entry[1].length), "ValuePerByte");
      yield entry;
    }
  }
}
