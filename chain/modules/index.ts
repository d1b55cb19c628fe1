/** The modules of the chain, made and joined. Their orders are consensus. */
import type { Context } from "../runtime/context.ts";
import type { Module } from "../runtime/module.ts";
import { Router } from "../runtime/router.ts";
import { FEE_COLLECTOR } from "../tx/fee.ts";
import { type AuthKeeper, createAuth, type ModulePermissions } from "./auth/index.ts";
import { createAuthz } from "./authz/index.ts";
import { type BankKeeper, createBank } from "./bank/index.ts";
import { type ComputeKeeper, createCompute } from "./compute/index.ts";
import { type ConsensusKeeper, createConsensus } from "./consensus/index.ts";
import { createDistribution, type DistributionKeeper } from "./distribution/index.ts";
import { createEvidence } from "./evidence/index.ts";
import { createFeegrant, type FeegrantKeeper } from "./feegrant/index.ts";
import { createFees, type FeesKeeper } from "./fees/index.ts";
import { createGenutil, type Genutil } from "./genutil/index.ts";
import { createGov, type GovKeeper } from "./gov/index.ts";
import { createInference, type InferenceKeeper } from "./inference/index.ts";
import { createMint, type MintKeeper } from "./mint/index.ts";
import { createModels, type ModelsKeeper } from "./models/index.ts";
import { createRevenue, type RevenueKeeper } from "./revenue/index.ts";
import { createSlashing, type SlashingKeeper } from "./slashing/index.ts";
import { BONDED_POOL, createStaking, NOT_BONDED_POOL, type StakingKeeper } from "./staking/index.ts";
import { createUpgrade, type UpgradeKeeper, type UpgradeOptions } from "./upgrade/index.ts";
import { createVesting, VestingKeeper } from "./vesting/index.ts";

export interface Modules {
  /** Runs messages and queries of these modules. */
  readonly router: Router;
  readonly auth: AuthKeeper;
  readonly bank: BankKeeper;
  readonly compute: ComputeKeeper;
  readonly consensus: ConsensusKeeper;
  readonly feegrant: FeegrantKeeper;
  readonly fees: FeesKeeper;
  readonly gov: GovKeeper;
  readonly genutil: Genutil;
  readonly upgrade: UpgradeKeeper;
  readonly models: ModelsKeeper;
  readonly slashing: SlashingKeeper;
  readonly staking: StakingKeeper;
  readonly inference: InferenceKeeper;
  readonly distribution: DistributionKeeper;
  readonly mint: MintKeeper;
  readonly revenue: RevenueKeeper;
  /** Genesis order: a module comes after those whose keepers it uses. */
  readonly all: readonly Module[];
  readonly beginOrder: readonly Module[];
  readonly endOrder: readonly Module[];
}

/** Accounts that modules own, and what each may do with supply. `gov` is the authority over parameters. */
const PERMISSIONS: ModulePermissions = {
  [FEE_COLLECTOR]: [],
  [BONDED_POOL]: ["burner", "staking"],
  [NOT_BONDED_POOL]: ["burner", "staking"],
  compute: ["burner"],
  compute_bonds: ["burner"],
  fees: ["burner"],
  gov: ["burner"],
  inference: ["burner"],
  distribution: [],
  mint: ["minter"],
};

export interface ModulesOptions {
  /** Memory for parsed models, in bytes. */
  readonly modelCacheBytes?: number;
  readonly upgrade?: Omit<UpgradeOptions, "modules" | "takeEngine">;
  /** Modules after all others. Of tests: what a later version of the program brings. */
  readonly more?: readonly Module[];
}

