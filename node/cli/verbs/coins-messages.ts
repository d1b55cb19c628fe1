/** Coins to several at once, or over time: tx bank multi-send, tx vesting create-periodic-vesting-account. */
import { pack } from "../../../client/index.ts";
import { MsgMultiSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import type { Coin } from "../../../proto/gen/cosmos.base.v1beta1.ts";
import { MsgCreatePeriodicVestingAccount } from "../../../proto/gen/cosmos.vesting.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import type { Json } from "../../../proto/json.ts";
import { NodeError } from "../../errors.ts";
import { resolveAddress } from "./addresses.ts";
import { jsonFile } from "./staking-messages.ts";
import type { Made } from "./tx.ts";
import { coinsOf } from "./value.ts";

export const MULTI_SEND_FLAGS = [
  ["--split", "split the amount evenly, rather than send it to each"],
] as const;

function times(coins: readonly Coin[], factor: bigint): Coin[] {
  return coins.map(({ denom, amount }) => ({ denom, amount: String(BigInt(amount) * factor) }));
}

/** Who sends, all who receive, and the amount last. */
export function multiSend({ words, flags, sender, keys }: Made): readonly Any[] {
  const receivers = words.slice(1, -1);
  if (receivers.length === 0)
    throw new NodeError("usage", "multi-send: give who sends, one or more addresses, and the amount last");
  const given = coinsOf(words.at(-1)!, "amount");
  const count = BigInt(receivers.length);
  const each = flags["split"]
    ? given.map(({ denom, amount }) => ({ denom, amount: String(BigInt(amount) / count) }))
    : given;
  if (each.some(({ amount }) => amount === "0"))
    throw new NodeError(
      "usage",
      `--split: ${words.at(-1)} among ${count} leaves nothing for each; give more`,
    );
  const outputs = receivers.map((word) => ({
    address: resolveAddress("account", word, "to-address", keys),
    coins: each,
  }));
  return [pack(MsgMultiSend, { inputs: [{ address: sender.address, coins: times(each, count) }], outputs })];
}

/** A file as the SDK has it: start_time, and periods with coins and length_seconds. */
export function periodicVesting({ words: [to, file], sender, keys }: Made): readonly Any[] {
  const json = jsonFile(file!, "periods-file", ["start_time", "periods"]);
  const periods = json["periods"];
  if (!Array.isArray(periods) || periods.length === 0)
    throw new NodeError("usage", `${file}: periods: must be a list of coins and length_seconds`);
  return [
    pack(MsgCreatePeriodicVestingAccount, {
      fromAddress: sender.address,
      toAddress: resolveAddress("account", to!, "to-address", keys),
      startTime: seconds(json["start_time"], `${file}: start_time`),
      vestingPeriods: periods.map((period: Json, at) => {
        const { coins, length_seconds: length } = (period ?? {}) as Readonly<
          Record<string, Json | undefined>
        >;
        if (typeof coins !== "string")
          throw new NodeError("usage", `${file}: periods[${at}].coins: must be a text such as 1000uopg`);
        return {
          length: seconds(length, `${file}: periods[${at}].length_seconds`),
          amount: coinsOf(coins, `${file}: periods[${at}].coins`),
        };
      }),
    }),
  ];
}

function seconds(json: Json | undefined, name: string): bigint {
  if (!/^\d{1,15}$/.test(String(json)))
    throw new NodeError("usage", `${name}: ${JSON.stringify(json)} is no number of seconds`);
  return BigInt(String(json));
}
