/** Typed events: attributes in the order of their names, as JSON. Source: EmitTypedEvent of the SDK, types/events.go. */
import { EventGrant, EventRevoke } from "../../../proto/gen/cosmos.authz.v1beta1.ts";
import type { Address } from "../../runtime/address.ts";
import type { Context } from "../../runtime/context.ts";

export function emitGrant(ctx: Context, typeUrl: string, granter: Address, grantee: Address): void {
  emit(ctx, EventGrant.typeName, typeUrl, granter, grantee);
}

export function emitRevoke(ctx: Context, typeUrl: string, granter: Address, grantee: Address): void {
  emit(ctx, EventRevoke.typeName, typeUrl, granter, grantee);
}

function emit(ctx: Context, type: string, typeUrl: string, granter: Address, grantee: Address): void {
  ctx.events.emit(type, {
    grantee: JSON.stringify(ctx.addresses.format(grantee)),
    granter: JSON.stringify(ctx.addresses.format(granter)),
    msg_type_url: JSON.stringify(typeUrl),
  });
}
