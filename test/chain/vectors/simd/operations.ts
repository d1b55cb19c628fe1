/** Random operations of staking, distribution, slashing and bank, chosen by what the chain holds; some of them must fail. */
import { pack } from "../../../../client/index.ts";
import { MsgSend } from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
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
  BondStatus,
  type DelegationResponse,
  MsgBeginRedelegate,
  MsgCancelUnbondingDelegation,
  MsgCreateValidator,
  MsgDelegate,
  MsgEditValidator,
  MsgUndelegate,
  Query as StakingQuery,
  type Validator,
} from "../../../../proto/gen/cosmos.staking.v1beta1.ts";
import type { Any } from "../../../../proto/gen/google.protobuf.ts";
import { type Actor, actors, DENOM, moduleAccounts, type Operator, operators, TIP } from "./cast.ts";
import type { PlayChain } from "./chains.ts";
import { ALL, ask } from "./dump.ts";
import { wireDec } from "./genesis.ts";
import type { Random } from "./random.ts";

/** What one actor signs together. */
export interface Operation {
  readonly actor: Actor;
  readonly messages: readonly Any[];
}

export interface Scene {
  readonly chain: PlayChain;
  readonly random: Random;
  readonly validators: readonly Validator[];
}

export async function setScene(chain: PlayChain, random: Random): Promise<Scene> {
  const { validators } = await ask(chain, StakingQuery.methods.Validators, { pagination: ALL });
  return { chain, random, validators };
}

type Maker = (scene: Scene) => Promise<Operation | undefined> | Operation | undefined;

const { methods } = StakingQuery;
const coin = (amount: bigint, denom = DENOM) => ({ denom, amount: amount.toString() });

async function delegationsOf(scene: Scene, delegatorAddr: string): Promise<readonly DelegationResponse[]> {
  const request = { delegatorAddr, pagination: ALL };
  return (await ask(scene.chain, methods.DelegatorDelegations, request)).delegationResponses;
}

/** An actor with one of its delegations. */
async function aDelegation(scene: Scene) {
  const actor = scene.random.pick(actors);
  const held = await delegationsOf(scene, actor.address);
  if (held.length === 0) return undefined;
  const chosen = scene.random.pick(held);
  return { actor, validator: chosen.delegation.validatorAddress, amount: BigInt(chosen.balance.amount) };
}

/** All of it, a part, or a little more than there is. */
function someOf({ random }: Scene, amount: bigint): bigint {
  if (random.once(12)) return amount + 1n;
  return random.once(4) ? amount : random.part(amount);
}

const statusOf = ({ validators }: Scene, address: string) =>
  validators.find(({ operatorAddress }) => operatorAddress === address)?.status;

const delegate: Maker = (scene) => {
  const { random, validators } = scene;
  const actor = random.pick(actors);
  const amount = coin(random.once(40) ? 10n ** 15n : random.amount(11), random.once(40) ? TIP : DENOM);
  const { operatorAddress: validatorAddress } = random.pick(validators);
  return {
    actor,
    messages: [pack(MsgDelegate, { delegatorAddress: actor.address, validatorAddress, amount })],
  };
};

const undelegate: Maker = async (scene) => {
  const found = await aDelegation(scene);
  if (!found) return undefined;
  const { actor, validator: validatorAddress } = found;
  const amount = coin(someOf(scene, found.amount));
  return {
    actor,
    messages: [pack(MsgUndelegate, { delegatorAddress: actor.address, validatorAddress, amount })],
  };
};

const redelegate: Maker = async (scene) => {
  const found = await aDelegation(scene);
  if (!found) return undefined;
  const { actor, validator } = found;
  const { operatorAddress } = scene.random.pick(scene.validators);
  // The last shares of an unbonded validator remove it: v0.53 then refuses the redelegation, v0.55 completes it.
  const unbonded = statusOf(scene, validator) === BondStatus.BOND_STATUS_UNBONDED;
  const amount = unbonded ? scene.random.part(found.amount / 2n) : someOf(scene, found.amount);
  const message = {
    delegatorAddress: actor.address,
    validatorSrcAddress: validator,
    validatorDstAddress: operatorAddress,
    amount: coin(amount),
  };
  return { actor, messages: [pack(MsgBeginRedelegate, message)] };
};

const cancelUnbonding: Maker = async (scene) => {
  const { random } = scene;
  const actor = random.pick(actors);
  const request = { delegatorAddr: actor.address, pagination: ALL };
  const { unbondingResponses } = await ask(scene.chain, methods.DelegatorUnbondingDelegations, request);
  if (unbondingResponses.length === 0) return undefined;
  const { validatorAddress, entries } = random.pick(unbondingResponses);
  const { balance, creationHeight } = random.pick(entries);
  const message = {
    delegatorAddress: actor.address,
    validatorAddress,
    amount: coin(someOf(scene, BigInt(balance))),
    creationHeight: random.once(15) ? creationHeight + 1n : creationHeight,
  };
  return { actor, messages: [pack(MsgCancelUnbondingDelegation, message)] };
};

const withdraw: Maker = async (scene) => {
  const actor = scene.random.pick(actors);
  const held = await delegationsOf(scene, actor.address);
  const from = scene.random.once(10) ? scene.validators : held.map(({ delegation }) => delegation);
  if (from.length === 0) return undefined;
  const names = from.map((each) =>
    "validatorAddress" in each ? each.validatorAddress : each.operatorAddress,
  );
  const chosen = scene.random.once(2) ? names.slice(0, 4) : [scene.random.pick(names)];
  return {
    actor,
    messages: chosen.map((validatorAddress) =>
      pack(MsgWithdrawDelegatorReward, { delegatorAddress: actor.address, validatorAddress }),
    ),
  };
};

