/** Who may change parameters: the account of the governance module, and nobody else. */
import { moduleAddress } from "./address.ts";
import type { Context } from "./context.ts";
import { defineErrors } from "./errors.ts";

/** Source: x/gov/types/errors.go of the SDK; only what other modules raise. */
const GovError = defineErrors("gov", { invalidSigner: 13 });

export const AUTHORITY = moduleAddress("gov");

/** @throws GovError.invalidSigner (gov, 13) if `authority` is not the governance account */
export function assertAuthority(ctx: Context, authority: string): void {
  const expected = ctx.addresses.format(AUTHORITY);
  if (authority !== expected)
    throw GovError.invalidSigner(`authority: ${authority} is not ${expected}, the governance account`);
}
