/** The modules of the chain, made and joined. Their orders are consensus. */
import type { Context } from "../runtime/context.ts";
import type { Module } from "../runtime/module.ts";
import { Router } from "../runtime/router.ts";
import { FEE_COLLECTOR } from "../tx/fee.ts";
import { type AuthKeeper, createAuth, type ModulePermissions } from "./auth/index.ts";
import { createAuthz } from "./authz/index.ts";
import { type BankKeeper, createBank } from "./bank/index.ts";
import { type ConsensusKeeper, createConsensus } from "./consensus/index.ts";
import { createFeegrant, type FeegrantKeeper } from "./feegrant/index.ts";
import { createGov, type GovKeeper } from "./gov/index.ts";
import { createInference, type InferenceKeeper } from "./inference/index.ts";
import { createModels, type ModelsKeeper } from "./models/index.ts";
import { BONDED_POOL, createStaking, NOT_BONDED_POOL, type StakingKeeper } from "./staking/index.ts";
import { createValidators, type ValidatorsKeeper } from "./validators/index.ts";
import { createVesting, VestingKeeper } from "./vesting/index.ts";

export interface Modules {
  /** Runs messages and queries of these modules. */
  readonly router: Router;
  readonly auth: AuthKeeper;
  readonly bank: BankKeeper;
  readonly consensus: ConsensusKeeper;
  readonly feegrant: FeegrantKeeper;
  readonly gov: GovKeeper;
  readonly models: ModelsKeeper;
  readonly staking: StakingKeeper;
  readonly inference: InferenceKeeper;
  readonly validators: ValidatorsKeeper;
  /** Genesis order: a module comes after those whose keepers it uses. */
  readonly all: readonly Module[];
  readonly beginOrder: readonly Module[];
  readonly endOrder: readonly Module[];
}

/** The account that the treasury's shares wait in until a community pool takes it over. */
export const TREASURY = "treasury";

/** Accounts that modules own, and what each may do with supply. `gov` is the authority over parameters. */
const PERMISSIONS: ModulePermissions = {
  [FEE_COLLECTOR]: [],
  [BONDED_POOL]: ["burner", "staking"],
  [NOT_BONDED_POOL]: ["burner", "staking"],
  gov: ["burner"],
  inference: ["burner"],
  [TREASURY]: [],
};

export interface ModulesOptions {
  /** Memory for parsed models, in bytes. */
  readonly modelCacheBytes?: number;
}

export function createModules(options: ModulesOptions = {}): Modules {
  const router = new Router();
  const auth = createAuth({ permissions: PERMISSIONS });
  const bank = createBank({ auth: auth.keeper, lockedCoins: new VestingKeeper({ auth: auth.keeper }) });
  const authz = createAuthz({ auth: auth.keeper, bank: bank.keeper, router });
  const feegrant = createFeegrant({ auth: auth.keeper, bank: bank.keeper });
  const vesting = createVesting({ auth: auth.keeper, bank: bank.keeper });
  const consensus = createConsensus();
  const staking = createStaking({
    bank: bank.keeper,
    keyTypes: (ctx) => consensus.keeper.params(ctx).validator?.pubKeyTypes ?? [],
  });
  const gov = createGov({ auth: auth.keeper, bank: bank.keeper, stake: staking.keeper, router });
  const validators = createValidators({ bank: bank.keeper, treasury: TREASURY, feeCollector: FEE_COLLECTOR });
  // Models price in the denomination that inference is paid in, and inference calls models: the one loop, closed late.
  const feeDenom = (ctx: Context): string => inference.keeper.params(ctx).feeDenom;
  const models = createModels({
    feeDenom,
    isBlocked: (address) => bank.keeper.isBlocked(address),
    ...(options.modelCacheBytes === undefined ? {} : { cacheBytes: options.modelCacheBytes }),
  });
  const inference = createInference({
    bank: bank.keeper,
    models: models.keeper,
    validators: validators.keeper,
    treasury: TREASURY,
  });
  // What is told of changes of stakes, in this order.
  staking.keeper.setHooks([]);
  const all = [
    auth,
    bank,
    vesting,
    authz,
    feegrant,
    consensus,
    staking,
    validators,
    gov,
    models,
    inference,
  ].map(({ module }) => module);
  router.add(...all);
  return {
    router,
    auth: auth.keeper,
    bank: bank.keeper,
    consensus: consensus.keeper,
    feegrant: feegrant.keeper,
    gov: gov.keeper,
    models: models.keeper,
    staking: staking.keeper,
    inference: inference.keeper,
    validators: validators.keeper,
    all,
    beginOrder: [inference.module, validators.module, staking.module, authz.module],
    // Before inference: parameters that a vote changes are in force from the next block (ADR-0062).
    endOrder: [gov.module, inference.module, models.module, staking.module, feegrant.module],
  };
}
