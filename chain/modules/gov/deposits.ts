/** Deposits on proposals: taken, refunded, charged, burnt. Source: x/gov/keeper/deposit.go of the Cosmos SDK v0.53. */
import {
  type Deposit,
  type Params,
  type Proposal,
  ProposalStatus,
} from "../../../proto/gen/cosmos.gov.v1.ts";
import { type Address, moduleAddress } from "../../runtime/address.ts";
import { AUTHORITY } from "../../runtime/authority.ts";
import { bytesEqual } from "../../runtime/bytes.ts";
import {
  addCoins,
  amountOf,
  type Coins,
  coinsFromProto,
  coinsOf,
  coinsToProto,
  formatCoins,
  NO_COINS,
  sumCoins,
} from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { decFromInt, decMul, decRound, decTruncate, ZERO } from "../../runtime/decimal.ts";
import { addDuration } from "../../runtime/time.ts";
import type { BankKeeper } from "../bank/index.ts";
import { GovError } from "./errors.ts";
import { emitDeposited } from "./events.ts";
import { MODULE } from "./keys.ts";
import { covers, ratio } from "./params.ts";
import * as state from "./state.ts";

/** What a cancelled proposal forfeits may go to the community pool, which x/distribution keeps. */
export interface CommunityPool {
  fundCommunityPool(ctx: Context, from: Address, coins: Coins): void;
}

const { PROPOSAL_STATUS_DEPOSIT_PERIOD, PROPOSAL_STATUS_VOTING_PERIOD } = ProposalStatus;

/** What a proposal must have on deposit before it is voted on. */
export function minDepositOf({ expedited }: Proposal, params: Params): Coins {
  return expedited
    ? coinsFromProto(params.expeditedMinDeposit, "params.expedited_min_deposit")
    : coinsFromProto(params.minDeposit, "params.min_deposit");
}

export class Deposits {
  readonly #bank: BankKeeper;
  readonly #pool: CommunityPool | undefined;

  constructor(deps: { readonly bank: BankKeeper; readonly communityPool?: CommunityPool | undefined }) {
    this.#bank = deps.bank;
    this.#pool = deps.communityPool;
  }

  /** @throws GovError.depositTooSmall, GovError.invalidDepositDenom */
  assertInitial(params: Params, deposit: Coins, expedited: boolean): void {
    const share = ratio(params.minInitialDepositRatio, "min_initial_deposit_ratio");
    if (share !== ZERO) {
      const least = coinsFromProto(
        expedited ? params.expeditedMinDeposit : params.minDeposit,
        "params.min_deposit",
      ).map(({ denom, amount }) => ({ denom, amount: decRound(decMul(decFromInt(amount), share)) }));
      if (!covers(deposit, least))
        throw GovError.depositTooSmall(
          `initial_deposit: was (${formatCoins(deposit)}), need (${formatCoins(least)})`,
        );
    }
    this.#assertDenoms(params, deposit);
  }

  /**
   * Adds to a proposal's deposit, and starts its vote once there is enough.
   * @returns whether the vote started
   * @throws GovError, SdkError.notFound, SdkError.insufficientFunds
   */
  add(ctx: Context, id: bigint, depositor: Address, amount: Coins): boolean {
    const proposal = state.proposal(ctx, id);
    if (
      proposal.status !== PROPOSAL_STATUS_DEPOSIT_PERIOD &&
      proposal.status !== PROPOSAL_STATUS_VOTING_PERIOD
    )
      throw GovError.inactiveProposal(`proposal_id: proposal ${id} takes no deposits any more`);
    // Its account holds what others have deposited.
    if (bytesEqual(depositor, AUTHORITY))
      throw GovError.invalidProposer("depositor: the governance account cannot make deposits");
    const params = state.params(ctx);
    const least = minDepositOf(proposal, params);
    this.#assertDenoms(params, amount);
    assertShare(params, least, amount);
    this.#bank.sendToModule(ctx, depositor, MODULE, amount);

    const total = addCoins(coinsFromProto(proposal.totalDeposit, "total_deposit"), amount);
    const changed: Proposal = { ...proposal, totalDeposit: coinsToProto(total) };
    const starts = proposal.status === PROPOSAL_STATUS_DEPOSIT_PERIOD && covers(total, least);
    if (starts) startVote(ctx, changed, params);
    else state.setProposal(ctx, changed);

    const before = state.findDeposit(ctx, id, depositor);
    if (!before && !starts) assertRoomForOne(ctx, id);
    const sum = before ? addCoins(coinsFromProto(before.amount, "amount"), amount) : amount;
    const text = ctx.addresses.format(depositor);
    emitDeposited(ctx, id, text, amount);
    state.setDeposit(ctx, { proposalId: id, depositor: text, amount: coinsToProto(sum) });
    return starts;
  }

