/** Messages of jobs: posting, answering, challenging. */
import type { AnyMsgRoute } from "../../runtime/module.ts";
import type { ComputeDeps } from "./deps.ts";

export function jobMsgs(_deps: ComputeDeps): readonly AnyMsgRoute[] {
  return [];
}
