/**
 * Runs a simulation: blocks by chance, or a script's, on a chain whose invariants are checked after every block; on a second
 * one that starts again now and then, remembers next to nothing and has an engine of its own; and, for a while after an
 * export, on a third that started from it. All must answer alike.
 */
import { inspect, isDeepStrictEqual } from "node:util";
import { sha256 } from "@noble/hashes/sha2.js";
import secp256k1 from "secp256k1";
import type { ComputeEngine } from "../../../chain/block/compute.ts";
import type { AppState } from "../../../chain/genesis.ts";
import {
  defaultRegistry,
  type Signer,
  type SigningAccount,
  signRequest,
  type TxContent,
  txBytes,
} from "../../../client/index.ts";
import { genesisProblems, makeGenesis, PRESETS } from "../../../genesis/index.ts";
import { Query as AuthQuery } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import { Query as ConsensusQuery } from "../../../proto/gen/cosmos.consensus.v1.ts";
import type { Timestamp } from "../../../proto/gen/google.protobuf.ts";
import type { Event, ResponseFinalizeBlock } from "../../../proto/gen/tendermint.abci.ts";
import {
  type BlockOptions,
  CHAIN_ID,
  DENOM,
  QueryFailed,
  START,
  TestChain,
  testKey,
  testSigner,
} from "../chain.ts";
import { Random } from "../modules/random.ts";
import { Comet } from "./comet.ts";
import { Generator } from "./generate.ts";
import { genesisOf } from "./genesis.ts";
import { COMMON_REFUSALS, GARBLED_REFUSALS } from "./operation.ts";
import { OPERATIONS } from "./operations/index.ts";
import { LEAST_SIG_LIMIT } from "./parameters.ts";
import type { Script, ScriptBlock, ScriptTx } from "./script.ts";
import { View } from "./view.ts";
import { wordsTx } from "./words.ts";
import { startAgain } from "./zero-height.ts";

export interface Engines {
  readonly steady: ComputeEngine;
  readonly restless: ComputeEngine;
}

export interface SimulationOptions {
  readonly engines: Engines;
  readonly seed: number;
  readonly blocks: number;
  /** Transactions a block, on average. */
  readonly perBlock: number;
}

/** What went wrong, and where. */
export interface SimulationFailure {
  readonly kind: "thrown" | "refusal" | "invariant" | "twin" | "proposal" | "import" | "export";
  readonly text: string;
  readonly height: bigint;
}

export interface SimulationReport {
  readonly script: Script;
  readonly failure: SimulationFailure | undefined;
  /** How often each operation ended how, as `ok` or codespace and code. */
  readonly ends: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** How often each kind of event of begin and end block was seen. */
  readonly events: ReadonlyMap<string, number>;
  /** Of the last block. */
  readonly appHash: Uint8Array;
}

class Failed extends Error {
  readonly kind: SimulationFailure["kind"];
  constructor(kind: SimulationFailure["kind"], text: string) {
    super(text);
    this.kind = kind;
  }
}

/** What is looked at beside the results: less of it makes a script run faster. */
export interface Checks {
  readonly invariants: boolean;
  readonly twin: boolean;
}

const ALL: Checks = { invariants: true, twin: true };

/** A chance in a hundred that a block is exported, beside the one in the middle. */
const EXPORTED = 1;
/** Blocks for which a chain that started from an export goes along. */
const FOLLOWED = 12;
const registry = defaultRegistry();
const refusalsOf = new Map(OPERATIONS.map(({ name, refusals }) => [name, refusals]));

interface Follower {
  readonly chain: TestChain;
  left: number;
}

interface Prepared {
  readonly tx: ScriptTx;
  readonly bytes: Uint8Array;
  /** An earlier transaction of one of its signers is in the block: if that fails early, this one's sequence is wrong. */
  readonly second: boolean;
}

class Simulation {
  readonly #checks: Checks;
  readonly #seed: number;
  readonly #engines: Engines;
  readonly #people: readonly string[];
  readonly #genesis: ReturnType<typeof genesisOf>;
  #steady!: TestChain;
  #restless: TestChain | undefined;
  #follower: Follower | undefined;
  #comet!: Comet;
  #seconds = START;
  readonly done: ScriptBlock[] = [];
  readonly ends = new Map<string, Map<string, number>>();
  readonly events = new Map<string, number>();
  appHash: Uint8Array = new Uint8Array(0);

