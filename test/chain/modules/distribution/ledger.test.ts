/**
 * F1 against a ledger that books every reward to every delegation at once, exactly: random delegations, withdrawals, slashes
 * and rewards. REWARDS_BLOCKS and SIM_SEED choose length and case.
 */
import t from "tap";
import { Msg } from "../../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { Random, seedOf } from "../random.ts";
import { DENOM } from "../sandbox.ts";
import { addressOf, operatorOf, Stake, voteFor } from "./stake.ts";

const BLOCKS = Number(process.env["REWARDS_BLOCKS"] ?? 60);
const VALIDATORS = ["v1", "v2", "v3"];
const DELEGATORS = ["ann", "ben", "cat", "dan", "eve"];
/** Digits of the ledger: far more than the 18 that F1 rounds down to. */
const SCALE = 10n ** 40n;
/** 0.01 coins: what rounding down may leave of many periods of large stakes. */
const MARGIN = SCALE / 100n;

class Ledger {
  readonly stake = new Stake();
  readonly random: Random;
  /** What each delegation earned since it was last paid, times SCALE. */
  readonly owed = new Map<string, bigint>();
  compared = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** Books a reward of a validator to its delegations by shares. `amount` is times 10^18. */
  book(name: string, amount: bigint): void {
    const ctx = this.stake.context("query");
    const validator = this.stake.staking.validator(ctx, addressOf(name));
    if (!validator || validator.tokens === 0n) return;
    for (const { delegator, shares } of this.stake.staking.delegationsTo(ctx, validator.operator)) {
      const key = `${name} ${ctx.addresses.format(delegator)}`;
      const part = (amount * (SCALE / 10n ** 18n) * shares) / validator.delegatorShares;
      this.owed.set(key, (this.owed.get(key) ?? 0n) + part);
    }
  }

  /** Every delegation that began before this block would get what the ledger says, rounded down. */
  compare(): readonly string[] {
    const ctx = this.stake.context("query");
    return VALIDATORS.flatMap((name) => {
      const validator = this.stake.staking.validator(ctx, addressOf(name));
      if (!validator) return [];
      return [...this.stake.staking.delegationsTo(ctx, validator.operator)].flatMap((delegation) => {
        const who = ctx.addresses.format(delegation.delegator);
        const [coin] = this.stake.distribution.keeper.rewards.pending(ctx, validator, delegation);
        const paid = (coin?.amount ?? 0n) * (SCALE / 10n ** 18n);
        const owed = this.owed.get(`${name} ${who}`) ?? 0n;
        this.compared++;
        return paid <= owed && owed - paid <= MARGIN ? [] : [`${who} at ${name}: ${paid}, ledger ${owed}`];
      });
    });
  }

  paid(who: string, name: string): void {
    this.owed.set(`${name} ${this.stake.context().addresses.format(addressOf(who))}`, 0n);
  }

  block(): void {
    const { stake, random } = this;
    if (random.chance(60)) stake.fees(`${1 + random.below(1_000_000)}${DENOM}`);
    const votes = VALIDATORS.map((name, i) => voteFor(name, BigInt(10 * (i + 1))));
    const before = this.#outstanding();
    stake.begin({ votes });
    for (const name of VALIDATORS) this.#bookDifference(name, before);
    for (let i = random.below(6); i > 0; i--) this.#operation();
    stake.end();
  }

  /** What a validator's delegators are owed, commission apart. */
  #outstanding(): ReadonlyMap<string, bigint> {
    const genesis = this.stake.distribution.module.genesis!.export(this.stake.context("query"));
    const sum = (coins: readonly { amount: string }[]) =>
      coins.reduce((all, { amount }) => all + BigInt(amount), 0n);
    return new Map(
      VALIDATORS.map((name) => {
        const operator = this.stake.context().addresses.operators.format(addressOf(name));
        const own = <T extends { validatorAddress: string }>(list: readonly T[]) =>
          list.find(({ validatorAddress }) => validatorAddress === operator);
        const owed = sum(
          own<{ validatorAddress: string; outstandingRewards: { amount: string }[] }>(
            genesis.outstandingRewards,
          )?.outstandingRewards ?? [],
        );
        const commission = own<{
          validatorAddress: string;
          accumulated: { commission: { amount: string }[] };
        }>(genesis.validatorAccumulatedCommissions);
        return [name, owed - sum(commission?.accumulated.commission ?? [])];
      }),
    );
  }

  #bookDifference(name: string, before: ReadonlyMap<string, bigint>): void {
    this.book(name, this.#outstanding().get(name)! - before.get(name)!);
  }

  #operation(): void {
    const { stake, random } = this;
    const [who, name] = [random.pick(DELEGATORS), random.pick(VALIDATORS)];
    const ctx = stake.context("query");
    const delegation = stake.staking.delegation(ctx, addressOf(who), addressOf(name));
    const validator = stake.staking.validator(ctx, addressOf(name))!;
    const dice = random.below(100);
    if (dice < 35 && validator.tokens > 0n) {
      stake.delegate(who, name, 1n + random.bigint(34));
      this.paid(who, name);
    } else if (dice < 55 && delegation) {
      const most = (delegation.shares * validator.tokens) / validator.delegatorShares;
      if (most < 1n) return;
      stake.undelegate(who, name, 1n + (random.bigint(64) % most));
      this.paid(who, name);
    } else if (dice < 70 && delegation) {
      stake.withdraw(who, name);
      this.paid(who, name);
    } else if (dice < 85) {
      const before = this.#outstanding();
      stake.reward(name, `${1 + random.below(1_000_000)}${DENOM}`);
      this.#bookDifference(name, before);
    } else if (dice < 95) {
      stake.slash(name, `0.${String(1 + random.below(99)).padStart(2, "0")}`);
    } else {
      const validatorAddress = operatorOf(name);
      stake.deliver(Msg.methods.WithdrawValidatorCommission, { validatorAddress });
    }
  }
}

t.test("F1 pays every delegation what a ledger of every reward would", (t) => {
  const seed = seedOf("SIM_SEED");
  t.comment(`seed ${seed}, ${BLOCKS} blocks`);
  const ledger = new Ledger(seed);
  ledger.stake.block(() => {
    for (const [i, name] of VALIDATORS.entries())
      ledger.stake.validator(name, BigInt(i + 1) * 10_000_000_000n, ["0", "0.1", "0.333333333333333333"][i]);
  });
  for (let i = 0; i < BLOCKS; i++) {
    ledger.block();
    const faults = [...ledger.stake.broken(), ...(i % 5 === 0 ? compareNext(ledger) : [])];
    if (faults.length > 0) t.strictSame(faults, [], `block ${ledger.stake.height}, seed ${seed}`);
    if (faults.length > 0) break;
  }
  t.ok(ledger.compared > BLOCKS, `${ledger.compared} delegations compared`);
  t.end();
});

/** One block without operations, so that delegations of the last count too. */
function compareNext(ledger: Ledger): readonly string[] {
  ledger.stake.block(() => undefined, { votes: [] });
  return ledger.compare();
}
