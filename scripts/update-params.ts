/** Messages that change parameters, as JSON: made from the values of now, with some replaced. */

import { AUTHORITY } from "../chain/runtime/authority.ts";
import type { Context } from "../chain/runtime/context.ts";
import type { AnyMsgRoute } from "../chain/runtime/module.ts";
import type { Router } from "../chain/runtime/router.ts";
import type { AnyMessageType } from "../proto/codec.ts";
import { fromJson, type Json, type JsonObject, toJson } from "../proto/json.ts";
import { Sandbox } from "../test/chain/modules/sandbox.ts";

/** Routes whose messages change parameters, in module order. */
export function updateRoutes(router: Router): readonly AnyMsgRoute[] {
  return [...router.msgs].filter(({ method }) => method.request.typeName.endsWith(".MsgUpdateParams"));
}

/** The message that would leave a module's parameters as they are. */
export function unchanged(router: Router, ctx: Context, type: AnyMessageType): JsonObject {
  const { response, value } = paramsOf(router, ctx, type);
  const { params } = toJson(response, value, router.types) as { readonly params: JsonObject };
  const authority = ctx.addresses.format(AUTHORITY);
  const fields = type.fields.map(({ name }) => name);
  if (fields.includes("params")) return { authority, params };
  // Parameters of consensus stand in the message itself.
  const own = Object.entries(params).filter(([name]) => fields.includes(name) && name !== "authority");
  return { authority, ...Object.fromEntries(own) };
}

function paramsOf(router: Router, ctx: Context, type: AnyMessageType) {
  const service = type.typeName.replace(/\.MsgUpdateParams$/, ".Query");
  const { method, handle } = router.query(`/${service}/Params`);
  const value: unknown = handle(ctx, method.request.create());
  return { response: method.response as AnyMessageType, value };
}

export function valueAt(json: Json, path: string): Json | undefined {
  return path
    .split(".")
    .reduce<Json | undefined>(
      (value, name) => (value as Readonly<Record<string, Json>> | undefined)?.[name],
      json,
    );
}

/** `json` with the value at `path` replaced. */
export function withValue(json: JsonObject, path: string, value: Json): JsonObject {
  const [name, ...rest] = path.split(".");
  const inner =
    rest.length === 0 ? value : withValue((json[name!] ?? {}) as JsonObject, rest.join("."), value);
  return { ...json, [name!]: inner };
}

export function messageFrom(router: Router, type: AnyMessageType, json: Json): unknown {
  return fromJson(type, json, router.types);
}

/** The modules with the genesis that they have by themselves; a sandbox else has no inflation. */
export function plainSandbox(): Sandbox {
  const mint = new Sandbox().modules.all.find(({ name }) => name === "mint");
  return new Sandbox(mint ? { genesis: { mint: mint.genesis!.default() as unknown } } : {});
}
