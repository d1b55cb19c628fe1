/** Stakes, their rewards, and those who validate. */
import { pack } from "../../../../client/index.ts";
import { PubKey } from "../../../../proto/gen/cosmos.crypto.ed25519.ts";
import {
  MsgDepositValidatorRewardsPool,
  MsgFundCommunityPool,
  MsgSetWithdrawAddress,
  MsgWithdrawDelegatorReward,
  MsgWithdrawValidatorCommission,
} from "../../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { MsgUnjail } from "../../../../proto/gen/cosmos.slashing.v1beta1.ts";
import {
  MsgBeginRedelegate,
  MsgCancelUnbondingDelegation,
  MsgCreateValidator,
  MsgDelegate,
  MsgEditValidator,
  MsgUndelegate,
  type Validator,
} from "../../../../proto/gen/cosmos.staking.v1beta1.ts";
import { testValidator } from "../../chain.ts";
import type { Random } from "../../modules/random.ts";
import type { Operation } from "../operation.ts";
import { ANCHORS, addressOf, amount, coin, operatorOf, type View } from "../view.ts";

const EMPTY = { identity: "", website: "", securityContact: "", details: "" };
/** Keeps a text as it is. */
const KEEP = "[do-not-modify]";
const ratio = (percent: number): string => (BigInt(percent) * 10n ** 16n).toString();

const isAnchor = (name: string) => ANCHORS.includes(name as (typeof ANCHORS)[number]);

async function someValidator(random: Random, view: View): Promise<Validator | undefined> {
  const all = await view.validators();
  return all.length > 0 ? random.pick(all) : undefined;
}

/** Somebody with a stake that may be moved, and the stake. */
async function someStake(random: Random, view: View) {
  for (let tries = 0; tries < 4; tries++) {
    const name = view.person(random);
    const stakes = (await view.delegations(name)).filter(
      ({ delegation }) => !(isAnchor(name) && delegation.validatorAddress === operatorOf(name)),
    );
    if (stakes.length === 0) continue;
    const { delegation, balance } = random.pick(stakes);
    return { name, operator: delegation.validatorAddress, stake: BigInt(balance.amount) };
  }
  return undefined;
}

/** A part of a stake: all of it, more than it, or some. */
function part(random: Random, stake: bigint): bigint {
  if (random.chance(12)) return stake;
  if (random.chance(3)) return stake + 1n;
  return amount(random, stake);
}

