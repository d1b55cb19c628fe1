/** Staking as other modules see it: who validates, who delegates, and what both pay for faults. */
import type { HistoricalInfo, Params } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Duration, Timestamp } from "../../../proto/gen/google.protobuf.ts";
import type { ValidatorUpdate } from "../../../proto/gen/tendermint.abci.ts";
import { type Address, moduleAddress } from "../../runtime/address.ts";
import type { Context } from "../../runtime/context.ts";
import { type Dec, decFromInt, decQuoInt, ZERO } from "../../runtime/decimal.ts";
import type { BankKeeper } from "../bank/index.ts";
import { delegate, sharesToUnbond, unbond } from "./delegate.ts";
import { StakingError } from "./errors.ts";
import { emitCompletedRedelegation, emitCompletedUnbonding } from "./events.ts";
import { trackHistory } from "./history.ts";
import { joinHooks, type StakingHooks } from "./hooks.ts";
import { BONDED_POOL, NOT_BONDED_POOL } from "./keys.ts";
import { jailValidator, unbondMature, unjailValidator } from "./lifecycle.ts";
import { applyValidatorSet } from "./power.ts";
import { takeDueRedelegations, takeDueUnbondings } from "./queues.ts";
import { type Slash, slash } from "./slash.ts";
import { StakingState } from "./state.ts";
import type { BondStatus, Delegation, Redelegation, UnbondingDelegation, Validator } from "./types.ts";
import { beginRedelegation, completeRedelegation, completeUnbonding, undelegate } from "./unbond.ts";
import { ed25519Key, tokensFromShares } from "./validator.ts";

export class StakingKeeper {
  readonly bank: BankKeeper;
  readonly state = new StakingState();
  #hooks = joinHooks([]);

  constructor(deps: { readonly bank: BankKeeper }) {
    this.bank = deps.bank;
  }

  /** Who is told of changes, in this order. Called once, when modules are joined. */
  setHooks(hooks: readonly StakingHooks[]): void {
    this.#hooks = joinHooks(hooks);
  }

  get hooks(): Required<StakingHooks> {
    return this.#hooks;
  }

  // ── Parameters ───────────────────────────────────────────────────────────────────────────────────────────────────

  params(ctx: Context): Params {
    return this.state.params(ctx);
  }

  setParams(ctx: Context, params: Params): void {
    this.state.setParams(ctx, params);
  }

  bondDenom(ctx: Context): string {
    return this.params(ctx).bondDenom;
  }

  unbondingTime(ctx: Context): Duration {
    return this.params(ctx).unbondingTime;
  }

  // ── Validators ───────────────────────────────────────────────────────────────────────────────────────────────────

  validator(ctx: Context, operator: Address): Validator | undefined {
    return this.state.validator(ctx, operator);
  }

  validatorByConsensus(ctx: Context, consensus: Uint8Array): Validator | undefined {
    return this.state.validatorByConsensus(ctx, consensus);
  }

  /** The 32 bytes of a validator's ed25519 key, by its consensus address. */
  consensusKey(ctx: Context, consensus: Uint8Array): Uint8Array | undefined {
    const validator = this.validatorByConsensus(ctx, consensus);
    return validator && ed25519Key(validator.consensusPubkey, "consensus_pubkey");
  }

  /** All, by operator. Work is linear in them. */
  validators(ctx: Context): IterableIterator<Validator> {
    return this.state.validators(ctx);
  }

  /** Bonded validators that are not jailed, the most powerful first, at most max_validators of them. */
  bondedByPower(ctx: Context): Validator[] {
    const { maxValidators } = this.params(ctx);
    const bonded: Validator[] = [];
    for (const operator of this.state.operatorsByPower(ctx)) {
      if (bonded.length === maxValidators) break;
      const validator = this.state.mustHaveValidator(ctx, operator);
      if (validator.status === "bonded") bonded.push(validator);
    }
    return bonded;
  }

  /** Validators that were bonded at the end of the last block, with their power then, by operator. */
  *lastValidators(ctx: Context): IterableIterator<readonly [validator: Validator, power: bigint]> {
    for (const [operator, power] of this.state.lastPowers(ctx))
      yield [this.state.mustHaveValidator(ctx, operator), power];
  }

  lastTotalPower(ctx: Context): bigint {
    return this.state.lastTotalPower(ctx);
  }

  tokensFromShares(validator: Validator, shares: Dec): Dec {
    return tokensFromShares(validator, shares);
  }

  totalBonded(ctx: Context): bigint {
    return this.bank.balance(ctx, moduleAddress(BONDED_POOL), this.bondDenom(ctx));
  }

  totalNotBonded(ctx: Context): bigint {
    return this.bank.balance(ctx, moduleAddress(NOT_BONDED_POOL), this.bondDenom(ctx));
  }

  /** All there is of the coin that is staked. */
  stakingSupply(ctx: Context): bigint {
    return this.bank.supply(ctx, this.bondDenom(ctx));
  }

  /** Bonded part of the supply, rounded down. */
  bondedRatio(ctx: Context): Dec {
    const supply = this.stakingSupply(ctx);
    return supply > 0n ? decQuoInt(decFromInt(this.totalBonded(ctx)), supply) : ZERO;
  }

