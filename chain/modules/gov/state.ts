/** Proposals, deposits, votes and queues in the store. The only code of this module that touches the store `gov`. */
import { Deposit, Params, Proposal, ProposalStatus, Vote } from "../../../proto/gen/cosmos.gov.v1.ts";
import type { Address } from "../../runtime/address.ts";
import { u64Bytes, u64FromBytes, utf8 } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import { dueRange, prefixRange } from "../../runtime/range.ts";
import {
  ACTIVE_QUEUE_PREFIX,
  CONSTITUTION_KEY,
  DEPOSIT_PREFIX,
  depositKey,
  depositsPrefix,
  INACTIVE_QUEUE_PREFIX,
  NEXT_ID_KEY,
  PARAMS_KEY,
  PROPOSAL_PREFIX,
  proposalKey,
  queueKey,
  STORE,
  VOTE_PREFIX,
  VOTING_PREFIX,
  voteKey,
  votesPrefix,
  votingKey,
} from "./keys.ts";
import { DEFAULT_PARAMS } from "./params.ts";

export type Queue = "active" | "inactive";

const QUEUES: Readonly<Record<Queue, Uint8Array>> = {
  active: ACTIVE_QUEUE_PREFIX,
  inactive: INACTIVE_QUEUE_PREFIX,
};
const VOTED_ON = Uint8Array.of(1);
const FIRST_ID = 1n;

export function params(ctx: Context): Params {
  const bytes = ctx.store(STORE).get(PARAMS_KEY);
  return bytes ? Params.decode(bytes) : DEFAULT_PARAMS;
}

export function setParams(ctx: Context, value: Params): void {
  ctx.store(STORE).set(PARAMS_KEY, Params.encode(value));
}

export function constitution(ctx: Context): string {
  return new TextDecoder().decode(ctx.store(STORE).get(CONSTITUTION_KEY) ?? new Uint8Array(0));
}

export function setConstitution(ctx: Context, text: string): void {
  ctx.store(STORE).set(CONSTITUTION_KEY, utf8(text));
}

/** The id that the next proposal gets. */
export function nextId(ctx: Context): bigint {
  const bytes = ctx.store(STORE).get(NEXT_ID_KEY);
  return bytes ? u64FromBytes(bytes) : FIRST_ID;
}

export function setNextId(ctx: Context, id: bigint): void {
  ctx.store(STORE).set(NEXT_ID_KEY, u64Bytes(id));
}

export function takeId(ctx: Context): bigint {
  const id = nextId(ctx);
  setNextId(ctx, id + 1n);
  return id;
}

// ── Proposals ────────────────────────────────────────────────────────────────────────────────────────────────────────

export function findProposal(ctx: Context, id: bigint): Proposal | undefined {
  const bytes = ctx.store(STORE).get(proposalKey(id));
  return bytes && Proposal.decode(bytes);
}

/** @throws SdkError.notFound */
export function proposal(ctx: Context, id: bigint): Proposal {
  const found = findProposal(ctx, id);
  if (!found) throw SdkError.notFound(`proposal_id: proposal ${id} doesn't exist`);
  return found;
}

/** Writes a proposal, and whether it is voted on. Its queues are the caller's. */
export function setProposal(ctx: Context, value: Proposal): void {
  const store = ctx.store(STORE);
  if (value.status === ProposalStatus.PROPOSAL_STATUS_VOTING_PERIOD) store.set(votingKey(value.id), VOTED_ON);
  else store.delete(votingKey(value.id));
  store.set(proposalKey(value.id), Proposal.encode(value));
}

/** Removes a proposal from everywhere but deposits and votes. */
export function deleteProposal(ctx: Context, value: Proposal): void {
  const store = ctx.store(STORE);
  dequeue(ctx, "inactive", value);
  if (value.votingEndTime) {
    dequeue(ctx, "active", value);
    store.delete(votingKey(value.id));
  }
  store.delete(proposalKey(value.id));
}

export function isVotedOn(ctx: Context, id: bigint): boolean {
  return ctx.store(STORE).has(votingKey(id));
}

/** In order of id. Work is linear in all proposals there ever were. */
export function* allProposals(ctx: Context): IterableIterator<Proposal> {
  for (const [, bytes] of ctx.store(STORE).iterate(prefixRange(PROPOSAL_PREFIX)))
    yield Proposal.decode(bytes);
}

