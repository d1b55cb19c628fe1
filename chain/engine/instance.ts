/**
 * An instance of the engine whose memory is the same bytes before every run: what the engine was after it was loaded, then
 * one model (ADR-0029). So neither another model nor an earlier run can change an answer, whatever a kernel does wrong.
 *
 *   base    memory after onnxruntime was loaded; equal bytes on every machine
 *   image   base, then the one model's session
 *   run     from image; afterwards what differs from image is set back, and what lies above it is zeroed
 */
import { Buffer } from "node:buffer";
import { sha256 } from "../store/sha256.ts";
import { EngineError } from "./errors.ts";
import {
  type CompiledOrt,
  createSession,
  isAnswer,
  type LoadedOrt,
  loadEngine,
  runSession,
  type Session,
} from "./ort.ts";
import { decodeTensors, encodeTensors, type NamedTensor, NO_LIMITS } from "./tensor.ts";

/** Outputs of one run, as they travel between threads. */
export interface RunOutputs {
  /** In the order of the model; `bytes` has them in the order of names. */
  readonly names: readonly string[];
  /** Canonical tensors (ADR-0025). */
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
}

/** The model could not be run on these inputs. The instance is as good as before. */
export interface RunRefused {
  /** For the log, and no part of a result. */
  readonly reason: string;
}

export type RunResult = RunOutputs | RunRefused;

/** The model cannot be opened. The instance has none open, and is as good as before. */
export class OpenRefused extends EngineError {
  constructor(reason: string) {
    super("engineFailure", reason);
  }
}

/** A run of a batch threw what is no answer: the instance may be damaged and must not be used again. */
export class RunFailed extends EngineError {
  /** Index in the batch. */
  readonly index: number;

  constructor(index: number, reason: string) {
    super("engineFailure", reason);
    this.index = index;
  }
}

/** What is set back at once. */
const PAGE = 4_096;
/** What is compared at once before pages are. */
const BLOCK = 65_536;
const ZEROS = new Uint8Array(BLOCK);
/**
 * Whole comparisons in a row that must have found nothing new before runs of a batch go on with only the known pages set
 * back in between.
 */
const CALM = 2;
/** Bytes asked of malloc to find where the heap's end is kept: more than any hole it could fill. */
const FIND_BYTES = 64 * 1024 * 1024;
/** The loaded engine ends below (it takes 10 MB). */
const BASE_BYTES = 16 * 1024 * 1024;
/** So does static data, a good 1 MB. */
const STATIC_BYTES = 4 * 1024 * 1024;

export class Instance {
  readonly #loaded: LoadedOrt;
  /** The whole memory; a Buffer, as its compare is the one native comparison of bytes that there is. */
  readonly #memory: Buffer;
  /** Index of the 32-bit word that holds the heap's end: everything above was never touched. */
  readonly #endWord: number;
  readonly #base: Uint8Array;
  /** The stack pointer between runs. */
  readonly #stack: number;
  /** Of the open model; kept in `#room`, which is used again for the next one. */
  #image: Uint8Array | undefined;
  #room: Uint8Array;
  /** Offsets of pages that differ between `#room` and base. */
  readonly #ofModel = new Set<number>();
  #session: Session | undefined;
  /** Offsets of pages that runs of this model were seen to change. */
  #known = new Set<number>();
  #calm = 0;
  /** Whether memory may differ from the image. */
  #isUsed = false;

