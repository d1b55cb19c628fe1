/** Plans of upgrades. Source: x/upgrade/types/plan.go v0.2 (Cosmos SDK v0.53). */
import type { Plan } from "../../../proto/gen/cosmos.upgrade.v1beta1.ts";
import type { Timestamp } from "../../../proto/gen/google.protobuf.ts";
import { utf8 } from "../../runtime/bytes.ts";
import { SdkError } from "../../runtime/errors.ts";
import { ZERO_TIME } from "../../runtime/time.ts";

/** A name stands in a key. */
const MAX_NAME_BYTES = 255;

/** @throws SdkError.invalidRequest naming what is wrong */
export function assertPlan({ name, time, height, upgradedClientState }: Plan): void {
  if (!isUnset(time))
    throw SdkError.invalidRequest("plan.time: time-based upgrades are deprecated; give a height");
  if (upgradedClientState)
    throw SdkError.invalidRequest(
      "plan.upgraded_client_state: belongs to IBC, which this chain does not have",
    );
  if (name === "") throw SdkError.invalidRequest("plan.name: cannot be empty");
  const { length } = utf8(name);
  if (length > MAX_NAME_BYTES)
    throw SdkError.invalidRequest(`plan.name: ${length} bytes are given; ${MAX_NAME_BYTES} are allowed`);
  if (height <= 0n) throw SdkError.invalidRequest(`plan.height: ${height} is not greater than 0`);
}

/** Go's zero time; and 1970, which other clients send for none. */
function isUnset({ seconds, nanos }: Timestamp): boolean {
  return (seconds === ZERO_TIME.seconds || seconds === 0n) && nanos === 0;
}

/** The plan as the SDK stores it. */
export function storedPlan(plan: Plan): Plan {
  return { ...plan, time: ZERO_TIME };
}

export function isDue(plan: Plan, height: bigint): boolean {
  return plan.height > 0n && plan.height <= height;
}
