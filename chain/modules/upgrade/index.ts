/** upgrade: another program from a height on. SDK counterpart: x/upgrade. */
import { message } from "../../../proto/codec.ts";
import {
  CancelSoftwareUpgradeProposal,
  Msg,
  Query,
  SoftwareUpgradeProposal,
} from "../../../proto/gen/cosmos.upgrade.v1beta1.ts";
import { AUTHORITY } from "../../runtime/authority.ts";
import type { Context } from "../../runtime/context.ts";
import { type Module, msgRoute, queryRoute } from "../../runtime/module.ts";
import { type AnyContentRoute, contentRoute } from "../gov/index.ts";
import { UpgradeError } from "./errors.ts";
import { UpgradeKeeper, type UpgradeOptions } from "./keeper.ts";
import { MODULE, STORE } from "./keys.ts";
import { assertPlan } from "./plan.ts";

export { UpgradeNeeded, WrongProgram } from "./errors.ts";
export { type StoreUpgrades, UPGRADES, type Upgrade } from "./handlers.ts";
export { UpgradeKeeper, type UpgradeOptions } from "./keeper.ts";
export { pendingPlan } from "./pending.ts";

/** The SDK's x/upgrade has an empty object in genesis: plans do not outlive an export (ADR-0132). */
const GenesisState = message<Record<never, never>>("cosmos.upgrade.v1beta1.GenesisState", () => []);

export function createUpgrade(options: UpgradeOptions): {
  readonly module: Module;
  readonly keeper: UpgradeKeeper;
  /** Contents of v1beta1 proposals, for governance. */
  readonly contents: readonly AnyContentRoute[];
} {
  const keeper = new UpgradeKeeper(options);
  const module: Module = {
    name: MODULE,
    stores: [STORE],
    msgs: [
      msgRoute(Msg.methods.SoftwareUpgrade, {
        validate: ({ plan }) => assertPlan(plan),
        handle: (ctx, { authority, plan }) => {
          assertSigner(ctx, authority);
          keeper.schedule(ctx, plan);
          return {};
        },
      }),
      msgRoute(Msg.methods.CancelUpgrade, {
        handle: (ctx, { authority }) => {
          assertSigner(ctx, authority);
          keeper.cancel(ctx);
          return {};
        },
      }),
    ],
    queries: [
      queryRoute(Query.methods.CurrentPlan, (ctx) => ({ plan: keeper.plan(ctx) })),
      queryRoute(Query.methods.AppliedPlan, (ctx, { name }) => ({ height: keeper.doneHeight(ctx, name) })),
      // Of IBC, which this chain does not have.
      queryRoute(Query.methods.UpgradedConsensusState, () => ({ upgradedConsensusState: new Uint8Array(0) })),
      queryRoute(Query.methods.ModuleVersions, (ctx, { moduleName: name }) => ({
        moduleVersions: name === "" ? keeper.versions(ctx) : [{ name, version: keeper.version(ctx, name) }],
      })),
      queryRoute(Query.methods.Authority, (ctx) => ({ address: ctx.addresses.format(AUTHORITY) })),
    ],
    genesis: {
      type: GenesisState,
      default: () => ({}),
      validate: () => undefined,
      init: (ctx) => {
        keeper.setVersions(ctx);
        return undefined;
      },
      export: () => ({}),
    },
    beginBlock: (ctx) => keeper.beginBlock(ctx),
    invariants: [],
    version: 2n,
  };
  const contents: readonly AnyContentRoute[] = [
    contentRoute({
      type: SoftwareUpgradeProposal,
      validate: ({ plan }) => assertPlan(plan),
      handle: (ctx, { plan }) => keeper.schedule(ctx, plan),
    }),
    contentRoute({ type: CancelSoftwareUpgradeProposal, handle: (ctx) => keeper.cancel(ctx) }),
  ];
  return { module, keeper, contents };
}

/** This module has a code of its own for it. @throws UpgradeError.invalidSigner */
function assertSigner(ctx: Context, authority: string): void {
  const expected = ctx.addresses.format(AUTHORITY);
  if (authority !== expected)
    throw UpgradeError.invalidSigner(`authority: expected ${expected} got ${authority}`);
}
