/** Parameters of slashing, with bounds and defaults. Source: x/slashing/types/params.go of the Cosmos SDK v0.53. */
import type { Params } from "../../../proto/gen/cosmos.slashing.v1beta1.ts";
import { durationNanos } from "../../../proto/text.ts";
import {
  type Dec,
  decFromWire,
  decMulInt,
  decRound,
  decToWire,
  formatDec,
  ONE,
  parseDec,
  ZERO,
} from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { MAX_DURATION_NANOS } from "../../runtime/time.ts";

export const DEFAULT_PARAMS: Params = {
  /** Blocks that are looked back on. */
  signedBlocksWindow: 100n,
  /** Half of them must be signed. */
  minSignedPerWindow: decToWire(parseDec("0.5")),
  /** Ten minutes. */
  downtimeJailDuration: { seconds: 600n, nanos: 0 },
  /** 5 % of the stake. */
  slashFractionDoubleSign: decToWire(parseDec("0.05")),
  /** 1 % of the stake. */
  slashFractionDowntime: decToWire(parseDec("0.01")),
};

/** @throws SdkError.invalidRequest naming the parameter, its value and what is allowed */
export function validateParams(params: Params): void {
  const { signedBlocksWindow, downtimeJailDuration } = params;
  if (signedBlocksWindow <= 0n)
    throw SdkError.invalidRequest(`params.signed_blocks_window: ${signedBlocksWindow} is not positive`);
  const nanos = durationNanos(downtimeJailDuration);
  if (nanos <= 0n || nanos > MAX_DURATION_NANOS) {
    throw SdkError.invalidRequest(
      `params.downtime_jail_duration: ${downtimeJailDuration.seconds}s is not positive and under 292 years`,
    );
  }
  fraction("min_signed_per_window", params.minSignedPerWindow);
  fraction("slash_fraction_double_sign", params.slashFractionDoubleSign);
  fraction("slash_fraction_downtime", params.slashFractionDowntime);
}

function fraction(name: string, text: string): Dec {
  const value = decFromWire(text, `params.${name}`);
  if (value < ZERO || value > ONE)
    throw SdkError.invalidRequest(`params.${name}: ${formatDec(value)} is not from 0 to 1`);
  return value;
}

/** Blocks that may be missed of the window before it is a fault. */
export function maxMissed({ signedBlocksWindow, minSignedPerWindow }: Params): bigint {
  const least = decFromWire(minSignedPerWindow, "params.min_signed_per_window");
  return signedBlocksWindow - decRound(decMulInt(least, signedBlocksWindow));
}