  constructor(seed: number, engines: Engines, checks: Checks) {
    this.#checks = checks;
    this.#seed = seed;
    this.#engines = engines;
    this.#genesis = genesisOf(seed);
    this.#people = this.#genesis.people;
  }

  async start(): Promise<void> {
    const { options } = this.#genesis;
    const { invariants, twin } = this.#checks;
    this.#steady = await TestChain.start({
      ...options,
      engine: this.#engines.steady,
      checkInvariants: invariants,
    });
    this.#comet = new Comet(1n, this.#steady.initialValidators);
    if (!twin) return;
    this.#restless = await TestChain.start({
      ...options,
      engine: this.#engines.restless,
      checkInvariants: false,
      storeCacheBytes: 4_096,
      modelCacheBytes: 1,
      txCacheBytes: 1,
    });
  }

  get height(): bigint {
    return this.#steady.height;
  }

  async generate(blocks: number, perBlock: number): Promise<void> {
    const random = new Random(this.#seed);
    const view = new View(this.#steady, this.#engines.steady, this.#people);
    const generator = new Generator(random, view, perBlock);
    // There is no state to ask before the first block.
    await this.apply(EMPTY_BLOCK);
    const middle = 1 + Math.floor(blocks / 3) + random.below(Math.max(1, Math.floor(blocks / 3)));
    for (let made = 1; made < blocks; made++) {
      const seconds = generator.seconds();
      view.turn({ seconds: this.#seconds + BigInt(seconds), nanos: 0 });
      const exported = made === middle || random.chance(EXPORTED);
      const block = await generator.block(this.#comet, this.height + 1n, seconds, exported);
      await this.apply(block);
    }
  }

  /** @throws Failed, and what the chain throws */
  async apply(block: ScriptBlock): Promise<void> {
    this.done.push(block);
    const height = this.height + 1n;
    this.#seconds += BigInt(block.seconds);
    const time = { seconds: this.#seconds, nanos: 0 };
    if (block.restart) await this.#restless?.reopen();
    const prepared = await this.#prepare(block.txs);
    for (const { tx, bytes } of prepared) if (tx.seen) this.#steady.checkTx(bytes);
    const options: BlockOptions = {
      time,
      validators: {
        proposerAddress: this.#comet.proposer(height, block.proposer),
        votes: this.#comet.votes(height, new Set(block.absent)),
        misbehavior: block.cheats.flatMap((cheat) => this.#comet.misbehavior(height, cheat)),
      },
    };
    let txs: readonly Uint8Array[] = prepared.map(({ bytes }) => bytes);
    if (block.propose) txs = this.#propose(txs, options);
    const words = wordsTx(height, options.validators!.votes, block.words ?? {});
    if (words) txs = [words, ...txs];
    const answer = await this.#steady.block(txs, options);
    this.appHash = answer.appHash;
    this.#count(answer, txs, prepared);
    if (this.#restless) this.#agree("twin", answer, await this.#restless.block(txs, options));
    await this.#follow(answer, txs, options);
    this.#comet.finalized(height, time, answer.validatorUpdates);
    if (block.exported) await this.#export(time);
  }

  #propose(txs: readonly Uint8Array[], options: BlockOptions): readonly Uint8Array[] {
    const chosen = this.#steady.propose(txs, options);
    if (this.#restless && !isDeepStrictEqual(this.#restless.propose(txs, options), chosen))
      throw new Failed("proposal", "the two nodes propose differently");
    return chosen;
  }

  /** Signed with the sequences of the state; whoever has no account yet cannot sign. */
  async #prepare(txs: readonly ScriptTx[]): Promise<readonly Prepared[]> {
    const prepared: Prepared[] = [];
    const ahead = new Map<string, bigint>();
    for (const tx of txs) {
      const parties = await Promise.all(tx.by.map((name) => this.#party(name, ahead.get(name) ?? 0n)));
      const there = parties.filter((party) => party !== undefined);
      if (there.length < parties.length) continue;
      const fee = {
        amount: tx.fee > 0n ? [{ denom: DENOM, amount: tx.fee.toString() }] : [],
        gasLimit: tx.gas,
        ...(tx.granter === undefined ? {} : { granter: testSigner(tx.granter).address }),
      };
      const bytes = signed({ messages: tx.messages, fee }, there);
      if (tx.garbled) {
        const [place, bit] = tx.garbled;
        bytes[Math.floor((place / 65_536) * bytes.length)]! ^= 1 << bit;
      }
      const second = tx.by.some((name) => ahead.has(name));
      for (const name of tx.by) ahead.set(name, (ahead.get(name) ?? 0n) + 1n);
      prepared.push({ tx, bytes, second });
    }
    return prepared;
  }

  async #party(name: string, ahead: bigint) {
    const signer = testSigner(name);
    try {
      const { info } = await this.#steady.query(AuthQuery.methods.AccountInfo, { address: signer.address });
      const { accountNumber, sequence } = info!;
      return { name, signer, chainId: CHAIN_ID, accountNumber, sequence: sequence + ahead };
    } catch (error) {
      if (error instanceof QueryFailed) return undefined;
      throw error;
    }
  }

  #count(
    { txResults, events }: ResponseFinalizeBlock,
    txs: readonly Uint8Array[],
    prepared: readonly Prepared[],
  ): void {
    for (const { type } of events) this.events.set(type, (this.events.get(type) ?? 0) + 1);
    for (const [index, { code, codespace, log }] of txResults.entries()) {
      const made = prepared.find(({ bytes }) => bytes === txs[index]);
      if (!made) {
        if (code !== 0) throw new Failed("refusal", `what votes say ends with ${codespace} ${code}: ${log}`);
        continue;
      }
      const { tx, second } = made;
      const end = code === 0 ? "ok" : `${codespace} ${code}`;
      for (const name of tx.does) {
        const counts = this.ends.get(name) ?? new Map<string, number>();
        counts.set(end, (counts.get(end) ?? 0) + 1);
        this.ends.set(name, counts);
      }
      if (code !== 0 && !isExpected(tx, end, second))
        throw new Failed("refusal", `${tx.does.join("+")} ends with ${end}: ${log}`);
    }
  }

  #agree(kind: "twin" | "import", one: ResponseFinalizeBlock, other: ResponseFinalizeBlock): void {
    const [expected, found] = [comparable(one), comparable(other)];
    if (kind === "import") {
      // A chain that starts from an export has the same state and other trees. What completes at one and the same time does so
      // in the order in which it began, of which the SDK's genesis says nothing: there it is the order of keys.
      expected.appHash = found.appHash;
      for (const each of [expected, found]) each.events = inAnyOrder(each.events.filter(isMore));
    }
    if (!isDeepStrictEqual(expected, found)) throw new Failed(kind, difference(expected, found));
  }

  async #export({ seconds }: Timestamp): Promise<void> {
    if (this.#follower) return;
    const state = JSON.parse(JSON.stringify(this.#steady.app.exportGenesis(0n))) as AppState;
    const shell = makeGenesis({
      chainId: CHAIN_ID,
      time: new Date(Number(seconds) * 1_000).toISOString(),
      preset: PRESETS.test,
    });
    const problems = genesisProblems({ ...shell, initial_height: `${this.height + 1n}`, app_state: state });
    if (problems.length > 0) throw new Failed("export", problems.join("; "));
    const { params } = await this.#steady.query(ConsensusQuery.methods.Params);
    const again = await startAgain({
      from: this.#steady,
      engine: this.#engines.restless,
      consensus: params!,
      seconds,
      alone: this.height % 2n === 0n,
    });
    if (again) throw new Failed("export", `for zero height: ${again}`);
    const chain = await TestChain.start({
      engine: this.#engines.restless,
      initialHeight: this.height + 1n,
      goesOn: true,
      appState: () => state,
      consensus: params!,
    });
    this.#follower = { chain, left: FOLLOWED };
  }

  async #follow(
    answer: ResponseFinalizeBlock,
    txs: readonly Uint8Array[],
    options: BlockOptions,
  ): Promise<void> {
    const follower = this.#follower;
    if (!follower) return;
    this.#agree("import", answer, await follower.chain.block(txs, options));
    // After the first block, before which there is no state to export, and when all is said.
    if (follower.left === FOLLOWED || follower.left === 1) this.#compareStates(follower.chain);
    follower.left -= 1;
    if (follower.left > 0) return;
    this.#follower = undefined;
    await follower.chain.close();
  }

  #compareStates(other: TestChain): void {
    const [expected, found] = [this.#steady, other].map((chain) => chain.app.exportGenesis(0n));
    if (!isDeepStrictEqual(expected, found))
      throw new Failed("import", `state: ${difference(expected, found)}`);
  }

  async close(): Promise<void> {
    await this.#follower?.chain.close();
    await this.#steady?.close();
    await this.#restless?.close();
  }
}

const EMPTY_BLOCK: ScriptBlock = {
  seconds: 5,
  proposer: 0,
  absent: [],
  cheats: [],
  txs: [],
  restart: false,
  propose: false,
  exported: false,
};

interface Party extends SigningAccount {
  readonly name: string;
  readonly signer: Signer;
}

/** As the SDK signs, but with the compiled curve, and without a look at the signature: thousands are made. */
function signed(content: TxContent, parties: readonly Party[]): Uint8Array {
  const places = parties.map(({ signer, sequence }) => ({
    publicKey: signer.publicKey,
    sequence,
    mode: "direct" as const,
  }));
  const requests = parties.map((party) => signRequest(content, places, party, "direct", registry));
  const signatures = requests.map(
    ({ signBytes }, index) => secp256k1.ecdsaSign(sha256(signBytes), testKey(parties[index]!.name)).signature,
  );
  const { bodyBytes, authInfoBytes } = requests[0]!;
  return txBytes(bodyBytes, authInfoBytes, signatures);
}

function isExpected({ does, by, garbled, granter }: ScriptTx, end: string, second: boolean): boolean {
  if (COMMON_REFUSALS.includes(end) || (second && end === "sdk 32")) return true;
  // A vote may let a transaction have no more signatures than it likes (parameters.ts).
  if (by.length > LEAST_SIG_LIMIT && end === "sdk 14") return true;
  if (granter !== undefined && (end.startsWith("feegrant ") || end === "sdk 38" || end === "sdk 9"))
    return true;
  if (garbled && GARBLED_REFUSALS.includes(end)) return true;
  return does.some((name) => refusalsOf.get(name)?.includes(end));
}

/**
 * The queue of unbondings keeps the times of cancelled ones, at which nothing is completed but the event is there all the same
 * (SDK x/staking BlockValidatorUpdates); a genesis has no queue, and a chain that starts from it none of these.
 */
function isMore({ type, attributes }: Event): boolean {
  return (
    (type !== "complete_unbonding" && type !== "complete_redelegation") ||
    attributes.some(({ key, value }) => key === "amount" && value !== "")
  );
}

function inAnyOrder(events: readonly Event[]): readonly Event[] {
  const texts = new Map(events.map((event) => [event, JSON.stringify(event)]));
  return [...events].sort((a, b) => (texts.get(a)! < texts.get(b)! ? -1 : 1));
}

/** All of a block's answer but the logs, which are for people. */
function comparable(answer: ResponseFinalizeBlock) {
  const { txResults, events, validatorUpdates, consensusParamUpdates, appHash } = answer;
  return {
    txResults: txResults.map(({ log: _, ...rest }) => rest),
    events,
    validatorUpdates,
    consensusParamUpdates,
    appHash,
  };
}

/** The first place where two values differ. */
function difference(expected: unknown, found: unknown, path = "$"): string {
  const isPlain = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !(value instanceof Uint8Array);
  if (isPlain(expected) && isPlain(found)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(found)]))
      if (!isDeepStrictEqual(expected[key], found[key]))
        return difference(expected[key], found[key], `${path}.${key}`);
  }
  const show = (value: unknown) => inspect(value, { depth: 3, breakLength: 200 }).slice(0, 400);
  return `${path}: ${show(found)} where ${show(expected)} is expected`;
}

function failureOf(error: unknown, height: bigint): SimulationFailure {
  if (error instanceof Failed) return { kind: error.kind, text: error.message, height };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: text.includes("invariant") ? "invariant" : "thrown", text, height };
}

async function run(
  seed: number,
  engines: Engines,
  checks: Checks,
  make: (simulation: Simulation) => Promise<void>,
): Promise<SimulationReport> {
  const simulation = new Simulation(seed, engines, checks);
  let failure: SimulationFailure | undefined;
  try {
    await simulation.start();
    await make(simulation);
  } catch (error) {
    failure = failureOf(error, simulation.height + 1n);
  } finally {
    await simulation.close();
  }
  const { done: blocks, ends, events, appHash } = simulation;
  return { script: { seed, blocks }, failure, ends, events, appHash };
}

/** Makes blocks by chance. Never throws for what a chain does: see the report's `failure`. */
export function simulate({ seed, engines, blocks, perBlock }: SimulationOptions): Promise<SimulationReport> {
  return run(seed, engines, ALL, (simulation) => simulation.generate(blocks, perBlock));
}

/** Makes a script's blocks again. */
export function replay({ seed, blocks }: Script, engines: Engines, checks = ALL): Promise<SimulationReport> {
  return run(seed, engines, checks, async (simulation) => {
    for (const block of blocks) await simulation.apply(block);
  });
}
