/**
 * What an operator has bound itself to, on disk before the chain hears of it: so it never binds itself to two answers for one
 * job, and can open its answer after it was killed at any instant (ADR-0170).
 *
 *   operator/journal        a line an entry: 16 hex digits of SHA-256 over the rest, a space, JSON
 *   operator/answers/<job>  the answers, an encoded JobOutputs; there before its entry is
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { fromHex, toHex } from "../../chain/runtime/bytes.ts";
import { sha256 } from "../../chain/store/sha256.ts";
import { JobOutputs } from "../../proto/gen/opg.compute.v1.ts";
import { NodeError } from "../errors.ts";
import { makeFolder, syncFolder, writeAll, writeFileSafely } from "../files.ts";

/** What an operator is bound to. */
export interface Answer {
  readonly jobId: bigint;
  /** Of the chain when it bound itself: a node that is behind it knows nothing of the job's end. */
  readonly height: bigint;
  /** 32 bytes; secret until it is opened. */
  readonly salt: Uint8Array;
  readonly root: Uint8Array;
  readonly commitment: Uint8Array;
  /** SHA-256 of the file of the answers. */
  readonly file: Uint8Array;
}

/** Whose journal it is. */
export interface Owner {
  readonly chainId: string;
  readonly operator: string;
}

type Entry =
  | { readonly type: "owner"; readonly chain: string; readonly operator: string }
  | {
      readonly type: "answer";
      readonly job: string;
      readonly height: string;
      readonly salt: string;
      readonly root: string;
      readonly commitment: string;
      readonly file: string;
    }
  | { readonly type: "done"; readonly job: string };

const CHECK_DIGITS = 16;
/** Lines that are of no use any more before the file is written anew. */
const SLACK = 256;

function lineOf(entry: Entry): Uint8Array {
  const text = JSON.stringify(entry);
  return new TextEncoder().encode(`${checkOf(text)} ${text}\n`);
}

function checkOf(text: string): string {
  return toHex(sha256(new TextEncoder().encode(text))).slice(0, CHECK_DIGITS);
}

/** Undefined if the line is not whole. */
function readLine(line: string): Entry | undefined {
  const text = line.slice(CHECK_DIGITS + 1);
  if (line[CHECK_DIGITS] !== " " || line.slice(0, CHECK_DIGITS) !== checkOf(text)) return undefined;
  return JSON.parse(text) as Entry;
}

function entryOf({ jobId, height, salt, root, commitment, file }: Answer): Entry {
  return {
    type: "answer",
    job: String(jobId),
    height: String(height),
    salt: toHex(salt),
    root: toHex(root),
    commitment: toHex(commitment),
    file: toHex(file),
  };
}

export class Journal {
  readonly #path: string;
  readonly #answersPath: string;
  readonly #answers: Map<bigint, Answer>;
  #file: number;
  /** Bytes that are whole. */
  #length: number;

