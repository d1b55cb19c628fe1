import type { Plan } from "../../../proto/gen/cosmos.upgrade.v1beta1.ts";
import { defineErrors } from "../../runtime/errors.ts";

/** Source: x/upgrade/types/errors.go v0.2 (Cosmos SDK v0.53). */
export const UpgradeError = defineErrors("upgrade", {
  noModuleVersion: 2,
  noPlan: 3,
  noUpgradedClient: 4,
  noUpgradedConsensusState: 5,
  invalidSigner: 6,
});

/** The chain goes on with another program from this height. It halts the node: this one would answer differently. */
export class UpgradeNeeded extends Error {
  override readonly name = "UpgradeNeeded";
  readonly plan: Plan;

  /** The text is the SDK's, which tools such as cosmovisor look for. */
  constructor(plan: Plan) {
    super(`UPGRADE "${plan.name}" NEEDED at height: ${plan.height}: ${plan.info}`);
    this.plan = plan;
  }
}

/** This program is not the one that the chain's state is of, now. It halts the node. */
export class WrongProgram extends Error {
  override readonly name = "WrongProgram";
}
