/** Headers and validator sets of recent blocks, which light clients of other chains ask for. Source: x/staking/keeper/historical_info.go of the SDK v0.53. */
import { HistoricalInfo } from "../../../proto/gen/cosmos.staking.v1beta1.ts";
import { Header } from "../../../proto/gen/tendermint.types.ts";
import { compareBytes, concatBytes } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { historyKey, STORE } from "./keys.ts";
import type { StakingState } from "./state.ts";
import type { Validator } from "./types.ts";
import { consensusPower } from "./validator.ts";

/** Keeps this block's header with the validators of the last, and lets go what is older than `historical_entries`. */
export function trackHistory(state: StakingState, ctx: Context): void {
  const { historicalEntries } = state.params(ctx);
  const store = ctx.store(STORE);
  // Usually one: those to go are a range without a gap.
  for (let height = ctx.block.height - BigInt(historicalEntries); height >= 0n; height--) {
    const key = historyKey(height);
    if (!store.has(key)) break;
    store.delete(key);
  }
  if (historicalEntries === 0) return;
  const valset = [...state.lastPowers(ctx)].map(([operator]) => state.mustHaveValidator(ctx, operator));
  store.set(historyKey(ctx.block.height), encodeHistory(state, ctx, valset.sort(byPower)));
}

/** CometBFT's order: the most powerful first, equals by consensus address. */
function byPower(a: Validator, b: Validator): number {
  const [powerA, powerB] = [consensusPower(a), consensusPower(b)];
  if (powerA !== powerB) return powerA > powerB ? -1 : 1;
  return compareBytes(a.consensus, b.consensus);
}

/** Tag and length of each validator, then the record's bytes as the store has them: none is encoded again. */
function encodeHistory(state: StakingState, ctx: Context, valset: readonly Validator[]): Uint8Array {
  const { chainId, height, time, proposerAddress, nextValidatorsHash, lastAppHash } = ctx.block;
  const header = Header.create({
    chainId,
    height,
    time,
    proposerAddress,
    ...(nextValidatorsHash ? { nextValidatorsHash } : {}),
    ...(lastAppHash ? { appHash: lastAppHash } : {}),
  });
  const parts = [HistoricalInfo.encode({ header, valset: [] })];
  for (const { operator } of valset) {
    const record = state.validatorBytes(ctx, operator)!;
    parts.push(VALSET_TAG, varint(record.length), record);
  }
  return concatBytes(...parts);
}

/** Field 2, length-delimited. */
const VALSET_TAG = Uint8Array.of(0x12);

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  bytes.push(left);
  return Uint8Array.from(bytes);
}
