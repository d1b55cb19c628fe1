/** The genesis of a simulation, by its seed: few strong validators and some weak ones, people with coins, short periods. */
import type { AppState } from "../../../chain/genesis.ts";
import { type GenesisContent, PRESETS, sampleModels } from "../../../genesis/index.ts";
import type { MessageType } from "../../../proto/codec.ts";
import { Params as AuthParams } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import { Params as DistributionParams } from "../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { Params as GovParams } from "../../../proto/gen/cosmos.gov.v1.ts";
import { Params as SlashingParams } from "../../../proto/gen/cosmos.slashing.v1beta1.ts";
import { Params as FeesParams } from "../../../proto/gen/opg.fees.v1.ts";
import { Params as ModelsParams } from "../../../proto/gen/opg.models.v1.ts";
import type { Json } from "../../../proto/json.ts";
import { toJson } from "../../../proto/json.ts";
import { type TestChainOptions, testSigner, testValidator } from "../chain.ts";
import { Random } from "../modules/random.ts";
import * as parameters from "./parameters.ts";
import { ANCHORS } from "./view.ts";

const PEOPLE = ["ann", "ben", "cat", "dan", "eve", "fay", "gus", "hal"];
const WEAK = ["v1", "v2", "v3", "v4"];

export interface SimulationGenesis {
  readonly people: readonly string[];
  readonly options: Pick<TestChainOptions, "accounts" | "validators" | "genesis" | "appState">;
}

export function genesisOf(seed: number): SimulationGenesis {
  const random = new Random(seed ^ 0x67656e);
  const weak = WEAK.map((name) => testValidator(name, BigInt(200 + random.below(3_000))));
  const validators = [testValidator("a1", 20_000n), testValidator("a2", 15_000n), ...weak];
  const people = [...PEOPLE, ...ANCHORS, ...WEAK.map((name) => `operator-${name}`)];
  const minted = parameters.mintParams(random);
  const genesis: Partial<GenesisContent> = {
    preset: {
      ...PRESETS.test,
      staking: { ...parameters.stakingParams(random), maxValidators: 4 + random.below(8) },
      mint: minted,
      minter: { inflation: minted.inflationMin },
      inference: parameters.inferenceParams(random),
    },
    // Small, as it is exported and taken in again many times.
    models: {
      owner: testSigner("ann").address,
      samples: sampleModels().filter(({ name }) => name === "iris"),
    },
  };
  const appState = (made: AppState): AppState => {
    const withParams = <T>(name: string, type: MessageType<T>, params: T, more: object = {}) => ({
      [name]: { ...(made[name] as object), ...more, params: toJson(type, params) } as Json,
    });
    return {
      ...made,
      ...withParams("auth", AuthParams, parameters.authParams(random)),
      ...withParams("slashing", SlashingParams, parameters.slashingParams(random)),
      ...withParams("distribution", DistributionParams, parameters.distributionParams(random)),
      ...withParams("gov", GovParams, parameters.govParams(random), { starting_proposal_id: "1" }),
      ...withParams("models", ModelsParams, parameters.modelsParams(random)),
      ...withParams("fees", FeesParams, parameters.feesParams(random)),
    };
  };
  // Two chains start from it: the same parameters for both.
  let state: AppState | undefined;
  return {
    people,
    options: { accounts: people, validators, genesis, appState: (made) => (state ??= appState(made)) },
  };
}
