/** What modules will ask of the engine in the begin block of the next block. */
import type { ComputeRequest } from "../runtime/compute.ts";
import type { Context } from "../runtime/context.ts";
import type { Module } from "../runtime/module.ts";

/** By the state before the block, which is left as it is. */
export function dueOf(ctx: Context, modules: readonly Module[]): readonly ComputeRequest[] {
  return modules.flatMap((module) => module.due?.(ctx.branch().ctx) ?? []);
}

export function unitsOf(requests: readonly ComputeRequest[]): bigint {
  return requests.reduce((sum, { units }) => sum + units, 0n);
}