export function createModules(options: ModulesOptions = {}): Modules {
  const router = new Router();
  const auth = createAuth({ permissions: PERMISSIONS });
  const bank = createBank({ auth: auth.keeper, lockedCoins: new VestingKeeper({ auth: auth.keeper }) });
  const authz = createAuthz({ auth: auth.keeper, bank: bank.keeper, router });
  const feegrant = createFeegrant({ auth: auth.keeper, bank: bank.keeper });
  const vesting = createVesting({ auth: auth.keeper, bank: bank.keeper });
  const consensus = createConsensus();
  const fees = createFees({
    bank: bank.keeper,
    feeCollector: FEE_COLLECTOR,
    maxBlockGas: (ctx) => consensus.keeper.params(ctx).block?.maxGas ?? -1n,
  });
  const staking = createStaking({
    bank: bank.keeper,
    keyTypes: (ctx) => consensus.keeper.params(ctx).validator?.pubKeyTypes ?? [],
  });
  const revenue = createRevenue({ bank: bank.keeper, feeCollector: FEE_COLLECTOR });
  const distribution = createDistribution({
    bank: bank.keeper,
    staking: staking.keeper,
    income: revenue.keeper,
    feeCollector: FEE_COLLECTOR,
  });
  const mint = createMint({
    bank: bank.keeper,
    staking: staking.keeper,
    income: revenue.keeper,
    feeCollector: FEE_COLLECTOR,
  });
  const slashing = createSlashing({ staking: staking.keeper });
  const evidence = createEvidence({
    staking: staking.keeper,
    slashing: slashing.keeper,
    params: (ctx) => consensus.keeper.params(ctx).evidence,
  });
  const upgrade = createUpgrade({
    ...options.upgrade,
    modules: () => all,
    takeEngine: (ctx) => inference.keeper.setEngine(ctx, ctx.compute.engine),
  });
  const gov = createGov({
    auth: auth.keeper,
    bank: bank.keeper,
    stake: staking.keeper,
    router,
    contents: upgrade.contents,
    communityPool: distribution.keeper,
  });
  // Models price in the denomination that inference is paid in, and stay while jobs need them: the loop, closed late.
  const feeDenom = (ctx: Context): string => inference.keeper.params(ctx).feeDenom;
  const models = createModels({
    feeDenom,
    isBlocked: (address) => bank.keeper.isBlocked(address),
    isHeld: (ctx, id) => compute.keeper.isHeld(ctx, id),
    ...(options.modelCacheBytes === undefined ? {} : { cacheBytes: options.modelCacheBytes }),
  });
  const inference = createInference({
    bank: bank.keeper,
    models: models.keeper,
    validators: distribution.keeper,
    treasury: distribution.keeper,
  });
  const compute = createCompute({
    bank: bank.keeper,
    models: models.keeper,
    inference: inference.keeper,
    distribution: distribution.keeper,
    staking: staking.keeper,
    slashing: slashing.keeper,
  });
  const genutil = createGenutil({ staking: staking.keeper, router });
  // What is told of changes of stakes, in this order.
  staking.keeper.setHooks([distribution.keeper.hooks, slashing.keeper.hooks]);
  const ours = [
    auth,
    bank,
    vesting,
    authz,
    feegrant,
    fees,
    consensus,
    revenue,
    distribution,
    staking,
    slashing,
    evidence,
    gov,
    mint,
    models,
    inference,
    compute,
    upgrade,
    genutil,
  ].map(({ module }) => module);
  const more = options.more ?? [];
  const all: readonly Module[] = [...ours, ...more];
  router.add(...all);
  return {
    router,
    auth: auth.keeper,
    bank: bank.keeper,
    compute: compute.keeper,
    consensus: consensus.keeper,
    feegrant: feegrant.keeper,
    fees: fees.keeper,
    gov: gov.keeper,
    genutil: genutil.keeper,
    upgrade: upgrade.keeper,
    models: models.keeper,
    slashing: slashing.keeper,
    staking: staking.keeper,
    inference: inference.keeper,
    distribution: distribution.keeper,
    mint: mint.keeper,
    revenue: revenue.keeper,
    all,
    beginOrder: [
      upgrade.module,
      inference.module,
      // After inference, which begins the block's budget: the referee spends of it.
      compute.module,
      mint.module,
      distribution.module,
      slashing.module,
      evidence.module,
      staking.module,
      authz.module,
      ...more,
    ],
    // Before inference: parameters that a vote changes are in force from the next block (ADR-0062).
    // Fees first of all: what the block took is booked by the parameters that it was taken by.
    endOrder: [
      fees.module,
      gov.module,
      compute.module,
      inference.module,
      models.module,
      staking.module,
      feegrant.module,
      ...more,
    ],
  };
}