const withdrawCommission: Maker = ({ random }) => {
  const actor = random.pick(operators);
  return { actor, messages: [pack(MsgWithdrawValidatorCommission, { validatorAddress: actor.validator })] };
};

const setWithdrawAddress: Maker = ({ random }) => {
  const actor = random.pick(actors);
  const withdrawAddress = random.once(6) ? moduleAccounts["distribution"]! : random.pick(actors).address;
  return {
    actor,
    messages: [pack(MsgSetWithdrawAddress, { delegatorAddress: actor.address, withdrawAddress })],
  };
};

const fundPool: Maker = ({ random }) => {
  const actor = random.pick(actors);
  const amount = [coin(random.amount(6), random.once(3) ? TIP : DENOM)];
  return { actor, messages: [pack(MsgFundCommunityPool, { depositor: actor.address, amount })] };
};

const depositRewards: Maker = ({ random, validators }) => {
  const actor = random.pick(actors);
  const { operatorAddress: validatorAddress } = random.pick(validators);
  const amount = [coin(random.amount(7), random.once(3) ? TIP : DENOM)];
  const message = { depositor: actor.address, validatorAddress, amount };
  return { actor, messages: [pack(MsgDepositValidatorRewardsPool, message)] };
};

const send: Maker = ({ random }) => {
  const actor = random.pick(actors);
  const toAddress = random.once(15) ? moduleAccounts["mint"]! : random.pick(actors).address;
  const amount = [coin(random.once(30) ? 10n ** 15n : random.amount(9), random.once(4) ? TIP : DENOM)];
  return { actor, messages: [pack(MsgSend, { fromAddress: actor.address, toAddress, amount })] };
};

const createValidator: Maker = ({ random, validators }) => {
  const known = new Set(validators.map(({ operatorAddress }) => operatorAddress));
  const free = operators.filter(({ validator }) => !known.has(validator));
  const actor = random.pick(free.length > 0 && !random.once(6) ? free : operators);
  const rate = random.pick(["0.01", "0.05", "0.123456789012345678", "0.3", "0.005"]);
  const message = {
    description: { moniker: actor.name, identity: "", website: "", securityContact: "", details: "play" },
    commission: { rate: wireDec(rate), maxRate: wireDec("0.4"), maxChangeRate: wireDec("0.1") },
    minSelfDelegation: "500",
    delegatorAddress: "",
    validatorAddress: actor.validator,
    pubkey: { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key: actor.consensusKey }) },
    value: coin(random.once(10) ? 499n : 500_000n + random.amount(11)),
  };
  return { actor, messages: [pack(MsgCreateValidator, message)] };
};

const editValidator: Maker = ({ random, validators }) => {
  const actor = random.pick(operators);
  const now = validators.find(({ operatorAddress }) => operatorAddress === actor.validator);
  const rate =
    BigInt(now?.commission.commissionRates.rate ?? "0") + random.amount(17) * (random.once(2) ? 1n : -1n);
  const message = {
    description: {
      moniker: "[do-not-modify]",
      identity: "",
      website: "[do-not-modify]",
      securityContact: "",
      details: `edit ${random.below(1000)}`,
    },
    validatorAddress: actor.validator,
    commissionRate: random.once(3) ? "" : (rate < 0n ? 0n : rate).toString(),
    minSelfDelegation: random.once(4) ? String(1_001 + random.below(10_000)) : "",
  };
  return { actor, messages: [pack(MsgEditValidator, message)] };
};

/** Of jailed validators for the most part; stakes again if too little is left. */
const unjail: Maker = ({ random, validators }) => {
  const jailed = new Set(
    validators.filter((each) => each.jailed).map(({ operatorAddress }) => operatorAddress),
  );
  const held = operators.filter(({ validator }) => jailed.has(validator));
  if (held.length === 0 && !random.once(5)) return undefined;
  const actor: Operator = random.pick(held.length > 0 ? held : operators);
  const { address: delegatorAddress, validator: validatorAddress } = actor;
  const more = pack(MsgDelegate, { delegatorAddress, validatorAddress, amount: coin(20_000n) });
  const message = pack(MsgUnjail, { validatorAddr: validatorAddress });
  return { actor, messages: random.once(3) ? [more, message] : [message] };
};

/** All that the operator holds of its own validator goes: it is jailed, and one that nobody else holds is removed. */
const leave: Maker = async (scene) => {
  const actor = scene.random.pick(operators);
  const held = await delegationsOf(scene, actor.address);
  const own = held.find(({ delegation }) => delegation.validatorAddress === actor.validator);
  const fewer = scene.validators.filter(({ jailed }) => !jailed).length > 8;
  if (!own || !fewer) return undefined;
  const message = {
    delegatorAddress: actor.address,
    validatorAddress: actor.validator,
    amount: coin(BigInt(own.balance.amount)),
  };
  return { actor, messages: [pack(MsgUndelegate, message)] };
};

/** Weights: how often, of their sum. */
const makers: readonly (readonly [weight: number, make: Maker])[] = [
  [20, delegate],
  [16, undelegate],
  [12, redelegate],
  [6, cancelUnbonding],
  [12, withdraw],
  [6, withdrawCommission],
  [4, setWithdrawAddress],
  [3, fundPool],
  [3, depositRewards],
  [9, send],
  [4, createValidator],
  [5, editValidator],
  [8, unjail],
  [3, leave],
];
const weights = makers.reduce((sum, [weight]) => sum + weight, 0);

export async function nextOperation(scene: Scene): Promise<Operation | undefined> {
  let at = scene.random.below(weights);
  for (const [weight, make] of makers) {
    if (at < weight) return make(scene);
    at -= weight;
  }
  return undefined;
}
