/**
 * Parameters of every module: changed by the governance account alone, within bounds that are refused by name, and in force
 * from the next block on. The table is the one that docs/governance.md is made of.
 */
import t from "tap";
import type { AnyMsgRoute } from "../../../chain/runtime/module.ts";
import type { Json, JsonObject } from "../../../proto/json.ts";
import { PARAMETERS, type Parameter } from "../../../scripts/parameters.ts";
import {
  messageFrom,
  plainSandbox,
  unchanged,
  updateRoutes,
  valueAt,
  withValue,
} from "../../../scripts/update-params.ts";
import { account, type Sandbox } from "./sandbox.ts";

const routes = updateRoutes(plainSandbox().router);

t.test("there are parameters to look at", async (t) => {
  t.ok(routes.length >= 7);
});

/** A sandbox in its second block, and the message that would leave the module's parameters as they are. */
function started({ method }: AnyMsgRoute): { readonly sandbox: Sandbox; readonly now: JsonObject } {
  const sandbox = plainSandbox();
  sandbox.block(() => undefined);
  sandbox.begin();
  return { sandbox, now: unchanged(sandbox.router, sandbox.context(), method.request) };
}

function send(sandbox: Sandbox, { method }: AnyMsgRoute, json: Json) {
  return sandbox.deliver(method, messageFrom(sandbox.router, method.request, json) as object);
}

/** Paths of all values in a message of parameters, a list or a coin counted as one. */
function pathsOf(json: JsonObject, prefix = ""): readonly string[] {
  return Object.entries(json).flatMap(([name, value]) => {
    const path = `${prefix}${name}`;
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return pathsOf(value as JsonObject, `${path}.`);
    return path === "authority" ? [] : [path];
  });
}

function changed(now: JsonObject, { path, example, beside = {} }: Parameter): JsonObject {
  const with_ = Object.entries(beside).reduce((json, [at, value]) => withValue(json, at, value), now);
  return withValue(with_, path, example);
}

for (const route of routes) {
  const { typeName } = route.method.request;
  const parameters = PARAMETERS[typeName] ?? [];

  t.test(`${typeName}: every parameter is in the table`, async (t) => {
    const { now } = started(route);
    const missing = pathsOf(now).filter((path) => !parameters.some((each) => each.path === path));
    t.same(missing, []);
    t.same(
      parameters.filter(({ path }) => !pathsOf(now).includes(path)),
      [],
      "and nothing else",
    );
  });

  t.test(`${typeName}: nobody but the governance account changes them`, async (t) => {
    const { sandbox, now } = started(route);
    t.equal(send(sandbox, route, now).error, undefined, "it may");
    const { error } = send(sandbox, route, { ...now, authority: account("alice") });
    t.match(error, { codespace: "gov", code: 13 });
  });

  for (const parameter of parameters) {
    t.test(
      `${typeName}: ${parameter.path} takes its example from the next block on, and refuses what is out of bounds`,
      async (t) => {
        const { sandbox, now } = started(route);
        for (const value of parameter.refused) {
          const { error } = send(sandbox, route, withValue(now, parameter.path, value));
          t.ok(error, `${parameter.path}: ${JSON.stringify(value)} must be refused`);
          const name = parameter.path.split(".").at(-1)!;
          const camel = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
          t.ok(
            error?.message.includes(name) ||
              error?.message.includes(camel) ||
              error?.message.includes("weights sum"),
            `by name, not: ${error?.message}`,
          );
        }
        for (const value of parameter.ends ?? []) {
          const { error } = send(sandbox, route, withValue(now, parameter.path, value));
          t.equal(error, undefined, `${JSON.stringify(value)} is within`);
        }
        const next = changed(now, parameter);
        t.equal(send(sandbox, route, next).error, undefined);
        sandbox.end();
        sandbox.begin();
        const after = unchanged(sandbox.router, sandbox.context(), route.method.request);
        if (parameter.path === "params.send_enabled")
          t.same(valueAt(after, parameter.path), [], "kept elsewhere");
        else t.same(valueAt(after, parameter.path), parameter.example);
      },
    );
  }
}
