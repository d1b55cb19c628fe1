import { moduleAddress } from "../../runtime/address.ts";
import { bytesEqual } from "../../runtime/bytes.ts";
import { formatCoins } from "../../runtime/coins.ts";
import type { Invariant } from "../../runtime/module.ts";
import { countUnder } from "../../runtime/range.ts";
import { sha256 } from "../../store/sha256.ts";
import type { BankKeeper } from "../bank/index.ts";
import type { InferenceKeeper } from "./keeper.ts";
import { MODEL_PREFIX, MODULE, modelReceiptKey, REQUESTER_PREFIX, requesterKey, STORE } from "./keys.ts";
import {
  allOutputs,
  allReceipts,
  allRoots,
  findReceipt,
  prunedHeight,
  receiptsFrom,
  rootOf,
} from "./receipts.ts";
import { partsFromProto } from "./split.ts";

export function inferenceInvariants(keeper: InferenceKeeper, bank: BankKeeper): readonly Invariant[] {
  return [
    {
      name: "nothing-owed",
      check: (ctx) => {
        const held = bank.balances(ctx, moduleAddress(MODULE));
        return held.length === 0 ? undefined : `the module account holds ${formatCoins(held)} between blocks`;
      },
    },
    {
      name: "splits",
      check: (ctx) => {
        for (const { id, fee, split } of allReceipts(ctx)) {
          const sum = Object.values(partsFromProto(split)).reduce((total, part) => total + part, 0n);
          if (sum !== BigInt(fee.amount))
            return `the parts of receipt ${id} sum to ${sum}, its fee is ${fee.amount}`;
        }
        return undefined;
      },
    },
    {
      name: "budget",
      check: (ctx) => {
        const { used, budget } = keeper.use(ctx);
        return used <= budget ? undefined : `the block used ${used} of ${budget} compute units`;
      },
    },
    {
      name: "roots",
      check: (ctx) => {
        const pruned = prunedHeight(ctx, "receipts");
        for (const { height, root, firstId, count } of allRoots(ctx)) {
          if (height <= pruned) continue;
          const receipts = receiptsFrom(ctx, firstId, count);
          if (receipts.length !== count)
            return `block ${height} has ${receipts.length} receipts, its root says ${count}`;
          if (!bytesEqual(rootOf(receipts), root))
            return `the root of block ${height} is not the one of its receipts`;
        }
        return undefined;
      },
    },
    {
      name: "outputs",
      check: (ctx) => {
        for (const { receiptId, tensors } of allOutputs(ctx)) {
          const receipt = findReceipt(ctx, receiptId);
          if (!receipt) return `there is an output of receipt ${receiptId}, which is not there`;
          if (!bytesEqual(sha256(tensors), receipt.outputHash))
            return `the output of receipt ${receiptId} is not the one of its hash`;
        }
        return undefined;
      },
    },
    {
      name: "indexes",
      check: (ctx) => {
        const store = ctx.store(STORE);
        let receipts = 0;
        for (const { id, requester, modelId } of allReceipts(ctx)) {
          receipts++;
          if (!store.has(requesterKey(ctx.addresses.parse(requester), id)))
            return `receipt ${id} is not under its requester`;
          if (!store.has(modelReceiptKey(modelId, id))) return `receipt ${id} is not under its model`;
        }
        const counts = [REQUESTER_PREFIX, MODEL_PREFIX].map((prefix) => countUnder(ctx.store(STORE), prefix));
        return counts.every((count) => count === receipts)
          ? undefined
          : `indexes hold ${counts.join(", ")} entries for ${receipts} receipts`;
      },
    },
  ];
}
