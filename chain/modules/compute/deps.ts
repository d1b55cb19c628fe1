/** What the rules of the market work with, joined by the keeper. Every file of rules takes it after the context. */
import type { BankKeeper } from "../bank/index.ts";
import type { DistributionKeeper } from "../distribution/index.ts";
import type { InferenceKeeper } from "../inference/index.ts";
import type { ModelsKeeper } from "../models/index.ts";
import type { SlashingKeeper } from "../slashing/index.ts";
import type { StakingKeeper } from "../staking/index.ts";

export interface ComputeDeps {
  readonly bank: BankKeeper;
  readonly models: ModelsKeeper;
  readonly inference: InferenceKeeper;
  readonly distribution: DistributionKeeper;
  readonly staking: StakingKeeper;
  readonly slashing: SlashingKeeper;
}
