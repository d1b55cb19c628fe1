/** Events of governance. Source: x/gov/types/events.go and where x/gov of the Cosmos SDK v0.53 emits them. */
import type { WeightedVoteOption } from "../../../proto/gen/cosmos.gov.v1.ts";
import { type Coins, formatCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";

export function emitSubmitted(ctx: Context, id: bigint, proposer: string, typeUrls: readonly string[]): void {
  ctx.events.emit("submit_proposal", {
    proposal_id: id,
    proposal_proposer: proposer,
    // A comma before each, the first as well: clients read it so.
    proposal_messages: typeUrls.map((url) => `,${url}`).join(""),
  });
}

/** `by` is the event of the message that brought the last of the deposit. */
export function emitVotingStarted(
  ctx: Context,
  by: "submit_proposal" | "proposal_deposit",
  id: bigint,
): void {
  ctx.events.emit(by, { voting_period_start: id });
}

export function emitDeposited(ctx: Context, id: bigint, depositor: string, amount: Coins): void {
  ctx.events.emit("proposal_deposit", { depositor, amount: formatCoins(amount), proposal_id: id });
}

export function emitVoted(
  ctx: Context,
  id: bigint,
  voter: string,
  options: readonly WeightedVoteOption[],
): void {
  // The option as its number, as Go writes the message in JSON.
  const option = JSON.stringify(options.map(({ option, weight }) => ({ option, weight })));
  ctx.events.emit("proposal_vote", { voter, option, proposal_id: id });
}

export function emitCancelled(ctx: Context, id: bigint, proposer: string): void {
  ctx.events.emit("cancel_proposal", { sender: proposer, proposal_id: id });
}

export function emitDropped(ctx: Context, id: bigint): void {
  ctx.events.emit("inactive_proposal", { proposal_id: id, proposal_result: "proposal_dropped" });
}

export type Result =
  | "proposal_passed"
  | "proposal_rejected"
  | "proposal_failed"
  | "expedited_proposal_rejected";

/** `log` is for people: it may hold the text of an error, which is not consensus. */
export function emitTallied(ctx: Context, id: bigint, result: Result, log: string): void {
  ctx.events.emit("active_proposal", { proposal_id: id, proposal_result: result, proposal_log: log });
}