export const stakingOperations: readonly Operation[] = [
  {
    name: "delegate",
    weight: 12,
    // 34: all of the validator's tokens were slashed.
    refusals: ["sdk 18", "staking 3", "staking 34"],
    make: async (random, view) => {
      const name = view.person(random);
      const validator = await someValidator(random, view);
      if (!validator) return undefined;
      const staked = amount(random, (await view.spendable(name)) / 10n) + (random.chance(97) ? 1n : 0n);
      const message = {
        delegatorAddress: addressOf(name),
        validatorAddress: validator.operatorAddress,
        amount: coin(staked > 3_000_000_000n ? staked / 100n : staked),
      };
      return { signers: [name], messages: [pack(MsgDelegate, message)] };
    },
  },
  {
    name: "undelegate",
    weight: 7,
    refusals: ["sdk 18", "staking 22", "staking 24", "staking 27", "staking 19", "staking 3"],
    make: async (random, view) => {
      const from = await someStake(random, view);
      if (!from) return undefined;
      const message = {
        delegatorAddress: addressOf(from.name),
        validatorAddress: from.operator,
        amount: coin(part(random, from.stake)),
      };
      return { signers: [from.name], messages: [pack(MsgUndelegate, message)] };
    },
  },
  {
    name: "redelegate",
    weight: 7,
    refusals: [
      "sdk 18",
      "staking 3",
      "staking 19",
      "staking 22",
      "staking 24",
      "staking 29",
      "staking 30",
      "staking 31",
      "staking 32",
      "staking 33",
      "staking 34",
      "staking 44",
    ],
    make: async (random, view) => {
      const from = await someStake(random, view);
      const to = await someValidator(random, view);
      if (!from || !to) return undefined;
      const message = {
        delegatorAddress: addressOf(from.name),
        validatorSrcAddress: from.operator,
        validatorDstAddress: to.operatorAddress,
        amount: coin(part(random, from.stake)),
      };
      return { signers: [from.name], messages: [pack(MsgBeginRedelegate, message)] };
    },
  },
  {
    name: "cancel-unbonding",
    weight: 4,
    refusals: ["sdk 18", "sdk 38", "staking 3", "staking 7", "staking 26", "staking 34", "undefined 1"],
    make: async (random, view) => {
      for (let tries = 0; tries < 6; tries++) {
        const name = view.person(random);
        const unbondings = await view.unbondings(name);
        if (unbondings.length === 0) continue;
        const { validatorAddress, entries } = random.pick(unbondings);
        const { creationHeight, balance } = random.pick(entries);
        const message = {
          delegatorAddress: addressOf(name),
          validatorAddress,
          amount: coin(part(random, BigInt(balance))),
          creationHeight: creationHeight + (random.chance(4) ? 1n : 0n),
        };
        return { signers: [name], messages: [pack(MsgCancelUnbondingDelegation, message)] };
      }
      return undefined;
    },
  },
  {
    name: "create-validator",
    weight: 3,
    refusals: ["sdk 18", "staking 4", "staking 5", "staking 11", "staking 14", "staking 16", "staking 40"],
    make: async (random, view) => {
      const name = view.person(random);
      const all = await view.validators();
      if (all.length >= 25) return undefined;
      // Sometimes with the key of another.
      const key = random.chance(5) ? "a1" : view.meetValidator(`${name}-${view.height}`);
      const stake = amount(random, (await view.spendable(name)) / 4n) + 1n;
      const maxRate = random.below(101);
      const message = {
        description: { ...EMPTY, moniker: name },
        commission: {
          rate: ratio(random.below(maxRate + 2)),
          maxRate: ratio(maxRate),
          maxChangeRate: ratio(random.below(maxRate + 2)),
        },
        minSelfDelegation: (1n + amount(random, stake / 2n)).toString(),
        delegatorAddress: "",
        validatorAddress: operatorOf(name),
        pubkey: {
          typeUrl: PubKey.typeUrl,
          value: PubKey.encode({ key: testValidator(key).publicKey }),
        },
        value: coin(stake),
      };
      return { signers: [name], messages: [pack(MsgCreateValidator, message)] };
    },
  },
  {
    name: "edit-validator",
    weight: 3,
    refusals: ["sdk 18", "staking 3", "staking 11", "staking 12", "staking 15", "staking 16", "staking 17"],
    make: async (random, view) => {
      const validator = await someValidator(random, view);
      const name = validator && view.nameOf(validator.operatorAddress);
      if (!validator || name === undefined) return undefined;
      const least = BigInt(validator.minSelfDelegation);
      const message = {
        description: {
          moniker: `${name} at ${view.height}`,
          identity: KEEP,
          website: KEEP,
          securityContact: KEEP,
          details: KEEP,
        },
        validatorAddress: validator.operatorAddress,
        commissionRate: random.chance(40) ? ratio(random.below(101)) : "",
        minSelfDelegation:
          random.chance(20) && !isAnchor(name)
            ? (least + amount(random, BigInt(validator.tokens))).toString()
            : "",
      };
      return { signers: [name], messages: [pack(MsgEditValidator, message)] };
    },
  },
  {
    name: "unjail",
    weight: 5,
    refusals: [
      "staking 19",
      "slashing 5",
      "slashing 6",
      "slashing 7",
      "slashing 4",
      "slashing 2",
      "slashing 9",
    ],
    make: async (random, view) => {
      const all = await view.validators();
      const jailed = all.filter((validator) => validator.jailed);
      const validator = jailed.length > 0 && random.chance(95) ? random.pick(jailed) : random.pick(all);
      const name = view.nameOf(validator.operatorAddress);
      if (name === undefined) return undefined;
      return { signers: [name], messages: [pack(MsgUnjail, { validatorAddr: validator.operatorAddress })] };
    },
  },
  {
    name: "withdraw-reward",
    weight: 8,
    refusals: ["distribution 5", "distribution 12", "distribution 13"],
    make: async (random, view) => {
      const from = await someStake(random, view);
      if (!from) return undefined;
      const message = { delegatorAddress: addressOf(from.name), validatorAddress: from.operator };
      return { signers: [from.name], messages: [pack(MsgWithdrawDelegatorReward, message)] };
    },
  },
  {
    name: "withdraw-commission",
    weight: 4,
    refusals: ["distribution 7"],
    make: async (random, view) => {
      const validator = await someValidator(random, view);
      const name = validator && view.nameOf(validator.operatorAddress);
      if (!validator || name === undefined) return undefined;
      const { operatorAddress: validatorAddress } = validator;
      return { signers: [name], messages: [pack(MsgWithdrawValidatorCommission, { validatorAddress })] };
    },
  },
  {
    name: "set-withdraw-address",
    weight: 2,
    refusals: ["distribution 8", "sdk 4"],
    make: async (random, view) => {
      const name = view.person(random);
      const message = {
        delegatorAddress: addressOf(name),
        withdrawAddress: addressOf(view.receiver(random)),
      };
      return { signers: [name], messages: [pack(MsgSetWithdrawAddress, message)] };
    },
  },
  {
    name: "fund-community-pool",
    weight: 2,
    refusals: [],
    make: async (random, view) => {
      const name = view.person(random);
      const message = { depositor: addressOf(name), amount: [coin(amount(random, 1_000_000_000n) + 1n)] };
      return { signers: [name], messages: [pack(MsgFundCommunityPool, message)] };
    },
  },
  {
    name: "deposit-validator-rewards",
    weight: 2,
    refusals: [],
    make: async (random, view) => {
      const name = view.person(random);
      const validator = await someValidator(random, view);
      if (!validator) return undefined;
      const message = {
        depositor: addressOf(name),
        validatorAddress: validator.operatorAddress,
        amount: [coin(amount(random, 1_000_000_000n) + 1n)],
      };
      return { signers: [name], messages: [pack(MsgDepositValidatorRewardsPool, message)] };
    },
  },
];
