import { Msg } from "../../../proto/gen/cosmos.vesting.v1beta1.ts";
import type { Address } from "../../runtime/address.ts";
import { type Coins, coinsFromProto, sumCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type AnyMsgRoute, msgRoute } from "../../runtime/module.ts";
import { type AuthKeeper, assertVesting, type VestingPeriod, type VestingSchedule } from "../auth/index.ts";
import type { BankKeeper } from "../bank/index.ts";

/** End of time as the SDK counts it: int64 seconds. */
const MAX_TIME = (1n << 63n) - 1n;

export interface VestingMsgDeps {
  readonly auth: AuthKeeper;
  readonly bank: BankKeeper;
}

interface Grant {
  readonly from: Address;
  readonly to: Address;
  readonly coins: Coins;
  readonly endTime: bigint;
  readonly schedule: VestingSchedule;
}

export function vestingMsgs(deps: VestingMsgDeps): readonly AnyMsgRoute[] {
  const { methods } = Msg;
  return [
    msgRoute(methods.CreateVestingAccount, {
      validate: ({ fromAddress, toAddress, amount, endTime }, addresses) => {
        addresses.parse(fromAddress, "from_address");
        addresses.parse(toAddress, "to_address");
        someCoins(amount, "amount");
        if (endTime <= 0n)
          throw SdkError.invalidRequest(`end_time: ${endTime} is not positive; give Unix seconds`);
      },
      handle: (ctx, { fromAddress, toAddress, amount, endTime, delayed }) => {
        createAccount(ctx, deps, {
          from: ctx.addresses.parse(fromAddress),
          to: ctx.addresses.parse(toAddress),
          coins: someCoins(amount, "amount"),
          endTime,
          schedule: delayed ? { type: "delayed" } : { type: "continuous", startTime: ctx.block.time.seconds },
        });
        return {};
      },
    }),
    msgRoute(methods.CreatePermanentLockedAccount, {
      validate: ({ fromAddress, toAddress, amount }, addresses) => {
        addresses.parse(fromAddress, "from_address");
        addresses.parse(toAddress, "to_address");
        someCoins(amount, "amount");
      },
      handle: (ctx, { fromAddress, toAddress, amount }) => {
        createAccount(ctx, deps, {
          from: ctx.addresses.parse(fromAddress),
          to: ctx.addresses.parse(toAddress),
          coins: someCoins(amount, "amount"),
          endTime: 0n,
          schedule: { type: "permanent" },
        });
        return {};
      },
    }),
    msgRoute(methods.CreatePeriodicVestingAccount, {
      validate: ({ fromAddress, toAddress, startTime, vestingPeriods }, addresses) => {
        addresses.parse(fromAddress, "from_address");
        addresses.parse(toAddress, "to_address");
        if (startTime < 1n)
          throw SdkError.invalidRequest(`start_time: ${startTime} is not positive; give Unix seconds`);
        periodsOf(vestingPeriods, startTime);
      },
      handle: (ctx, { fromAddress, toAddress, startTime, vestingPeriods }) => {
        const { periods, endTime } = periodsOf(vestingPeriods, startTime);
        createAccount(ctx, deps, {
          from: ctx.addresses.parse(fromAddress),
          to: ctx.addresses.parse(toAddress),
          coins: sumCoins(periods.map(({ amount }) => amount)),
          endTime,
          schedule: { type: "periodic", startTime, periods },
        });
        return {};
      },
    }),
  ];
}

function createAccount(ctx: Context, { auth, bank }: VestingMsgDeps, grant: Grant): void {
  const { from, to, coins, endTime, schedule } = grant;
  const toText = ctx.addresses.format(to);
  bank.assertSendEnabled(ctx, coins);
  if (bank.isBlocked(to))
    throw SdkError.unauthorized(`to_address: ${toText} is not allowed to receive funds`);
  if (auth.hasAccount(ctx, to)) {
    throw SdkError.invalidRequest(
      `to_address: account ${toText} exists already; name an address that has none`,
    );
  }
  const { base } = auth.newAccount(ctx, to);
  const account = {
    kind: "vesting",
    base,
    originalVesting: coins,
    delegatedFree: [],
    delegatedVesting: [],
    endTime,
    schedule,
  } as const;
  assertVesting(account);
  auth.setAccount(ctx, account);
  bank.send(ctx, from, to, coins);
}

/** @throws SdkError.invalidRequest, SdkError.invalidCoins naming the period */
function periodsOf(
  given: readonly { readonly length: bigint; readonly amount: Parameters<typeof coinsFromProto>[0] }[],
  startTime: bigint,
): { readonly periods: readonly VestingPeriod[]; readonly endTime: bigint } {
  let endTime = startTime;
  const periods = given.map(({ length, amount }, index) => {
    const path = `vesting_periods[${index}]`;
    if (length < 1n) throw SdkError.invalidRequest(`${path}.length: ${length} is not positive`);
    endTime += length;
    if (endTime > MAX_TIME)
      throw SdkError.invalidRequest(`${path}.length: the end, ${endTime}, is past ${MAX_TIME}`);
    return { length, amount: someCoins(amount, `${path}.amount`) };
  });
  return { periods, endTime };
}

function someCoins(amount: Parameters<typeof coinsFromProto>[0], field: string): Coins {
  const coins = coinsFromProto(amount, field);
  if (coins.length === 0) throw SdkError.invalidCoins(`${field}: no coins are given`);
  return coins;
}
