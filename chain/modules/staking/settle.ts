/**
 * Readies the validators for a chain that starts again at height 1. Source: prepForZeroHeightGenesis of the SDK's simapp
 * (export.go), but that it takes those it jails out of the order of power, without which the SDK's next block halts.
 */
import type { GenesisState } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Address } from "../../runtime/address.ts";
import { toHex } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import { jailValidator } from "./lifecycle.ts";
import type { StakingParts } from "./parts.ts";
import { applyValidatorSet } from "./power.ts";

/**
 * Jails every validator but the allowed ones, if any are named, and bonds and unbonds by power.
 * @throws SdkError.invalidRequest if nobody would be left to make blocks, or an allowed one is none
 */
export function settleValidators(
  parts: StakingParts,
  ctx: Context,
  allowed: readonly Address[] | undefined,
): void {
  const { state } = parts;
  const zero = ctx.branch({ block: { ...ctx.block, height: 0n } });
  if (allowed) {
    const names = new Set(allowed.map(toHex));
    for (const operator of allowed)
      if (!state.validator(ctx, operator))
        throw SdkError.invalidRequest(
          `jail-allowed-addrs: ${ctx.addresses.operators.format(operator)} is no validator`,
        );
    for (const validator of [...state.validators(zero.ctx)])
      if (!validator.jailed && !names.has(toHex(validator.operator)))
        jailValidator(parts, zero.ctx, validator);
  }
  applyValidatorSet(parts, zero.ctx);
  if ([...state.lastPowers(zero.ctx)].length === 0)
    throw SdkError.invalidRequest(
      "app_state.staking: no validator would be bonded, so that no chain could start; allow one with stake that is not jailed",
    );
  zero.write();
}

/** Of a chain whose blocks all come after these. */
export function withoutHeights(genesis: GenesisState): GenesisState {
  return {
    ...genesis,
    validators: genesis.validators.map((each) => ({ ...each, unbondingHeight: 0n })),
    unbondingDelegations: genesis.unbondingDelegations.map((each) => ({
      ...each,
      entries: each.entries.map((entry) => ({ ...entry, creationHeight: 0n })),
    })),
    redelegations: genesis.redelegations.map((each) => ({
      ...each,
      entries: each.entries.map((entry) => ({ ...entry, creationHeight: 0n })),
    })),
  };
}
