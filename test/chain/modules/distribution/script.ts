/** A script of staking, distribution and mint operations that the Go chain plays too (bench/peers/stake), and what comes of it. */

import {
  allHistorical,
  allSlashes,
  allStartingInfos,
  getCommission,
  getCurrent,
  getOutstanding,
} from "../../../../chain/modules/distribution/state.ts";
import { createValidator } from "../../../../chain/modules/staking/create.ts";
import { stakingGenesis } from "../../../../chain/modules/staking/genesis.ts";
import { StakingKeeper, type Validator } from "../../../../chain/modules/staking/index.ts";
import type { Context } from "../../../../chain/runtime/context.ts";
import { formatDecCoins } from "../../../../chain/runtime/dec-coins.ts";
import { formatDec, parseDec } from "../../../../chain/runtime/decimal.ts";
import { ChainError, SdkError } from "../../../../chain/runtime/errors.ts";
import { Random } from "../random.ts";
import { consensusAddress, DENOM } from "../sandbox.ts";
import { addressOf, Stake, validatorMessage } from "./stake.ts";

export type Operation = readonly string[];

export interface ScriptBlock {
  /** Gas fees that come in before the block. */
  readonly fees: string;
  readonly ops: readonly Operation[];
}

export interface Script {
  readonly accounts: readonly string[];
  /** Coins that each account has at the start. */
  readonly funds: string;
  readonly blocks: readonly ScriptBlock[];
}

const OPERATORS = ["v1", "v2", "v3", "v4", "v5", "v6"];
const DELEGATORS = ["ann", "ben", "cat", "dan", "eve", "fay"];
const RATES = ["0", "0.05", "0.1", "0.333333333333333333", "0.5", "1"];

export function makeScript(seed: number, blocks: number): Script {
  const random = new Random(seed);
  const amount = () => (1n + random.bigint(10 + random.below(28))).toString();
  const fraction = () =>
    random.chance(10)
      ? random.pick(["1", "0.000000000000000001"])
      : `0.${String(random.below(1_000_000)).padStart(6, "0")}`;
  const operation = (): Operation => {
    const [who, from, to] = [
      random.pick([...DELEGATORS, ...OPERATORS]),
      random.pick(OPERATORS),
      random.pick(OPERATORS),
    ];
    const dice = random.below(100);
    if (dice < 30) return ["delegate", who, to, amount()];
    if (dice < 45) return ["undelegate", who, from, amount()];
    if (dice < 55) return ["redelegate", who, from, to, amount()];
    if (dice < 70) return ["withdraw", who, from];
    if (dice < 76) return ["commission", from];
    if (dice < 82) return ["slash", from, fraction(), random.pick(["0", "1", "3"])];
    if (dice < 85) return ["jail", from];
    if (dice < 90) return ["unjail", from];
    if (dice < 93) return ["setWithdraw", who, random.pick(DELEGATORS)];
    if (dice < 96) return ["deposit", who, to, amount()];
    if (dice < 98) return ["fund", who, amount()];
    return ["validator", from, amount(), random.pick(RATES)];
  };
  return {
    accounts: [...OPERATORS, ...DELEGATORS],
    funds: "1000000000000000",
    blocks: Array.from({ length: blocks }, (_, i) => ({
      fees: random.chance(70) ? amount() : "",
      ops: [
        ...(i === 0
          ? OPERATORS.map((name, j): Operation => ["validator", name, `${(j + 1) * 100_000_007}`, RATES[j]!])
          : []),
        ...Array.from({ length: random.below(7) }, operation),
      ],
    })),
  };
}

export interface Played {
  /** Of each block, one digit an operation: 1 if it passed. */
  readonly passed: readonly string[];
  /** Of each block, what the state is after it. */
  readonly states: readonly string[];
}

export function play(script: Script, check: (stake: Stake) => void = () => undefined): Played {
  const staking = stakingGenesis(new StakingKeeper({ bank: new Stake().bank.keeper })).default();
  const params = {
    ...staking.params,
    bondDenom: DENOM,
    maxEntries: 1_000,
    unbondingTime: { seconds: 20n, nanos: 0 },
    maxValidators: 4,
  };
  const mint = new Stake().mint.module.genesis!.default();
  const stake = new Stake({ genesis: { mint, staking: { ...staking, params } } });
  for (const name of script.accounts)
    stake.fund(addressOf(name), [{ denom: DENOM, amount: BigInt(script.funds) }]);
  const passed: string[] = [];
  const states: string[] = [];
  for (const { fees, ops } of script.blocks) {
    if (fees !== "") stake.fees(`${fees}${DENOM}`);
    stake.begin();
    passed.push(ops.map((op) => (attempt(stake, op) ? "1" : "0")).join(""));
    stake.end();
    states.push(dump(stake, script.accounts));
    check(stake);
  }
  return { passed, states };
}

