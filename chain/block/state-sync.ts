/** State sync: snapshots made of committed versions and served to others, and one taken up from others. */
import {
  ResponseApplySnapshotChunk_Result as ApplyResult,
  ResponseOfferSnapshot_Result as OfferResult,
  type RequestApplySnapshotChunk,
  type RequestLoadSnapshotChunk,
  type RequestOfferSnapshot,
  ResponseApplySnapshotChunk,
  type ResponseListSnapshots,
  ResponseLoadSnapshotChunk,
  ResponseOfferSnapshot,
} from "../../proto/gen/tendermint.abci.ts";
import { StoreError } from "../store/errors.ts";
import type { MultiStore } from "../store/multistore.ts";
import { SnapshotFolder } from "../store/snapshots/folder.ts";
import { SNAPSHOT_FORMAT } from "../store/snapshots/format.ts";
import type { SnapshotRestorer } from "../store/snapshots/restore.ts";

export interface StateSyncOptions {
  /** Folder of the snapshots. */
  readonly path: string;
  /** A snapshot is made at heights that are multiples of this; 0 makes none. */
  readonly interval: bigint;
  /** How many are kept, newest first. */
  readonly keepRecent: number;
}

export interface StateSyncDeps {
  readonly store: MultiStore;
  /** Told of a snapshot that could not be made: the chain goes on without it. */
  readonly onFailure: (height: bigint, error: unknown) => void;
}

export class StateSync {
  readonly #options: StateSyncOptions;
  readonly #deps: StateSyncDeps;
  readonly #folder: SnapshotFolder;
  /** The snapshot being made; one at a time. */
  #making: Promise<void> | undefined;
  #restorer: SnapshotRestorer | undefined;

  constructor(options: StateSyncOptions, deps: StateSyncDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#folder = new SnapshotFolder({ path: options.path });
  }

  /** After a commit: begins a snapshot if one is due. Blocks go on beside it. */
  afterCommit(height: bigint): void {
    const { interval } = this.#options;
    if (interval === 0n || height % interval !== 0n || this.#making) return;
    this.#making = this.#make(height).finally(() => {
      this.#making = undefined;
    });
  }

  async #make(height: bigint): Promise<void> {
    const view = this.#deps.store.at(height);
    try {
      await this.#folder.create(view);
      await this.#folder.keepRecent(this.#options.keepRecent);
    } catch (error) {
      this.#deps.onFailure(height, error);
    } finally {
      view.release();
    }
  }

  /** Waits for the snapshot being made. */
  async settle(): Promise<void> {
    await this.#making;
  }

  async list(): Promise<ResponseListSnapshots> {
    const snapshots = (await this.#folder.list()).map(({ height, format, chunks, hash, metadata }) => ({
      height,
      format,
      chunks,
      hash,
      metadata,
    }));
    return { snapshots };
  }

  async load({ height, format, chunk }: RequestLoadSnapshotChunk): Promise<ResponseLoadSnapshotChunk> {
    return ResponseLoadSnapshotChunk.create({
      chunk: (await this.#folder.chunk(height, format, chunk)) ?? new Uint8Array(0),
    });
  }

  /** Takes up a snapshot of the network, if this node has no state of its own. */
  async offer({ snapshot, appHash }: RequestOfferSnapshot): Promise<ResponseOfferSnapshot> {
    const answer = (result: number) => ResponseOfferSnapshot.create({ result });
    if (!snapshot || this.#deps.store.version > 0n) return answer(OfferResult.ABORT);
    if (snapshot.format !== SNAPSHOT_FORMAT) return answer(OfferResult.REJECT_FORMAT);
    await this.#restorer?.abandon();
    try {
      this.#restorer = await this.#deps.store.restore(snapshot, appHash);
    } catch (error) {
      if (error instanceof StoreError) return answer(OfferResult.REJECT);
      throw error;
    }
    return answer(OfferResult.ACCEPT);
  }

  /** @param onComplete called when the last chunk made the restored version the latest */
  async apply(
    { index, chunk, sender }: RequestApplySnapshotChunk,
    onComplete: () => void,
  ): Promise<ResponseApplySnapshotChunk> {
    const restorer = this.#restorer;
    if (!restorer) return ResponseApplySnapshotChunk.create({ result: ApplyResult.ABORT });
    try {
      await restorer.apply(index, chunk);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.code === "BLOB_MISMATCH") {
        return {
          result: ApplyResult.RETRY,
          refetchChunks: [index],
          rejectSenders: sender === "" ? [] : [sender],
        };
      }
      this.#restorer = undefined;
      return ResponseApplySnapshotChunk.create({ result: ApplyResult.REJECT_SNAPSHOT });
    }
    if (restorer.complete) {
      this.#restorer = undefined;
      onComplete();
    }
    return ResponseApplySnapshotChunk.create({ result: ApplyResult.ACCEPT });
  }
}
