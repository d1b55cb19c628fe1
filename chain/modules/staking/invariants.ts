/** What always holds of stakes. The first four are the SDK's (x/staking/keeper/invariants.go until v0.50). */
import { moduleAddress } from "../../runtime/address.ts";
import { toHex } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { type Dec, formatDec, ZERO } from "../../runtime/decimal.ts";
import type { Invariant } from "../../runtime/module.ts";
import { countUnder } from "../../runtime/range.ts";
import type { StakingKeeper } from "./keeper.ts";
import {
  BONDED_POOL,
  CONSENSUS_PREFIX,
  DELEGATION_BY_VALIDATOR_PREFIX,
  NOT_BONDED_POOL,
  POWER_PREFIX,
  powerKey,
  REDELEGATION_BY_DESTINATION_PREFIX,
  REDELEGATION_BY_SOURCE_PREFIX,
  STORE,
  UNBONDING_BY_VALIDATOR_PREFIX,
  UNBONDING_INDEX_PREFIX,
  UNBONDING_TYPE_PREFIX,
} from "./keys.ts";
import { powerOf } from "./validator.ts";

export function stakingInvariants(keeper: StakingKeeper): readonly Invariant[] {
  const { state, bank } = keeper;
  const operatorText = (ctx: Context, operator: Uint8Array) => ctx.addresses.operators.format(operator);
  return [
    {
      name: "module-accounts",
      check: (ctx) => {
        let [bonded, notBonded] = [0n, 0n];
        for (const { status, tokens } of state.validators(ctx)) {
          if (status === "bonded") bonded += tokens;
          else notBonded += tokens;
        }
        for (const { entries } of state.unbondings(ctx))
          for (const { balance } of entries) notBonded += balance;
        const denom = keeper.bondDenom(ctx);
        const held = [BONDED_POOL, NOT_BONDED_POOL].map((name) =>
          bank.balance(ctx, moduleAddress(name), denom),
        );
        return held[0] === bonded && held[1] === notBonded
          ? undefined
          : `pools hold ${held[0]} bonded and ${held[1]} not bonded, records sum to ${bonded} and ${notBonded}`;
      },
    },
    {
      name: "nonnegative-power",
      check: (ctx) => {
        const store = ctx.store(STORE);
        let free = 0;
        for (const { operator, tokens, jailed } of state.validators(ctx)) {
          if (tokens < 0n) return `${operatorText(ctx, operator)} has ${tokens} tokens`;
          if (jailed) continue;
          free++;
          if (!store.has(powerKey(powerOf(tokens), operator)))
            return `${operatorText(ctx, operator)} is not in the order of power with its ${tokens} tokens`;
        }
        const ordered = countUnder(store, POWER_PREFIX);
        return ordered === free ? undefined : `${ordered} in the order of power, ${free} are not jailed`;
      },
    },
    {
      name: "positive-delegation",
      check: (ctx) => {
        for (const { delegator, operator, shares } of state.delegations(ctx)) {
          if (shares <= ZERO)
            return `${ctx.addresses.format(delegator)} has ${formatDec(shares)} shares of ${operatorText(ctx, operator)}`;
        }
        return undefined;
      },
    },
    {
      name: "delegator-shares",
      check: (ctx) => {
        const sums = new Map<string, bigint>();
        for (const { operator, shares } of state.delegations(ctx)) {
          const name = toHex(operator);
          sums.set(name, (sums.get(name) ?? 0n) + shares);
        }
        for (const { operator, delegatorShares } of state.validators(ctx)) {
          const name = toHex(operator);
          const sum = (sums.get(name) ?? 0n) as Dec;
          sums.delete(name);
          if (sum !== delegatorShares)
            return `${operatorText(ctx, operator)} has ${formatDec(delegatorShares)} shares, delegations sum to ${formatDec(sum)}`;
        }
        return sums.size === 0 ? undefined : `${sums.size} validators that are not there have delegations`;
      },
    },
    {
      name: "indexes",
      check: (ctx) => {
        const store = ctx.store(STORE);
        const unbondings = [...state.unbondings(ctx)];
        const redelegations = [...state.redelegations(ctx)];
        const validators = [...state.validators(ctx)];
        const waiting =
          [...unbondings, ...redelegations].reduce((sum, { entries }) => sum + entries.length, 0) +
          validators.filter(({ status }) => status === "unbonding").length;
        const wanted: readonly (readonly [name: string, prefix: Uint8Array, count: number])[] = [
          ["delegations by validator", DELEGATION_BY_VALIDATOR_PREFIX, [...state.delegations(ctx)].length],
          ["unbonding delegations by validator", UNBONDING_BY_VALIDATOR_PREFIX, unbondings.length],
          ["redelegations by source", REDELEGATION_BY_SOURCE_PREFIX, redelegations.length],
          ["redelegations by destination", REDELEGATION_BY_DESTINATION_PREFIX, redelegations.length],
          ["validators by consensus address", CONSENSUS_PREFIX, validators.length],
          ["unbonding ids", UNBONDING_INDEX_PREFIX, waiting],
          ["types of unbonding ids", UNBONDING_TYPE_PREFIX, waiting],
        ];
        for (const [name, prefix, count] of wanted) {
          const found = countUnder(store, prefix);
          if (found !== count) return `${found} entries of ${name}, ${count} records`;
        }
        return undefined;
      },
    },
    {
      name: "bonded-set",
      check: (ctx) => {
        const last = new Map([...state.lastPowers(ctx)].map(([operator, power]) => [toHex(operator), power]));
        for (const { operator, status } of state.validators(ctx)) {
          if ((status === "bonded") !== last.delete(toHex(operator)))
            return `${operatorText(ctx, operator)} is ${status}, which its last power contradicts`;
        }
        return last.size === 0 ? undefined : `${last.size} last powers of validators that are not there`;
      },
    },
  ];
}
