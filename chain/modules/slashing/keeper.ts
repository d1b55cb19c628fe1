/** Faults of validators: who misses blocks is slashed and jailed, who signs twice is slashed and out for ever. */
import { type Params, ValidatorSigningInfo } from "../../../proto/gen/cosmos.slashing.v1beta1.ts";
import { Infraction } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Timestamp } from "../../../proto/gen/google.protobuf.ts";
import type { VoteInfo } from "../../../proto/gen/tendermint.abci.ts";
import { BlockIDFlag } from "../../../proto/gen/tendermint.types.ts";
import type { Address } from "../../runtime/address.ts";
import type { Context } from "../../runtime/context.ts";
import { type Dec, decFromWire, decTruncate } from "../../runtime/decimal.ts";
import { addDuration, isBefore, UNIX_EPOCH } from "../../runtime/time.ts";
import {
  StakingError,
  type StakingHooks,
  type StakingKeeper,
  tokensFromShares,
  type Validator,
} from "../staking/index.ts";
import { SlashingError } from "./errors.ts";
import { maxMissed } from "./params.ts";
import { SlashingState } from "./state.ts";

/** Validators that a block's end names sign from the block after the next on. Source: sdk.ValidatorUpdateDelay. */
export const VALIDATOR_UPDATE_DELAY = 1n;

export class SlashingKeeper {
  readonly state = new SlashingState();
  readonly #staking: StakingKeeper;

  constructor({ staking }: { readonly staking: StakingKeeper }) {
    this.#staking = staking;
  }

  params(ctx: Context): Params {
    return this.state.params(ctx);
  }

  // ── Downtime ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Looks at who signed the block before. Work is linear in the validators. */
  beginBlock(ctx: Context): void {
    const params = this.state.params(ctx);
    for (const vote of ctx.block.lastCommit.votes) this.#handleVote(ctx, params, vote);
  }

