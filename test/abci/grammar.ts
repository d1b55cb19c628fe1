/**
 * The order in which CometBFT may call an application, as a grammar, and a checker of recorded runs.
 * Source: CometBFT v0.40 spec/abci/abci++_comet_expected_behavior.md.
 *
 * Calls that the grammar leaves out (echo, flush, checkTx, query, listSnapshots, loadSnapshotChunk, insertTx, reapTxs) are
 * skipped. An `info` begins a session (CometBFT or the application was started), so a recording must not hold calls of
 * the RPC's abci_info, which cannot be told from a handshake. A session may end anywhere: processes are killed.
 */
import type { CallName } from "../../abci/index.ts";

/** One call as recorded. */
export interface Recorded {
  readonly call: CallName;
  /** Of the block that the call is about, where the request names one; for `info`, the height answered. */
  readonly height?: bigint;
}

type Expression =
  | { readonly kind: "call"; readonly call: CallName }
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly Expression[] }
  | { readonly kind: "repeat"; readonly part: Expression };

const one = (call: CallName): Expression => ({ kind: "call", call });
const sequence = (...parts: Expression[]): Expression => ({ kind: "sequence", parts });
const choice = (...parts: Expression[]): Expression => ({ kind: "choice", parts });
const repeat = (part: Expression): Expression => ({ kind: "repeat", part });
const optional = (part: Expression): Expression => choice(part, sequence());

const gotVotes = repeat(one("verifyVoteExtension"));
const extend = sequence(gotVotes, one("extendVote"), gotVotes);
const proposer = sequence(
  gotVotes,
  optional(sequence(one("prepareProposal"), optional(one("processProposal")))),
  optional(extend),
);
const nonProposer = sequence(gotVotes, optional(one("processProposal")), optional(extend));
const height = sequence(repeat(choice(proposer, nonProposer)), one("finalizeBlock"), one("commit"));
const consensus = repeat(height);
const appHandshake = sequence(one("info"), one("initChain"));
const chunks = repeat(one("applySnapshotChunk"));
const stateSync = sequence(
  repeat(sequence(one("offerSnapshot"), chunks)),
  one("offerSnapshot"),
  one("applySnapshotChunk"),
  chunks,
  one("info"),
);
const cleanStart = sequence(choice(appHandshake, stateSync), consensus);
const recovery = sequence(one("info"), optional(one("initChain")), consensus);

/** A state of the automaton: where its calls lead, and where one may go without a call. */
interface State {
  readonly onCall: Map<CallName, State>;
  readonly free: State[];
}

const state = (): State => ({ onCall: new Map(), free: [] });

/** Adds the expression between two states (Thompson's construction). */
function connect(expression: Expression, from: State, to: State): void {
  if (expression.kind === "call") {
    const entry = state();
    from.free.push(entry);
    entry.onCall.set(expression.call, to);
  } else if (expression.kind === "choice") {
    for (const part of expression.parts) connect(part, from, to);
  } else if (expression.kind === "repeat") {
    const loop = state();
    from.free.push(loop);
    connect(expression.part, loop, loop);
    loop.free.push(to);
  } else {
    let at = from;
    for (const part of expression.parts) {
      const next = state();
      connect(part, at, next);
      at = next;
    }
    at.free.push(to);
  }
}

function closure(states: Iterable<State>): Set<State> {
  const all = new Set(states);
  // Elements added while a set is walked are walked too.
  for (const each of all) for (const next of each.free) all.add(next);
  return all;
}

/** The index of the first call that cannot come at its place, or undefined if the calls are a prefix of the grammar. */
function firstViolation(grammar: Expression, calls: readonly CallName[]): number | undefined {
  const start = state();
  connect(grammar, start, state());
  let current = closure([start]);
  for (const [index, call] of calls.entries()) {
    const next = [...current].map((each) => each.onCall.get(call)).filter((each) => each !== undefined);
    if (next.length === 0) return index;
    current = closure(next);
  }
  return undefined;
}

const inGrammar = new Set<CallName>([
  "info",
  "initChain",
  "offerSnapshot",
  "applySnapshotChunk",
  "prepareProposal",
  "processProposal",
  "extendVote",
  "verifyVoteExtension",
  "finalizeBlock",
  "commit",
]);

export interface GrammarReport {
  /** What is wrong, with the call's number in the recording; empty if nothing is. */
  readonly violations: readonly string[];
  /** How often CometBFT or the application was started. */
  readonly sessions: number;
  /** Sessions in which `info` answered less than what was already committed, so that blocks were replayed. */
  readonly replays: number;
  readonly blocks: number;
}

/** Cuts a recording into sessions: at every `info`, except the one that ends a state sync. */
function sessionsOf(recording: readonly Recorded[]): Recorded[][] {
  const sessions: Recorded[][] = [];
  let current: Recorded[] | undefined;
  for (const each of recording) {
    if (!inGrammar.has(each.call)) continue;
    const synced = current?.at(-1)?.call === "applySnapshotChunk";
    const begins = each.call === "info" ? !synced : each.call === "offerSnapshot" && current === undefined;
    if (current === undefined || begins) {
      current = [];
      sessions.push(current);
    }
    current.push(each);
  }
  return sessions;
}

/** Checks order by the grammar, and that heights follow one another. */
export function checkGrammar(recording: readonly Recorded[]): GrammarReport {
  const violations: string[] = [];
  let replays = 0;
  let blocks = 0;
  let committed = 0n;
  const sessions = sessionsOf(recording);
  for (const [number, session] of sessions.entries()) {
    const grammar = number === 0 ? choice(cleanStart, recovery) : recovery;
    const at = firstViolation(
      grammar,
      session.map(({ call }) => call),
    );
    if (at !== undefined) {
      const around = session.slice(Math.max(0, at - 4), at + 1).map(({ call }) => call);
      violations.push(`session ${number}, call ${at}: ${around.join(" → ")} is not in the grammar`);
    }
    const first = session[0]!;
    let last = first.call === "info" ? (first.height ?? 0n) : undefined;
    if (last !== undefined && last < committed) replays++;
    let finalised: bigint | undefined;
    for (const { call, height: of } of session) {
      if (call === "commit") {
        if (finalised !== undefined) {
          last = finalised;
          blocks++;
        }
        if (last !== undefined && last > committed) committed = last;
      } else if (of !== undefined && call !== "info" && last !== undefined && of !== last + 1n) {
        violations.push(`session ${number}: ${call} for height ${of} after height ${last} was committed`);
      }
      if (call === "finalizeBlock") finalised = of;
    }
  }
  return { violations, sessions: sessions.length, replays, blocks };
}
