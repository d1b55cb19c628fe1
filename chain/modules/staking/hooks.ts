/** What other modules do when delegations and validators change. Source: x/staking/types/expected_keepers.go of the Cosmos SDK v0.53. */
import type { Address } from "../../runtime/address.ts";
import type { Context } from "../../runtime/context.ts";
import type { Dec } from "../../runtime/decimal.ts";

/**
 * `operator` is a validator's operator address, `consensus` the 20 bytes of its consensus address. Hooks run in the order in
 * which modules register, within the transaction or block hook that caused them: what one throws undoes it all.
 */
export interface StakingHooks {
  afterValidatorCreated?(ctx: Context, operator: Address): void;
  beforeValidatorModified?(ctx: Context, operator: Address): void;
  afterValidatorRemoved?(ctx: Context, consensus: Uint8Array, operator: Address): void;
  afterValidatorBonded?(ctx: Context, consensus: Uint8Array, operator: Address): void;
  afterValidatorBeginUnbonding?(ctx: Context, consensus: Uint8Array, operator: Address): void;
  beforeDelegationCreated?(ctx: Context, delegator: Address, operator: Address): void;
  beforeDelegationSharesModified?(ctx: Context, delegator: Address, operator: Address): void;
  beforeDelegationRemoved?(ctx: Context, delegator: Address, operator: Address): void;
  afterDelegationModified?(ctx: Context, delegator: Address, operator: Address): void;
  /** `fraction` of the validator's tokens is about to be burnt. */
  beforeValidatorSlashed?(ctx: Context, operator: Address, fraction: Dec): void;
  afterUnbondingInitiated?(ctx: Context, id: bigint): void;
}

/** One set of hooks that calls each in order. */
export function joinHooks(all: readonly StakingHooks[]): Required<StakingHooks> {
  const call =
    <Name extends keyof StakingHooks>(name: Name) =>
    (...args: Parameters<NonNullable<StakingHooks[Name]>>): void => {
      for (const hooks of all) (hooks[name] as ((...given: typeof args) => void) | undefined)?.(...args);
    };
  return {
    afterValidatorCreated: call("afterValidatorCreated"),
    beforeValidatorModified: call("beforeValidatorModified"),
    afterValidatorRemoved: call("afterValidatorRemoved"),
    afterValidatorBonded: call("afterValidatorBonded"),
    afterValidatorBeginUnbonding: call("afterValidatorBeginUnbonding"),
    beforeDelegationCreated: call("beforeDelegationCreated"),
    beforeDelegationSharesModified: call("beforeDelegationSharesModified"),
    beforeDelegationRemoved: call("beforeDelegationRemoved"),
    afterDelegationModified: call("afterDelegationModified"),
    beforeValidatorSlashed: call("beforeValidatorSlashed"),
    afterUnbondingInitiated: call("afterUnbondingInitiated"),
  };
}