export function* allVotedOn(ctx: Context): IterableIterator<bigint> {
  for (const [key] of ctx.store(STORE).iterate(prefixRange(VOTING_PREFIX)))
    yield u64FromBytes(key.subarray(VOTING_PREFIX.length));
}

// ── Queues ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function dueTime(queue: Queue, value: Proposal): Proposal["votingEndTime"] {
  return queue === "active" ? value.votingEndTime : value.depositEndTime;
}

export function enqueue(ctx: Context, queue: Queue, value: Proposal): void {
  const due = dueTime(queue, value);
  if (!due) throw SdkError.logic(`proposal ${value.id} has no time to be queued by as ${queue}`);
  ctx.store(STORE).set(queueKey(QUEUES[queue], due, value.id), u64Bytes(value.id));
}

export function dequeue(ctx: Context, queue: Queue, value: Proposal): void {
  const due = dueTime(queue, value);
  if (due) ctx.store(STORE).delete(queueKey(QUEUES[queue], due, value.id));
}

/** Ids of a queue that are due at the block's time, by time, then id. */
export function* due(ctx: Context, queue: Queue): IterableIterator<bigint> {
  for (const [, value] of ctx.store(STORE).iterate(dueRange(QUEUES[queue], ctx.block.time)))
    yield u64FromBytes(value);
}

/** All ids of a queue, by time, then id. */
export function* queued(ctx: Context, queue: Queue): IterableIterator<bigint> {
  for (const [, value] of ctx.store(STORE).iterate(prefixRange(QUEUES[queue]))) yield u64FromBytes(value);
}

// ── Deposits ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export function findDeposit(ctx: Context, id: bigint, depositor: Address): Deposit | undefined {
  const bytes = ctx.store(STORE).get(depositKey(id, depositor));
  return bytes && Deposit.decode(bytes);
}

export function setDeposit(ctx: Context, deposit: Deposit): void {
  const depositor = ctx.addresses.parse(deposit.depositor, "depositor");
  ctx.store(STORE).set(depositKey(deposit.proposalId, depositor), Deposit.encode(deposit));
}

export function deleteDeposit(ctx: Context, id: bigint, depositor: Address): void {
  ctx.store(STORE).delete(depositKey(id, depositor));
}

/** Deposits of one proposal, in order of the depositors' addresses. */
export function* depositsOf(ctx: Context, id: bigint): IterableIterator<Deposit> {
  for (const [, bytes] of ctx.store(STORE).iterate(prefixRange(depositsPrefix(id))))
    yield Deposit.decode(bytes);
}

export function* allDeposits(ctx: Context): IterableIterator<Deposit> {
  for (const [, bytes] of ctx.store(STORE).iterate(prefixRange(DEPOSIT_PREFIX))) yield Deposit.decode(bytes);
}

// ── Votes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function findVote(ctx: Context, id: bigint, voter: Address): Vote | undefined {
  const bytes = ctx.store(STORE).get(voteKey(id, voter));
  return bytes && Vote.decode(bytes);
}

export function setVote(ctx: Context, vote: Vote): void {
  const voter = ctx.addresses.parse(vote.voter, "voter");
  ctx.store(STORE).set(voteKey(vote.proposalId, voter), Vote.encode(vote));
}

/** Votes on one proposal, in order of the voters' addresses. */
export function* votesOn(ctx: Context, id: bigint): IterableIterator<readonly [voter: Address, vote: Vote]> {
  const prefix = votesPrefix(id);
  for (const [key, bytes] of ctx.store(STORE).iterate(prefixRange(prefix)))
    yield [key.slice(prefix.length + 1) as Address, Vote.decode(bytes)];
}

export function deleteVotes(ctx: Context, id: bigint): void {
  const store = ctx.store(STORE);
  for (const [key] of [...store.iterate(prefixRange(votesPrefix(id)))]) store.delete(key);
}

export function* allVotes(ctx: Context): IterableIterator<Vote> {
  for (const [, bytes] of ctx.store(STORE).iterate(prefixRange(VOTE_PREFIX))) yield Vote.decode(bytes);
}
