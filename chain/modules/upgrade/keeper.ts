/** The plan of the next upgrade, and what was applied. The only code that touches the store `upgrade`. */
import { type ModuleVersion, Plan } from "../../../proto/gen/cosmos.upgrade.v1beta1.ts";
import { u64Bytes, u64FromBytes } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import type { Module } from "../../runtime/module.ts";
import { prefixRange } from "../../runtime/range.ts";
import { UpgradeError, UpgradeNeeded, WrongProgram } from "./errors.ts";
import { UPGRADES, type Upgrade } from "./handlers.ts";
import {
  DONE_PREFIX,
  doneFromKey,
  doneKey,
  PLAN_KEY,
  PROTOCOL_VERSION_KEY,
  STORE,
  VERSION_PREFIX,
  versionKey,
} from "./keys.ts";
import { assertPlan, isDue, storedPlan } from "./plan.ts";

export interface UpgradeOptions {
  /** All modules of this program, in genesis order. Called once blocks run. */
  readonly modules: () => readonly Module[];
  /** Makes the engine of this program the one that the chain demands. */
  readonly takeEngine: (ctx: Context) => void;
  /** Default: UPGRADES. */
  readonly upgrades?: readonly Upgrade[];
  /** Heights at which the operator of this node goes on without the upgrade that is planned: all others must do so too. */
  readonly skipHeights?: readonly bigint[];
  /** Told before the node halts for a plan that this program has no upgrade for. */
  readonly onNeeded?: (needed: UpgradeNeeded) => void;
}

const DONE = Uint8Array.of(1);

export class UpgradeKeeper {
  readonly #modules: () => readonly Module[];
  readonly #upgrades: ReadonlyMap<string, Upgrade>;
  readonly #takeEngine: (ctx: Context) => void;
  readonly #skipHeights: ReadonlySet<bigint>;
  readonly #onNeeded: ((needed: UpgradeNeeded) => void) | undefined;
  /** Whether this process has looked if it is as new as the state. */
  #verified = false;

  constructor({ modules, takeEngine, upgrades = UPGRADES, skipHeights = [], onNeeded }: UpgradeOptions) {
    this.#modules = modules;
    this.#takeEngine = takeEngine;
    this.#upgrades = new Map(upgrades.map((upgrade) => [upgrade.name, upgrade]));
    this.#skipHeights = new Set(skipHeights);
    this.#onNeeded = onNeeded;
  }

  plan(ctx: Context): Plan | undefined {
    const bytes = ctx.store(STORE).get(PLAN_KEY);
    return bytes && Plan.decode(bytes);
  }

  /** Plans an upgrade in place of the one that is planned. @throws SdkError.invalidRequest */
  schedule(ctx: Context, plan: Plan): void {
    assertPlan(plan);
    const { height } = ctx.block;
    if (plan.height < height)
      throw SdkError.invalidRequest(`plan.height: ${plan.height} is in the past; the block is ${height}`);
    if (this.doneHeight(ctx, plan.name) !== 0n)
      throw SdkError.invalidRequest(`plan.name: upgrade ${plan.name} has already been completed`);
    ctx.store(STORE).set(PLAN_KEY, Plan.encode(storedPlan(plan)));
  }

  cancel(ctx: Context): void {
    ctx.store(STORE).delete(PLAN_KEY);
  }

  /** Height at which an upgrade was applied; 0 if it was not. Work is linear in the upgrades there were. */
  doneHeight(ctx: Context, name: string): bigint {
    for (const [key] of ctx.store(STORE).iterate(prefixRange(DONE_PREFIX))) {
      const done = doneFromKey(key);
      if (done.name === name) return done.height;
    }
    return 0n;
  }

  lastDone(ctx: Context): string | undefined {
    for (const [key] of ctx.store(STORE).iterate({ ...prefixRange(DONE_PREFIX), reverse: true }))
      return doneFromKey(key).name;
    return undefined;
  }

  // ── Versions of modules ──────────────────────────────────────────────────────────────────────────────────────────

  versions(ctx: Context): readonly ModuleVersion[] {
    return [...ctx.store(STORE).iterate(prefixRange(VERSION_PREFIX))].map(([key, value]) => ({
      name: new TextDecoder().decode(key.subarray(VERSION_PREFIX.length)),
      version: u64FromBytes(value),
    }));
  }