  private constructor(path: string, answersPath: string, answers: Map<bigint, Answer>, length: number) {
    this.#path = path;
    this.#answersPath = answersPath;
    this.#answers = answers;
    this.#length = length;
    this.#file = openSync(path, "a", 0o600);
    // What a crash left of a line that was never whole: nothing was said by it.
    ftruncateSync(this.#file, length);
    fsyncSync(this.#file);
  }

  /**
   * Opens the journal in `folder`, or begins one.
   * @throws NodeError if it is another operator's or chain's, or a line that is not the last is damaged
   */
  static open(folder: string, owner: Owner): Journal {
    const path = join(folder, "journal");
    const answersPath = join(folder, "answers");
    makeFolder(answersPath);
    if (!existsSync(path)) {
      writeFileSafely(path, lineOf({ type: "owner", chain: owner.chainId, operator: owner.operator }));
      syncFolder(folder);
    }
    const { answers, lines, length } = read(path, owner);
    const journal = new Journal(path, answersPath, answers, length);
    if (lines > answers.size + SLACK) journal.#rewrite(owner);
    journal.#tidy();
    return journal;
  }

  /** To what it is bound for a job; undefined if to nothing, or the job is over. */
  answer(jobId: bigint): Answer | undefined {
    return this.#answers.get(jobId);
  }

  /** Jobs that it is bound to an answer for and that are not over, oldest first. */
  get open(): readonly bigint[] {
    return [...this.#answers.keys()].sort((a, b) => (a < b ? -1 : 1));
  }

  /**
   * Binds the operator to answers; returns when the disk has them. Only then may the commitment be sent.
   * @throws NodeError if it is bound for this job already
   */
  bind(answer: Omit<Answer, "file">, items: readonly Uint8Array[]): Answer {
    if (this.#answers.has(answer.jobId))
      throw new NodeError("failed", `job ${answer.jobId}: this operator is bound to an answer already`);
    const bytes = JobOutputs.encode(JobOutputs.create({ jobId: answer.jobId, items: [...items] }));
    writeFileSafely(this.#answerPath(answer.jobId), bytes);
    const bound: Answer = { ...answer, file: sha256(bytes) };
    this.#append(entryOf(bound));
    this.#answers.set(bound.jobId, bound);
    return bound;
  }

  /** The answers that it is bound to. @throws NodeError if their file is gone or damaged */
  items(jobId: bigint): readonly Uint8Array[] {
    const path = this.#answerPath(jobId);
    const bytes = existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
    const wanted = this.#answers.get(jobId)?.file;
    if (!bytes || !wanted || toHex(sha256(bytes)) !== toHex(wanted))
      throw new NodeError("failed", `${path}: the answers of job ${jobId} are gone or damaged`);
    return JobOutputs.decode(bytes).items;
  }

  /** The job is over: forgets its answer. */
  done(jobId: bigint): void {
    if (!this.#answers.delete(jobId)) return;
    this.#append({ type: "done", job: String(jobId) });
    rmSync(this.#answerPath(jobId), { force: true });
  }

  close(): void {
    closeSync(this.#file);
  }

  #answerPath(jobId: bigint): string {
    return join(this.#answersPath, String(jobId));
  }

  #append(entry: Entry): void {
    const line = lineOf(entry);
    try {
      writeAll(this.#file, line);
      fsyncSync(this.#file);
    } catch (error) {
      // A disk that is full may have a part of it: the next line must not follow that.
      ftruncateSync(this.#file, this.#length);
      throw error;
    }
    this.#length += line.length;
  }

  /** Writes the file anew with what counts. */
  #rewrite({ chainId, operator }: Owner): void {
    const lines = [
      lineOf({ type: "owner", chain: chainId, operator }),
      ...this.open.map((id) => lineOf(entryOf(this.#answers.get(id)!))),
    ];
    const bytes = Buffer.concat(lines);
    writeFileSafely(this.#path, bytes);
    closeSync(this.#file);
    this.#file = openSync(this.#path, "a", 0o600);
    this.#length = bytes.length;
  }

  /** Removes files of answers that no entry names: of a job that is over, or of a crash before the entry was written. */
  #tidy(): void {
    for (const name of readdirSync(this.#answersPath))
      if (!/^\d+$/.test(name) || !this.#answers.has(BigInt(name))) rmSync(join(this.#answersPath, name));
  }
}

interface Content {
  readonly answers: Map<bigint, Answer>;
  readonly lines: number;
  /** Bytes up to the end of the last whole line. */
  readonly length: number;
}

function read(path: string, owner: Owner): Content {
  const bytes = readFileSync(path);
  const answers = new Map<bigint, Answer>();
  let [length, lines] = [0, 0];
  for (let end = bytes.indexOf(10, length); end >= 0; end = bytes.indexOf(10, length)) {
    const entry = readLine(bytes.subarray(length, end).toString("utf8"));
    if (!entry) {
      // Only the last line may be torn.
      if (end + 1 === bytes.length) break;
      throw damaged(path, lines + 1);
    }
    if (lines === 0 && entry.type !== "owner") throw damaged(path, 1);
    apply(answers, entry, path, owner);
    length = end + 1;
    lines++;
  }
  if (lines === 0) throw damaged(path, 1);
  return { answers, lines, length };
}

function apply(answers: Map<bigint, Answer>, entry: Entry, path: string, owner: Owner): void {
  if (entry.type === "owner") {
    if (entry.chain !== owner.chainId || entry.operator !== owner.operator)
      throw new NodeError(
        "home",
        `${path} is of operator ${entry.operator} on ${entry.chain}, not of ${owner.operator} on ${owner.chainId}: use a home of its own for each`,
      );
    return;
  }
  const jobId = BigInt(entry.job);
  if (entry.type === "done") {
    answers.delete(jobId);
    return;
  }
  const [salt, root, commitment, file] = [entry.salt, entry.root, entry.commitment, entry.file].map(
    (text) => fromHex(text)!,
  ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  answers.set(jobId, { jobId, height: BigInt(entry.height), salt, root, commitment, file });
}

function damaged(path: string, line: number): NodeError {
  return new NodeError(
    "home",
    `${path}: line ${line} is damaged; put the file back from this disk's own copy, or move it away and lose what is bound by it`,
  );
}