function attempt(stake: Stake, op: Operation): boolean {
  const { ctx, write } = stake.context().branch();
  try {
    run(stake, ctx, op);
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    return false;
  }
  write();
  return true;
}

function run({ staking, distribution: { keeper } }: Stake, ctx: Context, [verb, ...args]: Operation): void {
  const [a, b, c, d] = args as [string, string, string, string];
  const coins = (amount: string) => [{ denom: DENOM, amount: BigInt(amount) }];
  const validator = (name: string): Validator => staking.state.mustHaveValidator(ctx, addressOf(name));
  const refuse = (wrong: boolean): void => {
    if (wrong) throw SdkError.invalidRequest(`${verb} does not fit`);
  };
  const shares = (from: string, amount: string) =>
    staking.sharesToUnbond(ctx, addressOf(a), addressOf(from), BigInt(amount));
  switch (verb) {
    case "validator":
      createValidator(staking, ctx, validatorMessage(a, BigInt(b), c, c));
      return;
    case "delegate":
      staking.delegate(ctx, addressOf(a), BigInt(c), "unbonded", validator(b), true);
      return;
    case "undelegate":
      staking.undelegate(ctx, addressOf(a), addressOf(b), shares(b, c));
      return;
    case "redelegate":
      staking.beginRedelegation(ctx, addressOf(a), addressOf(b), addressOf(c), shares(b, d));
      return;
    case "slash": {
      const { tokens, status } = validator(a);
      refuse(status === "unbonded");
      staking.slash(ctx, consensusAddress(a), ctx.block.height - BigInt(c), tokens / 1_000_000n, parseDec(b));
      return;
    }
    case "jail":
      refuse(validator(a).jailed);
      staking.jail(ctx, consensusAddress(a));
      return;
    case "unjail":
      refuse(!validator(a).jailed);
      staking.unjail(ctx, consensusAddress(a));
      return;
    case "withdraw":
      keeper.withdrawRewards(ctx, addressOf(a), addressOf(b));
      return;
    case "commission":
      keeper.withdrawCommission(ctx, addressOf(a));
      return;
    case "setWithdraw":
      keeper.setWithdrawAddress(ctx, addressOf(a), addressOf(b));
      return;
    case "deposit":
      keeper.depositRewards(ctx, addressOf(a), addressOf(b), coins(c));
      return;
    case "fund":
      keeper.fundCommunityPool(ctx, addressOf(a), coins(b));
      return;
  }
}

/** The state as lines of text, as bench/peers/stake prints it. */
function dump(stake: Stake, names: readonly string[]): string {
  const ctx = stake.context("query");
  const { staking } = stake;
  const lines: string[] = [];
  const line = (...parts: readonly unknown[]) => lines.push(parts.map(String).join(" "));
  const account = (address: Uint8Array) => ctx.addresses.format(address);
  const operator = (address: Uint8Array) => ctx.addresses.operators.format(address);
  line("height", stake.height);
  line("supply", stake.bank.keeper.supply(ctx, DENOM));
  line("pool", stake.pool());
  const { inflation, annualProvisions } = stake.mint.keeper.minter(ctx);
  line("mint", formatDec(inflation), formatDec(annualProvisions));
  for (const name of names) line("balance", name, stake.balance(name));
  for (const v of staking.validators(ctx)) {
    line("validator", operator(v.operator), v.tokens, formatDec(v.delegatorShares), v.status, v.jailed);
    line("outstanding", formatDecCoins(getOutstanding(ctx, v.operator)));
    line("commission", formatDecCoins(getCommission(ctx, v.operator)));
    const { period, rewards } = getCurrent(ctx, v.operator);
    line("current", period, formatDecCoins(rewards));
  }
  for (const d of staking.delegations(ctx))
    line("delegation", account(d.delegator), operator(d.operator), formatDec(d.shares));
  for (const u of staking.state.unbondings(ctx))
    for (const e of u.entries)
      line(
        "unbonding",
        account(u.delegator),
        operator(u.operator),
        e.creationHeight,
        e.initialBalance,
        e.balance,
      );
  for (const r of staking.state.redelegations(ctx))
    for (const e of r.entries)
      line(
        "redelegation",
        account(r.delegator),
        operator(r.source),
        operator(r.destination),
        e.creationHeight,
        e.initialBalance,
        formatDec(e.sharesDst),
      );
  for (const { operator: v, delegator, info } of allStartingInfos(ctx))
    line(
      "starting",
      operator(v),
      account(delegator),
      info.previousPeriod,
      formatDec(info.stake),
      info.height,
    );
  for (const { operator: v, period, rewards } of allHistorical(ctx))
    line("historical", operator(v), period, rewards.references, formatDecCoins(rewards.ratio));
  for (const [v, slash] of allSlashes(ctx))
    line("slash", operator(v), slash.height, slash.period, formatDec(slash.fraction));
  return `${lines.join("\n")}\n`;
}
