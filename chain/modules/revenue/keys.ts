/** Layout of the store `revenue`. */
import { concatBytes } from "../../runtime/bytes.ts";

export const STORE = "revenue";
export const MODULE = "revenue";

export const INCOME_PREFIX = Uint8Array.of(0x01);
export const WAITING_KEY = Uint8Array.of(0x02);

/** Income of stakers by the number of its source. */
export function incomeKey(source: number): Uint8Array {
  return concatBytes(INCOME_PREFIX, Uint8Array.of(source));
}