  #assertDenoms(params: Params, deposit: Coins): void {
    const accepted = params.minDeposit.map(({ denom }) => denom);
    if (deposit.every(({ denom }) => accepted.includes(denom))) return;
    throw GovError.invalidDepositDenom(
      `deposited ${formatCoins(deposit)}, but gov accepts only the following denom(s): ${accepted.join(", ")}`,
    );
  }

  /** Gives every depositor of a proposal back what it deposited. Work is linear in them. */
  refund(ctx: Context, id: bigint): void {
    for (const { depositor, amount } of [...state.depositsOf(ctx, id)]) {
      const address = ctx.addresses.parse(depositor, "depositor");
      this.#bank.sendFromModule(ctx, MODULE, address, coinsFromProto(amount, "amount"));
      state.deleteDeposit(ctx, id, address);
    }
  }

  burn(ctx: Context, id: bigint): void {
    const deposits = [...state.depositsOf(ctx, id)];
    for (const { depositor } of deposits) state.deleteDeposit(ctx, id, ctx.addresses.parse(depositor));
    this.#bank.burn(ctx, MODULE, sumOf(deposits));
  }

  /** Keeps `proposal_cancel_ratio` of each deposit of a cancelled proposal, and gives the rest back. */
  charge(ctx: Context, id: bigint, params: Params): void {
    const rate = ratio(params.proposalCancelRatio, "proposal_cancel_ratio");
    let kept: Coins = NO_COINS;
    for (const { depositor, amount } of [...state.depositsOf(ctx, id)]) {
      const address = ctx.addresses.parse(depositor, "depositor");
      const coins = coinsFromProto(amount, "amount");
      const fee = coins.map(({ denom, amount: held }) => ({
        denom,
        amount: decTruncate(decMul(decFromInt(held), rate)),
      }));
      const rest = coinsOf(
        ...coins.map((coin) => ({ denom: coin.denom, amount: coin.amount - amountOf(fee, coin.denom) })),
      );
      kept = addCoins(kept, fee);
      if (rest.length > 0) this.#bank.sendFromModule(ctx, MODULE, address, rest);
      state.deleteDeposit(ctx, id, address);
    }
    if (kept.length > 0) this.#forfeit(ctx, kept, params.proposalCancelDest);
  }

  #forfeit(ctx: Context, coins: Coins, destination: string): void {
    if (destination === "") {
      this.#bank.burn(ctx, MODULE, coins);
      return;
    }
    const to = ctx.addresses.parse(destination, "params.proposal_cancel_dest");
    if (this.#pool && bytesEqual(to, moduleAddress("distribution")))
      this.#pool.fundCommunityPool(ctx, AUTHORITY, coins);
    else this.#bank.sendFromModule(ctx, MODULE, to, coins);
  }
}

export function sumOf(deposits: Iterable<Deposit>): Coins {
  return sumCoins([...deposits].map(({ amount }) => coinsFromProto(amount, "amount")));
}

/**
 * Accounts that may deposit on one proposal, beside the one that starts its vote: all are paid back in one block's end, and
 * each with events (ADR-0150).
 */
export const MAX_DEPOSITORS = 200;

/** @throws GovError.depositTooSmall */
function assertRoomForOne(ctx: Context, id: bigint): void {
  let count = 0;
  for (const _ of state.depositsOf(ctx, id)) count++;
  if (count >= MAX_DEPOSITORS)
    throw GovError.depositTooSmall(
      `amount: proposal ${id} has ${count} depositors, the most; deposit what is left to start its vote`,
    );
}

/** One denomination must reach `min_deposit_ratio` of what is needed of it. */
function assertShare(params: Params, least: Coins, deposit: Coins): void {
  const share = ratio(params.minDepositRatio, "min_deposit_ratio");
  if (share === ZERO) return;
  const thresholds = least.map(({ denom, amount }) => ({
    denom,
    amount: decTruncate(decMul(decFromInt(amount), share)),
  }));
  const held = new Set(deposit.map(({ denom }) => denom));
  if (thresholds.some(({ denom, amount }) => held.has(denom) && amountOf(deposit, denom) >= amount)) return;
  throw GovError.depositTooSmall(
    `amount: received ${formatCoins(deposit)} but need at least one of the following: ${formatCoins(thresholds)}`,
  );
}

function startVote(ctx: Context, proposal: Proposal, params: Params): void {
  const period = proposal.expedited ? params.expeditedVotingPeriod : params.votingPeriod;
  const start = ctx.block.time;
  const started: Proposal = {
    ...proposal,
    status: PROPOSAL_STATUS_VOTING_PERIOD,
    votingStartTime: start,
    votingEndTime: addDuration(start, period!),
  };
  state.setProposal(ctx, started);
  state.dequeue(ctx, "inactive", started);
  state.enqueue(ctx, "active", started);
}