  /** @throws UpgradeError.noModuleVersion */
  version(ctx: Context, module: string): bigint {
    const bytes = ctx.store(STORE).get(versionKey(module));
    if (!bytes) throw UpgradeError.noModuleVersion(`module_name: no version of module ${module}`);
    return u64FromBytes(bytes);
  }

  /** Writes down that the state is of this program's modules. */
  setVersions(ctx: Context): void {
    for (const { name, version } of this.#modules())
      ctx.store(STORE).set(versionKey(name), u64Bytes(version));
  }

  /** How many upgrades the chain has had. */
  protocolVersion(ctx: Context): bigint {
    const bytes = ctx.store(STORE).get(PROTOCOL_VERSION_KEY);
    return bytes ? u64FromBytes(bytes) : 0n;
  }

  // ── The block ────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Before everything else in a block: applies the plan that is due, or halts. Source: PreBlocker in x/upgrade/abci.go v0.2.
   * @throws UpgradeNeeded, WrongProgram
   */
  beginBlock(ctx: Context): void {
    const { height } = ctx.block;
    const plan = this.plan(ctx);
    const due = plan !== undefined && isDue(plan, height);
    const skipped = due && this.#skipHeights.has(height);
    if (!due || skipped) this.#assertNotOlder(ctx);
    if (!plan) return;
    if (skipped) {
      this.cancel(ctx);
      return;
    }
    const upgrade = this.#upgrades.get(plan.name);
    if (!due) {
      if (!upgrade) return;
      throw new WrongProgram(
        `BINARY UPDATED BEFORE TRIGGER! UPGRADE "${plan.name}" - in binary but not executed on chain. Downgrade your binary: the upgrade is at height ${plan.height}, this block is ${height}`,
      );
    }
    if (!upgrade) {
      const needed = new UpgradeNeeded(plan);
      this.#onNeeded?.(needed);
      throw needed;
    }
    this.#apply(ctx, plan, upgrade);
  }

  /** Once a process: a program that lacks the last upgrade is older than the state. */
  #assertNotOlder(ctx: Context): void {
    if (this.#verified) return;
    this.#verified = true;
    const last = this.lastDone(ctx);
    if (last === undefined || this.#upgrades.has(last)) return;
    throw new WrongProgram(
      `wrong app version, upgrade handler is missing for ${last} upgrade plan: run the program of that upgrade or a later one`,
    );
  }

  #apply(ctx: Context, plan: Plan, upgrade: Upgrade): void {
    this.#migrateModules(ctx);
    if (upgrade.takesEngine) this.#takeEngine(ctx);
    upgrade.migrate?.(ctx);
    this.setVersions(ctx);
    ctx.store(STORE).set(PROTOCOL_VERSION_KEY, u64Bytes(this.protocolVersion(ctx) + 1n));
    this.cancel(ctx);
    ctx.store(STORE).set(doneKey(ctx.block.height, plan.name), DONE);
  }

  /** From the versions that the state is of to this program's, module by module; a new module starts from its default. */
  #migrateModules(ctx: Context): void {
    const from = new Map(this.versions(ctx).map(({ name, version }) => [name, version]));
    for (const module of this.#modules()) {
      const before = from.get(module.name);
      if (before === undefined) module.genesis?.init(ctx, module.genesis.default());
      else migrate(ctx, module, before);
    }
  }

  /** Whether the block after that of `ctx` begins with an upgrade that brings this program's engine: until then it may differ. */
  bringsEngine(ctx: Context): boolean {
    const plan = this.plan(ctx);
    if (!plan || !isDue(plan, ctx.block.height + 1n)) return false;
    return this.#upgrades.get(plan.name)?.takesEngine ?? false;
  }
}

/** @throws WrongProgram if a step is missing, or the state is newer than the module */
function migrate(ctx: Context, module: Module, from: bigint): void {
  if (from > module.version)
    throw new WrongProgram(`module ${module.name} is of version ${module.version}, the state of ${from}`);
  for (let version = from; version < module.version; version++) {
    const step = module.migrations?.get(version);
    if (!step)
      throw new WrongProgram(
        `module ${module.name} has no migration from version ${version} to ${version + 1n}`,
      );
    step(ctx);
  }
}
