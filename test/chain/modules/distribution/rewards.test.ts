import t from "tap";
import { DENOM } from "../sandbox.ts";
import { addressOf, Stake } from "./stake.ts";

const POWER = 1_000_000n;

/** A chain whose validator v has 100 of power, and 10 of reward to come; its delegators as named. */
function started(
  options: { readonly rate?: string; readonly delegators?: Readonly<Record<string, bigint>> } = {},
): Stake {
  const stake = new Stake();
  stake.block(() => {
    stake.validator("v", 100n * POWER, options.rate ?? "0.5");
    for (const [name, tokens] of Object.entries(options.delegators ?? {})) stake.delegate(name, "v", tokens);
  });
  stake.block();
  return stake;
}

const dec = (amount: bigint | string) => `${amount}.000000000000000000${DENOM}`;

// The cases and figures of x/distribution/keeper/delegation_test.go of the Cosmos SDK v0.53.
const cases: readonly (readonly [
  name: string,
  run: (stake: Stake) => void,
  v: string,
  d: string,
  commission: bigint,
])[] = [
  ["nothing yet", () => undefined, "", "", 0n],
  [
    "rewards by stake, commission first",
    (s) => s.reward("v", `${10n * POWER}${DENOM}`),
    dec(2_500_000n),
    dec(2_500_000n),
    5_000_000n,
  ],
  [
    "a slash before rewards changes no shares of them",
    (s) => {
      s.slash("v", "0.5");
      s.block();
      s.reward("v", `${10n * POWER}${DENOM}`);
    },
    dec(2_500_000n),
    dec(2_500_000n),
    5_000_000n,
  ],
  [
    "slashes between rewards",
    (s) => {
      s.reward("v", `${10n * POWER}${DENOM}`);
      s.slash("v", "0.5");
      s.block();
      s.reward("v", `${10n * POWER}${DENOM}`);
      s.slash("v", "0.2");
      s.block();
      s.reward("v", `${10n * POWER}${DENOM}`);
    },
    dec(7_500_000n),
    dec(7_500_000n),
    15_000_000n,
  ],
  [
    "slashes in one block",
    (s) => {
      s.reward("v", `${10n * POWER}${DENOM}`);
      s.slash("v", "0.5");
      s.slash("v", "0.5");
      s.block();
      s.reward("v", `${10n * POWER}${DENOM}`);
    },
    dec(5_000_000n),
    dec(5_000_000n),
    10_000_000n,
  ],
];

for (const [name, run, ofV, ofD, commission] of cases) {
  t.test(name, (t) => {
    const stake = started({ delegators: { d: 100n * POWER } });
    run(stake);
    t.equal(stake.pending("v", "v"), ofV);
    t.equal(stake.pending("d", "v"), ofD);
    t.strictSame(stake.broken(), []);
    const supplyOwed = stake.distribution.keeper;
    if (commission > 0n)
      t.strictSame(supplyOwed.withdrawCommission(stake.context(), addressOf("v")), [
        { denom: DENOM, amount: commission },
      ]);
    stake.end();
    t.strictSame(stake.broken(), []);
    t.end();
  });
}

t.test("who delegates in the middle of a period is paid from then on", (t) => {
  const stake = started({ rate: "0" });
  stake.reward("v", `1000${DENOM}`);
  stake.delegate("late", "v", 100n * POWER);
  stake.block();
  stake.reward("v", `1000${DENOM}`);
  t.equal(stake.pending("v", "v"), dec(1_500n));
  t.equal(stake.pending("late", "v"), dec(500n));
  stake.withdraw("late", "v");
  t.equal(stake.balance("late"), 500n);
  stake.block();
  stake.reward("v", `1000${DENOM}`);
  t.equal(stake.pending("late", "v"), dec(500n));
  t.equal(stake.pending("v", "v"), dec(2_000n));
  t.strictSame(stake.broken(), []);
  t.end();
});

t.test("changing a delegation pays what it earned; fractions go to the community pool", (t) => {
  const stake = started({ rate: "0", delegators: { d: 200n * POWER } });
  stake.reward("v", `1000${DENOM}`);
  t.equal(stake.pending("d", "v"), `666.666666666600000000${DENOM}`);
  const before = stake.pool();
  stake.delegate("d", "v", 100n * POWER);
  t.equal(stake.balance("d"), 666n);
  t.equal(before, "");
  t.equal(stake.pool(), `0.666666666600000000${DENOM}`);
  stake.block(() => stake.undelegate("d", "v", 300n * POWER));
  t.equal(stake.balance("d"), 666n, "nothing was earned since");
  t.strictSame(stake.broken(), []);
  t.end();
});

t.test("of a validator with no tokens left, rewards go to the community pool", (t) => {
  const stake = started({ rate: "0" });
  stake.reward("v", `1000${DENOM}`);
  stake.slash("v", "1");
  stake.block();
  stake.reward("v", `50${DENOM}`);
  t.equal(stake.pending("v", "v"), dec(1_000n));
  stake.withdraw("v", "v");
  t.equal(stake.pool(), dec(50n));
  t.strictSame(stake.broken(), []);
  t.end();
});

t.test("a validator that is removed pays its commission, and leaves dust to the community pool", (t) => {
  const stake = started({ rate: "0.1", delegators: { d: 200n * POWER } });
  stake.reward("v", `1001${DENOM},7other`);
  stake.block(() => {
    stake.undelegate("d", "v", 200n * POWER);
    stake.undelegate("v", "v", 100n * POWER);
  });
  for (let i = 0; i < 6; i++) stake.block();
  t.equal(stake.staking.validator(stake.context("query"), addressOf("v")), undefined);
  t.strictSame(stake.distribution.module.genesis!.export(stake.context()).outstandingRewards, []);
  const paid = ["v", "d"].map((name) => [stake.balance(name) % POWER, stake.balance(name, "other")]);
  // Commission 100.1 and 0.7; of the rest a third and two thirds, rounded down.
  t.strictSame(paid, [
    [100n + 300n, 2n],
    [600n, 4n],
  ]);
  t.equal(stake.pool(), `1.000000000000000000other,1.000000000000000000${DENOM}`);
  t.strictSame(stake.broken(), []);
  t.end();
});

t.test("a delegation that began in this block has earned nothing", (t) => {
  const stake = started({ rate: "0" });
  stake.delegate("d", "v", 100n * POWER);
  stake.reward("v", `1000${DENOM}`);
  t.equal(stake.pending("d", "v"), "");
  t.strictSame(stake.withdraw("d", "v"), [{ denom: DENOM, amount: 0n }]);
  t.end();
});
