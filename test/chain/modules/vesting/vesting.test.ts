/** Vesting accounts on the chain: made by messages, held to their schedules when they send and stake, exported and imported. */
import t from "tap";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { Query as AuthQuery } from "../../../../proto/gen/cosmos.auth.v1beta1.ts";
import { Msg as BankMsg, Query as BankQuery } from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
import {
  ContinuousVestingAccount,
  DelayedVestingAccount,
  Msg,
  PeriodicVestingAccount,
  PermanentLockedAccount,
} from "../../../../proto/gen/cosmos.vesting.v1beta1.ts";
import { account, codec, DENOM, Sandbox } from "../sandbox.ts";

const [giver, holder] = [account("giver"), account("holder")];
const coins = (amount: number | bigint) => [{ denom: DENOM, amount: String(amount) }];
const { methods } = Msg;

function start(): Sandbox {
  const sandbox = new Sandbox({ funds: { giver: 10_000n } });
  sandbox.block(() => undefined);
  return sandbox;
}

const now = (sandbox: Sandbox): bigint => sandbox.context().block.time.seconds;
const spendable = (sandbox: Sandbox): bigint =>
  BigInt(
    sandbox.query(BankQuery.methods.SpendableBalanceByDenom, { address: holder, denom: DENOM }).balance!
      .amount,
  );
const typeOf = (sandbox: Sandbox): string =>
  sandbox.query(AuthQuery.methods.Account, { address: holder }).account!.typeUrl;

t.test("a continuous account may send what has unlocked, and what others sent it", async (t) => {
  const sandbox = start();
  sandbox.block(() => {
    const endTime = now(sandbox) + 10n;
    sandbox.run(methods.CreateVestingAccount, {
      fromAddress: giver,
      toAddress: holder,
      amount: coins(1000),
      endTime,
      delayed: false,
    });
  });
  t.equal(typeOf(sandbox), ContinuousVestingAccount.typeUrl);
  t.equal(spendable(sandbox), 0n);
  for (let blocks = 0; blocks < 3; blocks++) sandbox.block(() => undefined);
  t.equal(spendable(sandbox), 300n);
  const send = (amount: number) =>
    sandbox.deliver(BankMsg.methods.Send, { fromAddress: holder, toAddress: giver, amount: coins(amount) });
  t.match(send(301).error, { codespace: "sdk", code: 5 });
  t.equal(send(300).error, undefined);
  t.equal(spendable(sandbox), 0n);
  sandbox.run(BankMsg.methods.Send, { fromAddress: giver, toAddress: holder, amount: coins(50) });
  t.equal(spendable(sandbox), 50n);
  t.same(sandbox.broken(), []);
});

t.test("locked coins may be staked; only what is left over of the schedule stays locked", async (t) => {
  const sandbox = start();
  sandbox.run(methods.CreateVestingAccount, {
    fromAddress: giver,
    toAddress: holder,
    amount: coins(1000),
    endTime: now(sandbox) + 1000n,
    delayed: true,
  });
  t.equal(typeOf(sandbox), DelayedVestingAccount.typeUrl);
  const { bank } = sandbox.modules;
  const address = codec.parse(holder);
  bank.delegateCoins(sandbox.context(), address, "gov", [{ denom: DENOM, amount: 600n }]);
  t.equal(sandbox.balance(holder), 400n);
  t.equal(spendable(sandbox), 0n);
  t.throws(
    () => bank.delegateCoins(sandbox.context(), address, "gov", [{ denom: DENOM, amount: 401n }]),
    /400uopg.* smaller than 401uopg/,
  );
  bank.undelegateCoins(sandbox.context(), "gov", address, [{ denom: DENOM, amount: 600n }]);
  t.equal(sandbox.balance(holder), 1000n);
  t.equal(spendable(sandbox), 0n);
  t.same(sandbox.broken(), []);
});

t.test("periodic and permanent accounts, and one that must not be made twice", async (t) => {
  const sandbox = start();
  sandbox.run(methods.CreatePeriodicVestingAccount, {
    fromAddress: giver,
    toAddress: holder,
    startTime: now(sandbox),
    vestingPeriods: [
      { length: 2n, amount: coins(100) },
      { length: 2n, amount: coins(200) },
    ],
  });
  t.equal(typeOf(sandbox), PeriodicVestingAccount.typeUrl);
  sandbox.block(() => undefined);
  t.equal(spendable(sandbox), 0n);
  sandbox.block(() => undefined);
  t.equal(spendable(sandbox), 100n);
  const again = sandbox.deliver(methods.CreatePermanentLockedAccount, {
    fromAddress: giver,
    toAddress: holder,
    amount: coins(1),
  });
  t.match(again.error, { codespace: "sdk", code: 18, message: /to_address: account .* exists already/ });
  const other = account("other");
  sandbox.run(methods.CreatePermanentLockedAccount, {
    fromAddress: giver,
    toAddress: other,
    amount: coins(7),
  });
  t.equal(
    sandbox.query(AuthQuery.methods.Account, { address: other }).account!.typeUrl,
    PermanentLockedAccount.typeUrl,
  );
  t.match(
    sandbox.deliver(BankMsg.methods.Send, { fromAddress: other, toAddress: giver, amount: coins(1) }).error,
    { code: 5 },
  );
  t.same(sandbox.broken(), []);
});

t.test("what cannot vest is refused by name", async (t) => {
  const sandbox = start();
  const base = { fromAddress: giver, toAddress: holder, amount: coins(1), endTime: 1n, delayed: false };
  const periods = (length: bigint) => ({
    fromAddress: giver,
    toAddress: holder,
    startTime: 1n,
    vestingPeriods: [{ length, amount: coins(1) }],
  });
  const blocked = codec.format(moduleAddress("fee_collector"));
  const cases = [
    ["no end", sandbox.deliver(methods.CreateVestingAccount, { ...base, endTime: 0n }), 18, /end_time: 0/],
    ["an end before now", sandbox.deliver(methods.CreateVestingAccount, base), 18, /start_time/],
    ["no coins", sandbox.deliver(methods.CreateVestingAccount, { ...base, amount: [] }), 10, /amount/],
    [
      "a module's account",
      sandbox.deliver(methods.CreateVestingAccount, { ...base, toAddress: blocked }),
      4,
      /not allowed/,
    ],
    [
      "a period of no length",
      sandbox.deliver(methods.CreatePeriodicVestingAccount, periods(0n)),
      18,
      /length: 0/,
    ],
    [
      "an end past time",
      sandbox.deliver(methods.CreatePeriodicVestingAccount, periods((1n << 63n) - 1n)),
      18,
      /is past/,
    ],
  ] as const;
  for (const [name, { error }, code, message] of cases) t.match(error, { code, message }, name);
});

t.test("export and import give the same accounts", async (t) => {
  const sandbox = start();
  sandbox.run(methods.CreatePeriodicVestingAccount, {
    fromAddress: giver,
    toAddress: holder,
    startTime: now(sandbox),
    vestingPeriods: [{ length: 5n, amount: coins(100) }],
  });
  sandbox.run(methods.CreatePermanentLockedAccount, {
    fromAddress: giver,
    toAddress: account("other"),
    amount: coins(7),
  });
  const genesis = sandbox.exported();
  const second = new Sandbox({ genesis });
  t.same(second.exported(), genesis);
  t.equal(second.modules.bank.spendable(second.context(), codec.parse(holder), DENOM), 0n);
});
