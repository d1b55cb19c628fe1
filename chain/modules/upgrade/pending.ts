import { Plan } from "../../../proto/gen/cosmos.upgrade.v1beta1.ts";
import type { ReadonlyKVStore } from "../../store/types.ts";
import { PLAN_KEY } from "./keys.ts";

/** The plan in a store `upgrade` that is read before the modules are there. */
export function pendingPlan(store: ReadonlyKVStore): Plan | undefined {
  const bytes = store.get(PLAN_KEY);
  return bytes && Plan.decode(bytes);
}
