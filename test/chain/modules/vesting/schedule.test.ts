/** What of a vesting account is locked, by table. Figures: the examples of the SDK's vesting specification and tests, and worked by hand. */
import t from "tap";
import type { VestingAccount, VestingSchedule } from "../../../../chain/modules/auth/index.ts";
import { lockedCoins, vestedCoins } from "../../../../chain/modules/vesting/index.ts";
import { withDelegation, withUndelegation } from "../../../../chain/modules/vesting/schedule.ts";
import { formatCoins, parseCoins } from "../../../../chain/runtime/coins.ts";
import { BaseAccount } from "../../../../proto/gen/cosmos.auth.v1beta1.ts";

const DAY = 86_400n;
const START = 1_700_000_000n;
const END = START + DAY;
const COINS = "1000fee,100stake";

function vesting(schedule: VestingSchedule, endTime = END, original = COINS): VestingAccount {
  return {
    kind: "vesting",
    base: BaseAccount.create(),
    originalVesting: parseCoins(original),
    delegatedFree: [],
    delegatedVesting: [],
    endTime,
    schedule,
  };
}

const continuous = vesting({ type: "continuous", startTime: START });
const delayed = vesting({ type: "delayed" });
const permanent = vesting({ type: "permanent" }, 0n);
const periodic = vesting({
  type: "periodic",
  startTime: START,
  periods: [
    { length: DAY / 2n, amount: parseCoins("500fee,50stake") },
    { length: DAY / 4n, amount: parseCoins("250fee,25stake") },
    { length: DAY / 4n, amount: parseCoins("250fee,25stake") },
  ],
});

const cases: readonly (readonly [name: string, account: VestingAccount, after: bigint, vested: string])[] = [
  ["continuous, before the start", continuous, -1n, ""],
  ["continuous, at the start", continuous, 0n, ""],
  ["continuous, half way", continuous, DAY / 2n, "500fee,50stake"],
  ["continuous, one second before the end, rounded to the nearest", continuous, DAY - 1n, "1000fee,100stake"],
  ["continuous, a third of the way", continuous, DAY / 3n, "333fee,33stake"],
  ["continuous, at the end", continuous, DAY, COINS],
  ["delayed, before the end", delayed, DAY - 1n, ""],
  ["delayed, at the end", delayed, DAY, COINS],
  ["periodic, at the start", periodic, 0n, ""],
  ["periodic, a second before the first part", periodic, DAY / 2n - 1n, ""],
  ["periodic, at the first part", periodic, DAY / 2n, "500fee,50stake"],
  ["periodic, between", periodic, DAY / 2n + 1n, "500fee,50stake"],
  ["periodic, at the second part", periodic, (DAY * 3n) / 4n, "750fee,75stake"],
  ["periodic, at the end", periodic, DAY, COINS],
  ["permanent, long after", permanent, DAY * 10_000n, ""],
];

for (const [name, account, after, vested] of cases) {
  t.test(name, async (t) => {
    t.equal(formatCoins(vestedCoins(account, START + after)), vested);
    const locked = lockedCoins(account, START + after);
    const sum = [...vestedCoins(account, START + after), ...locked];
    for (const { denom, amount } of account.originalVesting) {
      const parts = sum.filter((coin) => coin.denom === denom).reduce((all, coin) => all + coin.amount, 0n);
      t.equal(parts, amount, `${denom}: vested and locked are all there is`);
    }
  });
}

t.test("half of an odd amount is rounded to the even neighbour", async (t) => {
  const at = (original: string) =>
    formatCoins(vestedCoins(vesting(continuous.schedule, END, original), START + DAY / 2n));
  t.equal(at("5stake"), "2stake");
  t.equal(at("7stake"), "4stake");
});

t.test("staking takes locked coins first, and gives back free ones first", async (t) => {
  const half = START + DAY / 2n;
  const staked = withDelegation(continuous, parseCoins("75stake"), half);
  t.equal(formatCoins(staked.delegatedVesting), "50stake");
  t.equal(formatCoins(staked.delegatedFree), "25stake");
  t.equal(formatCoins(lockedCoins(staked, half)), "500fee", "what is staked need not stay in the account");
  const some = withUndelegation(staked, parseCoins("40stake"));
  t.equal(formatCoins(some.delegatedFree), "");
  t.equal(formatCoins(some.delegatedVesting), "35stake");
  const all = withUndelegation(some, parseCoins("36stake"));
  t.equal(formatCoins(all.delegatedVesting), "", "a unit more than was staked may come back");
});
