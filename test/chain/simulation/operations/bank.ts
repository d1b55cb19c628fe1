/** Transfers, and accounts whose coins are set free over time. */

import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { pack } from "../../../../client/index.ts";
import { MsgMultiSend, MsgSend } from "../../../../proto/gen/cosmos.bank.v1beta1.ts";
import {
  MsgCreatePeriodicVestingAccount,
  MsgCreatePermanentLockedAccount,
  MsgCreateVestingAccount,
} from "../../../../proto/gen/cosmos.vesting.v1beta1.ts";
import { DENOM } from "../../chain.ts";
import type { Operation } from "../operation.ts";
import { ADDRESSES, addressOf, amount, coin } from "../view.ts";

/** An account that takes no coins from users. */
const BLOCKED = ADDRESSES.format(moduleAddress("mint"));

/** What one pays at most in a vesting account. */
const MOST = 5_000_000_000n;

export const bankOperations: readonly Operation[] = [
  {
    name: "send",
    weight: 14,
    refusals: ["bank 5", "sdk 4", "sdk 7", "sdk 10"],
    make: async (random, view) => {
      const from = view.person(random);
      const toAddress = random.chance(3)
        ? random.pick([BLOCKED, "opg1bad", ""])
        : addressOf(view.receiver(random));
      const denom = random.chance(3) ? random.pick(["nocoin", "1"]) : DENOM;
      const sent = random.chance(3) ? 0n : amount(random, (await view.spendable(from)) / 3n) + 1n;
      return {
        signers: [from],
        messages: [
          pack(MsgSend, { fromAddress: addressOf(from), toAddress, amount: [{ ...coin(sent), denom }] }),
        ],
      };
    },
  },
  {
    name: "send-all",
    weight: 1,
    refusals: ["bank 5"],
    make: async (random, view) => {
      const from = view.person(random);
      if (from.startsWith("operator-a")) return undefined;
      const sent = (await view.spendable(from)) - 5_000n;
      if (sent <= 0n) return undefined;
      const [fromAddress, toAddress] = [addressOf(from), addressOf(view.person(random))];
      return { signers: [from], messages: [pack(MsgSend, { fromAddress, toAddress, amount: [coin(sent)] })] };
    },
  },
  {
    name: "multi-send",
    weight: 5,
    refusals: ["bank 4", "bank 5", "sdk 4", "sdk 10"],
    make: async (random, view) => {
      const from = view.person(random);
      const shares = Array.from({ length: 1 + random.below(4) }, () => amount(random, 1_000_000_000n) + 1n);
      const sum = shares.reduce((total, share) => total + share, random.chance(3) ? 1n : 0n);
      const outputs = shares.map((share) => ({
        address: random.chance(1) ? BLOCKED : addressOf(view.receiver(random)),
        coins: [coin(share)],
      }));
      const inputs = [{ address: addressOf(from), coins: [coin(sum)] }];
      return { signers: [from], messages: [pack(MsgMultiSend, { inputs, outputs })] };
    },
  },
  {
    name: "create-vesting-account",
    weight: 3,
    refusals: ["bank 5", "sdk 18"],
    make: async (random, view) => {
      const from = view.person(random);
      const taken = random.chance(10) || view.people.length > 60;
      const to = taken ? view.person(random) : view.stranger("vesting");
      if (!taken) view.meet(to);
      const [fromAddress, toAddress] = [addressOf(from), addressOf(to)];
      const coins = [coin(amount(random, MOST) + 1n)];
      const now = view.time.seconds;
      const kind = random.below(4);
      const endTime = now + BigInt(random.below(2_000));
      if (kind === 0)
        return {
          signers: [from],
          messages: [pack(MsgCreatePermanentLockedAccount, { fromAddress, toAddress, amount: coins })],
        };
      if (kind === 1) {
        const vestingPeriods = Array.from({ length: 1 + random.below(4) }, () => ({
          length: BigInt(1 + random.below(300)),
          amount: [coin(amount(random, MOST / 4n) + 1n)],
        }));
        const startTime = now - 300n + BigInt(random.below(600));
        return {
          signers: [from],
          messages: [
            pack(MsgCreatePeriodicVestingAccount, { fromAddress, toAddress, startTime, vestingPeriods }),
          ],
        };
      }
      const message = { fromAddress, toAddress, amount: coins, endTime, delayed: kind === 2 };
      return { signers: [from], messages: [pack(MsgCreateVestingAccount, message)] };
    },
  },
];