  /** Source: HandleValidatorSignature of x/slashing/keeper/infractions.go. */
  #handleVote(ctx: Context, params: Params, { validator: signer, blockIdFlag }: VoteInfo): void {
    const { address: consensus, power } = signer;
    const validator = this.#staking.validatorByConsensus(ctx, consensus);
    // One that was removed since it voted, by a short unbonding time, owes nothing; the SDK halts on it.
    if (!validator || validator.jailed) return;
    const { state } = this;
    let info = state.info(ctx, consensus) ?? this.#newInfo(ctx, consensus);
    const window = params.signedBlocksWindow;
    const index = info.indexOffset % window;
    const before = state.isMissed(ctx, consensus, index);
    const missed = blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_ABSENT;
    if (missed !== before) state.setMissed(ctx, consensus, index, missed);
    info = {
      ...info,
      indexOffset: info.indexOffset + 1n,
      missedBlocksCounter: info.missedBlocksCounter + (missed ? 1n : 0n) - (before ? 1n : 0n),
    };
    if (missed) {
      ctx.events.emit("liveness", {
        address: ctx.addresses.consensus.format(consensus),
        missed_blocks: info.missedBlocksCounter,
        height: ctx.block.height,
      });
    }
    const isOld = ctx.block.height > info.startHeight + window;
    if (isOld && info.missedBlocksCounter > maxMissed(params))
      info = this.#punishDowntime(ctx, params, consensus, power, info);
    state.setInfo(ctx, consensus, info);
  }

  #punishDowntime(
    ctx: Context,
    params: Params,
    consensus: Uint8Array,
    power: bigint,
    info: ValidatorSigningInfo,
  ): ValidatorSigningInfo {
    const fraction = decFromWire(params.slashFractionDowntime, "slash_fraction_downtime");
    // The commit is of the block before, whose validators the block before that named.
    const height = ctx.block.height - VALIDATOR_UPDATE_DELAY - 1n;
    const reason = Infraction.INFRACTION_DOWNTIME;
    const burnt = this.#staking.slashWithReason(ctx, consensus, height, power, fraction, reason);
    const address = ctx.addresses.consensus.format(consensus);
    ctx.events.emit("slash", {
      address,
      power,
      reason: "missing_signature",
      jailed: address,
      burned_coins: burnt,
    });
    this.#staking.jail(ctx, consensus);
    // Counted anew, or it would be jailed again as soon as it is back.
    this.state.clearMissed(ctx, consensus);
    return {
      ...info,
      jailedUntil: addDuration(ctx.block.time, params.downtimeJailDuration),
      missedBlocksCounter: 0n,
      indexOffset: 0n,
    };
  }

  #newInfo(ctx: Context, consensus: Uint8Array): ValidatorSigningInfo {
    return ValidatorSigningInfo.create({
      address: ctx.addresses.consensus.format(consensus),
      startHeight: ctx.block.height,
      jailedUntil: UNIX_EPOCH,
    });
  }

  // ── Double signing ───────────────────────────────────────────────────────────────────────────────────────────────

  isTombstoned(ctx: Context, consensus: Uint8Array): boolean {
    return this.state.info(ctx, consensus)?.tombstoned ?? false;
  }

  /** Slashes, jails until `until` and shuts out for ever. Source: x/evidence/keeper/infraction.go. */
  tombstone(
    ctx: Context,
    validator: Validator,
    fault: { readonly power: bigint; readonly height: bigint; readonly until: Timestamp },
  ): void {
    const { consensus } = validator;
    const fraction: Dec = decFromWire(
      this.state.params(ctx).slashFractionDoubleSign,
      "slash_fraction_double_sign",
    );
    const height = fault.height - VALIDATOR_UPDATE_DELAY;
    const reason = Infraction.INFRACTION_DOUBLE_SIGN;
    const burnt = this.#staking.slashWithReason(ctx, consensus, height, fault.power, fraction, reason);
    const address = ctx.addresses.consensus.format(consensus);
    ctx.events.emit("slash", { address, power: fault.power, reason: "double_sign", burned_coins: burnt });
    if (!validator.jailed) {
      this.#staking.jail(ctx, consensus);
      ctx.events.emit("slash", { jailed: address });
    }
    const info = this.state.info(ctx, consensus) ?? this.#newInfo(ctx, consensus);
    this.state.setInfo(ctx, consensus, { ...info, jailedUntil: fault.until, tombstoned: true });
  }

  // ── Back ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Source: x/slashing/keeper/unjail.go. Staking answers for who is not there, before slashing's own codes 2 and 6 could.
   * @throws SlashingError, StakingError
   */
  unjail(ctx: Context, operator: Address): void {
    const validator = this.#staking.validator(ctx, operator);
    const name = ctx.addresses.operators.format(operator);
    if (!validator) throw StakingError.noValidatorFound(`validator_addr: ${name} is no validator`);
    const own = this.#staking.delegation(ctx, operator, operator);
    if (!own) throw StakingError.noDelegation(`validator ${name} has no self-delegation; delegate to it`);
    const tokens = decTruncate(tokensFromShares(validator, own.shares));
    if (tokens < validator.minSelfDelegation) {
      throw SlashingError.selfDelegationTooLowToUnjail(
        `self-delegation ${tokens} is less than min_self_delegation ${validator.minSelfDelegation}; delegate more`,
      );
    }
    if (!validator.jailed) throw SlashingError.validatorNotJailed(`validator ${name} is not jailed`);
    const info = this.state.info(ctx, validator.consensus);
    if (info?.tombstoned)
      throw SlashingError.validatorJailed(
        `validator ${name} signed twice and is tombstoned: it cannot be back`,
      );
    if (info && isBefore(ctx.block.time, info.jailedUntil))
      throw SlashingError.validatorJailed(`validator ${name} is jailed until ${info.jailedUntil.seconds}`);
    this.#staking.unjail(ctx, validator.consensus);
  }

  /** What is done when validators come and go. Source: x/slashing/keeper/hooks.go. */
  readonly hooks: StakingHooks = {
    afterValidatorBonded: (ctx, consensus) => {
      const info = this.state.info(ctx, consensus);
      const fresh = this.#newInfo(ctx, consensus);
      this.state.setInfo(ctx, consensus, info ? { ...info, startHeight: ctx.block.height } : fresh);
    },
    afterValidatorCreated: (ctx, operator) => {
      const validator = this.#staking.validator(ctx, operator)!;
      this.state.setPubkey(ctx, validator.consensus, validator.consensusPubkey);
    },
    afterValidatorRemoved: (ctx, consensus) => this.state.deletePubkey(ctx, consensus),
  };
}