  historicalInfo(ctx: Context, height: bigint): HistoricalInfo | undefined {
    return this.state.history(ctx, height);
  }

  // ── Delegations ──────────────────────────────────────────────────────────────────────────────────────────────────

  delegation(ctx: Context, delegator: Address, operator: Address): Delegation | undefined {
    return this.state.delegation(ctx, delegator, operator);
  }

  /** Of one delegator, by operator. */
  delegationsOf(ctx: Context, delegator: Address): IterableIterator<Delegation> {
    return this.state.delegations(ctx, delegator);
  }

  /** To one validator, by delegator. Work is linear in them. */
  delegationsTo(ctx: Context, operator: Address): IterableIterator<Delegation> {
    return this.state.delegationsTo(ctx, operator);
  }

  /** All, by delegator. Work is linear in them. */
  delegations(ctx: Context): IterableIterator<Delegation> {
    return this.state.delegations(ctx);
  }

  unbondingsOf(ctx: Context, delegator: Address): IterableIterator<UnbondingDelegation> {
    return this.state.unbondings(ctx, delegator);
  }

  redelegationsOf(ctx: Context, delegator: Address): IterableIterator<Redelegation> {
    return this.state.redelegations(ctx, delegator);
  }

  /** @returns the new shares. @throws StakingError.delegatorShareExRateInvalid, SdkError.insufficientFunds */
  delegate(
    ctx: Context,
    delegator: Address,
    amount: bigint,
    tokenSource: BondStatus,
    validator: Validator,
    subtractAccount: boolean,
  ): Dec {
    return delegate(this, ctx, { delegator, amount, tokenSource, validator, subtractAccount });
  }

  /** Takes shares out without an unbonding entry: the caller books the tokens, which stay in the pool. @throws StakingError */
  unbond(ctx: Context, delegator: Address, operator: Address, shares: Dec): bigint {
    return unbond(this, ctx, delegator, operator, shares);
  }

  /** @throws StakingError */
  undelegate(
    ctx: Context,
    delegator: Address,
    operator: Address,
    shares: Dec,
  ): { readonly completionTime: Timestamp; readonly amount: bigint } {
    return undelegate(this, ctx, delegator, operator, shares);
  }

  /** @returns when it completes. @throws StakingError */
  beginRedelegation(
    ctx: Context,
    delegator: Address,
    source: Address,
    destination: Address,
    shares: Dec,
  ): Timestamp {
    return beginRedelegation(this, ctx, delegator, source, destination, shares);
  }

  /** Shares that an amount to unbond is. @throws StakingError, SdkError.invalidRequest */
  sharesToUnbond(ctx: Context, delegator: Address, operator: Address, amount: bigint): Dec {
    return sharesToUnbond(this, ctx, delegator, operator, amount);
  }

  // ── Faults ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @returns tokens burnt of the validator itself; see slash.ts */
  slash(ctx: Context, consensus: Uint8Array, infractionHeight: bigint, power: bigint, fraction: Dec): bigint {
    const order: Slash = { consensus, infractionHeight, power, fraction };
    return slash(this, ctx, order);
  }

  /** As slash: the SDK takes the reason for the sake of interchain security. */
  slashWithReason(
    ctx: Context,
    consensus: Uint8Array,
    infractionHeight: bigint,
    power: bigint,
    fraction: Dec,
    _infraction: number,
  ): bigint {
    return this.slash(ctx, consensus, infractionHeight, power, fraction);
  }

  /** @throws StakingError.noValidatorFound, validatorJailed */
  jail(ctx: Context, consensus: Uint8Array): void {
    jailValidator(this, ctx, this.#byConsensus(ctx, consensus));
  }

  /** @throws StakingError.noValidatorFound; UnregisteredError if it is not jailed */
  unjail(ctx: Context, consensus: Uint8Array): void {
    unjailValidator(this, ctx, this.#byConsensus(ctx, consensus));
  }

  #byConsensus(ctx: Context, consensus: Uint8Array): Validator {
    const validator = this.validatorByConsensus(ctx, consensus);
    if (!validator)
      throw StakingError.noValidatorFound(
        `validator ${ctx.addresses.consensus.format(consensus)} does not exist`,
      );
    return validator;
  }

  // ── Blocks ───────────────────────────────────────────────────────────────────────────────────────────────────────

  beginBlock(ctx: Context): void {
    trackHistory(this.state, ctx);
  }

  /** Work is linear in the bonded validators and in what completes. */
  endBlock(ctx: Context): readonly ValidatorUpdate[] {
    const updates = this.applyValidatorSet(ctx);
    unbondMature(this, ctx);
    for (const { delegator, operator } of takeDueUnbondings(ctx)) {
      const paid = completeUnbonding(this, ctx, delegator, operator);
      if (paid) emitCompletedUnbonding(ctx, delegator, operator, paid);
    }
    for (const { delegator, source, destination } of takeDueRedelegations(ctx)) {
      const moved = completeRedelegation(this, ctx, delegator, source, destination);
      if (moved) emitCompletedRedelegation(ctx, delegator, source, destination, moved);
    }
    return updates;
  }

  /** Bonds and unbonds by power. @returns what CometBFT is to be told */
  applyValidatorSet(ctx: Context): readonly ValidatorUpdate[] {
    return applyValidatorSet(this, ctx);
  }
}
