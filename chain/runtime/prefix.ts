/** The bech32 prefix of a chain: a setting of its genesis, and what is read first, as the rest cannot be read without it. */
import type { Json } from "../../proto/json.ts";

/** Prefix of a chain whose genesis names none. */
export const DEFAULT_BECH32_PREFIX = "opg";

/** The bech32 prefix that `app_state` of a genesis sets. */
export function prefixOf(state: Readonly<Record<string, Json>>): string {
  const auth = state["auth"];
  const prefix =
    auth && typeof auth === "object" && "bech32_prefix" in auth ? auth["bech32_prefix"] : undefined;
  return typeof prefix === "string" && prefix !== "" ? prefix : DEFAULT_BECH32_PREFIX;
}
