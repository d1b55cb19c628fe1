/** tx distribution withdraw-rewards with its commission, and withdraw-all-rewards, which asks the chain what there is. */
import type { Command } from "commander";
import { pack, queryMethod } from "../../../client/index.ts";
import {
  Query as Distribution,
  MsgWithdrawDelegatorReward,
  MsgWithdrawValidatorCommission,
} from "../../../proto/gen/cosmos.distribution.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import { NodeError } from "../../errors.ts";
import { rpcOf } from "../client.ts";
import { counter, send, type TxFlags, withTx } from "../transact.ts";
import { resolveAddress } from "./addresses.ts";
import { keyNamesOf } from "./query.ts";
import type { Made } from "./tx.ts";

export const WITHDRAW_FLAGS = [["--commission", "the validator's commission too; of its operator"]] as const;

export function withdrawRewards({ words: [word], flags, sender, keys }: Made): readonly Any[] {
  const validatorAddress = resolveAddress("operator", word!, "validator-addr", keys);
  const rewards = pack(MsgWithdrawDelegatorReward, { delegatorAddress: sender.address, validatorAddress });
  if (!flags["commission"]) return [rewards];
  if (validatorAddress !== sender.operator)
    throw new NodeError(
      "usage",
      `--commission: is ${validatorAddress}'s, whose operator is not ${sender.address}; leave it out, or sign by its key`,
    );
  return [rewards, pack(MsgWithdrawValidatorCommission, { validatorAddress })];
}

export function addWithdrawAll(tx: Command): void {
  const distribution = tx.commands.find((each) => each.name() === "distribution")!;
  withTx(distribution.command("withdraw-all-rewards").description("withdraw rewards from all validators"))
    .option("--max-msgs <n>", "messages of one transaction; 0: all in one", "0")
    .action(async (flags: TxFlags & { readonly maxMsgs: string }) => {
      if (flags.offline)
        throw new NodeError("usage", "--offline: the chain knows the validators; leave it out");
      const delegatorAddress = resolveAddress("account", flags.from, "--from", keyNamesOf(flags));
      const { validators } = await queryMethod(
        rpcOf(flags),
        Distribution.methods.DelegatorValidators,
      )({
        delegatorAddress,
      });
      if (validators.length === 0)
        throw new NodeError(
          "failed",
          `${delegatorAddress} delegates to no validator: there is nothing to withdraw`,
        );
      const most = Number(counter(flags.maxMsgs, "--max-msgs")) || validators.length;
      for (let at = 0; at < validators.length; at += most) {
        const part = validators.slice(at, at + most);
        await send(flags, () =>
          part.map((validatorAddress) =>
            pack(MsgWithdrawDelegatorReward, { delegatorAddress, validatorAddress }),
          ),
        );
      }
    });
}
