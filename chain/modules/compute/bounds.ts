/** A model's declared bounds as the numbers that answers are compared with, by validators and operators; no part of the state. */
import type { Tolerance } from "../../../proto/gen/opg.compute.v1.ts";
import type { ToleranceBounds } from "../../engine/tolerance.ts";
import { decFromWire, formatDec } from "../../runtime/decimal.ts";

export function boundsOf({ absolute, relative, sameArgmax }: Omit<Tolerance, "modelId">): ToleranceBounds {
  return {
    absolute: numberOf(absolute, "tolerance.absolute"),
    relative: numberOf(relative, "tolerance.relative"),
    sameArgmax,
  };
}

function numberOf(dec: string, name: string): number {
  return Number(formatDec(decFromWire(dec, name)));
}