  /** @throws EngineError of kind nonConforming if memory is not laid out as the pinned version does */
  constructor(loaded: LoadedOrt) {
    this.#loaded = loaded;
    this.#memory = Buffer.from(loaded.memory);
    const start = this.#copyTo(BASE_BYTES);
    this.#endWord = findHeapEnd(loaded);
    const end = new Uint32Array(start.buffer)[this.#endWord]!;
    if (end > BASE_BYTES) throw nonConforming(`its heap ends at ${end}`);
    this.#base = start.subarray(0, pageEnd(end));
    this.#setBack(this.#base);
    this.#room = this.#base.slice();
    this.#stack = loaded.stackPointer();
  }

  static async load(compiled: CompiledOrt): Promise<Instance> {
    return new Instance(await loadEngine(compiled));
  }

  /** SHA-256 of the memory that every model is loaded into. */
  get baseHash(): Uint8Array {
    return sha256(this.#base);
  }

  /** SHA-256 of the memory that every run of the open model starts from, as it is now. */
  get memoryHash(): Uint8Array {
    return sha256(this.#copyTo(pageEnd(this.#heapEnd())));
  }

  /**
   * Loads a model in the place of the one before. Takes milliseconds for small ones.
   * @throws OpenRefused; anything else is a damaged instance
   */
  async open(model: Uint8Array): Promise<void> {
    this.tidy();
    // Only for onnxruntime's table of sessions: what it does to memory is undone.
    await this.#session?.release();
    this.#session = undefined;
    this.#image = undefined;
    this.#setBack(this.#base);
    this.#known = new Set();
    this.#calm = 0;
    this.#isUsed = false;
    try {
      this.#session = await createSession(this.#loaded.ort, model);
    } catch (error) {
      if (this.#isAnswer(error)) throw new OpenRefused(String(error));
      throw error;
    }
    this.#image = this.#takeImage();
  }

  /** Whether an error tells of the model alone, and left nothing behind that setting memory back does not undo (ADR-0034). */
  #isAnswer(error: unknown): boolean {
    return isAnswer(error) && this.#loaded.stackPointer() === this.#stack;
  }

  /**
   * Runs the open model on each of `batch` (canonical tensors). Memory is compared with the image once for the whole batch;
   * if more than the pages known to change had changed, all but the first run are done again one by one.
   * @throws RunFailed
   */
  async run(batch: readonly Uint8Array[]): Promise<RunResult[]> {
    const image = this.#image!;
    this.tidy();
    const results: RunResult[] = [];
    // The run at `checked` began with memory that was compared whole; those after it with known pages set back alone.
    let checked = 0;
    for (let i = 0; i < batch.length; ) {
      this.#isUsed = true;
      results[i] = await this.#runOne(batch[i]!, i);
      i++;
      // It began as it must: what it left behind can wait until its answer is on the way.
      if (i === batch.length && i - 1 === checked) break;
      if (i < batch.length && this.#calm >= CALM) {
        this.#settle(image);
        continue;
      }
      const isClean = this.tidy();
      if (!isClean && i - 1 > checked) i = checked + 1;
      checked = i;
    }
    return results;
  }

  /** Makes memory ready for the next run, if it is not. @returns false if more had to be set back than is known to change */
  tidy(): boolean {
    if (!this.#isUsed || !this.#image) return true;
    this.#isUsed = false;
    const isClean = this.#setBack(this.#image);
    this.#calm = isClean ? this.#calm + 1 : 0;
    return isClean;
  }

  async #runOne(inputs: Uint8Array, index: number): Promise<RunResult> {
    let outputs: readonly NamedTensor[];
    try {
      outputs = await runSession(this.#loaded.ort, this.#session!, decodeTensors(inputs, NO_LIMITS));
    } catch (error) {
      if (this.#isAnswer(error)) return { reason: String(error) };
      throw new RunFailed(index, String(error));
    }
    try {
      const bytes = encodeTensors(outputs);
      return { names: outputs.map(({ name }) => name), bytes, hash: sha256(bytes) };
    } catch (error) {
      // Outputs without an encoding are a failure of the run like any other.
      if (error instanceof EngineError) return { reason: String(error) };
      throw new RunFailed(index, String(error));
    }
  }

  #heapEnd(): number {
    return new Uint32Array(this.#loaded.memory, this.#endWord * 4, 1)[0]!;
  }

  /** The memory as it is, of which most pages are as in base. */
  #takeImage(): Uint8Array {
    const end = pageEnd(this.#heapEnd());
    for (const page of this.#ofModel) this.#room.set(this.#base.subarray(page, page + PAGE), page);
    this.#ofModel.clear();
    if (this.#room.length < end) {
      this.#room = new Uint8Array(end);
      this.#room.set(this.#base);
    }
    for (const page of this.#pagesUnlike(this.#base)) {
      this.#room.set(this.#memory.subarray(page, page + PAGE), page);
      this.#ofModel.add(page);
    }
    this.#room.set(this.#memory.subarray(this.#base.length, end), this.#base.length);
    return this.#room.subarray(0, end);
  }

  #copyTo(end: number): Uint8Array {
    return new Uint8Array(this.#loaded.memory, 0, end).slice();
  }

  /** Sets known pages back and zeroes what was put above the image. */
  #settle(image: Uint8Array): void {
    const end = pageEnd(this.#heapEnd());
    for (const page of this.#known) this.#memory.set(image.subarray(page, page + PAGE), page);
    for (let at = image.length; at < end; at += BLOCK) {
      const length = Math.min(BLOCK, end - at);
      if (this.#memory.compare(ZEROS, 0, length, at, at + length) !== 0)
        this.#memory.fill(0, at, at + length);
    }
  }

  /** Makes memory the image again, and learns which pages had to be. @returns whether none had to be beside the known */
  #setBack(image: Uint8Array): boolean {
    this.#settle(image);
    const pages = this.#pagesUnlike(image);
    for (const page of pages) {
      this.#memory.set(image.subarray(page, page + PAGE), page);
      this.#known.add(page);
    }
    return pages.length === 0;
  }

  /** Offsets of the pages in which memory differs from `image`. */
  #pagesUnlike(image: Uint8Array): number[] {
    const pages: number[] = [];
    if (!this.#differs(image, 0, image.length)) return pages;
    for (let at = 0; at < image.length; at += BLOCK) {
      const end = Math.min(at + BLOCK, image.length);
      if (!this.#differs(image, at, end)) continue;
      for (let page = at; page < end; page += PAGE) {
        if (this.#differs(image, page, page + PAGE)) pages.push(page);
      }
    }
    return pages;
  }

  /** Whether memory differs from `image` between two addresses. */
  #differs(image: Uint8Array, start: number, end: number): boolean {
    return this.#memory.compare(image, start, end, start, end) !== 0;
  }
}

/** `bytes` up to the end of their last page. */
function pageEnd(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE;
}

function nonConforming(what: string): EngineError {
  return new EngineError(
    "nonConforming",
    `onnxruntime-web is not the version that this one knows: ${what}; install the pinned one with npm ci`,
  );
}

/**
 * Where the C library keeps the heap's end (its break): the one word of static data that follows two large allocations and
 * lies above both. The break only rises in the pinned build. @returns the index of the 32-bit word
 */
function findHeapEnd({ memory, allocator }: LoadedOrt): number {
  const words = () => new Uint32Array(memory, 0, STATIC_BYTES / 4).slice();
  const before = words();
  const first = allocator.malloc(FIND_BYTES) >>> 0;
  const between = words();
  const second = allocator.malloc(FIND_BYTES) >>> 0;
  const after = words();
  allocator.free(second);
  allocator.free(first);
  let found = -1;
  const isAbove = (word: number, start: number) =>
    word >= start + FIND_BYTES && word < start + FIND_BYTES + BLOCK;
  for (let index = 0; index < before.length; index++) {
    const end = after[index]!;
    if (before[index] === end || !isAbove(between[index]!, first) || !isAbove(end, second)) continue;
    // The allocator's own mark of its topmost free bytes lies a little below the break.
    if (found < 0 || end > after[found]!) found = index;
  }
  if (found < 0) throw nonConforming("the end of its heap is not found");
  return found;
}
