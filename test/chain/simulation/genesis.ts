/** The genesis of a simulation, by its seed: few strong validators and some weak ones, people with coins, short periods. */
import type { AppState } from "../../../chain/genesis.ts";
import { BONDS } from "../../../chain/modules/compute/keys.ts";
import { moduleAddress } from "../../../chain/runtime/address.ts";
import { compareBytes } from "../../../chain/runtime/bytes.ts";
import { type GenesisContent, PRESETS, sampleModels } from "../../../genesis/index.ts";
import type { MessageType } from "../../../proto/codec.ts";
import { Params as AuthParams } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import { Params as DistributionParams } from "../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { Params as GovParams } from "../../../proto/gen/cosmos.gov.v1.ts";
import { Params as SlashingParams } from "../../../proto/gen/cosmos.slashing.v1beta1.ts";
import {
  GenesisState as ComputeGenesis,
  type Params as ComputeParams,
  Offer,
  Operator,
  OperatorRecord,
  Verification,
} from "../../../proto/gen/opg.compute.v1.ts";
import { Params as FeesParams } from "../../../proto/gen/opg.fees.v1.ts";
import { Params as ModelsParams } from "../../../proto/gen/opg.models.v1.ts";
import type { Json } from "../../../proto/json.ts";
import { toJson } from "../../../proto/json.ts";
import { type TestChainOptions, testSigner, testValidator } from "../chain.ts";
import { Random } from "../modules/random.ts";
import * as parameters from "./parameters.ts";
import { ADDRESSES, ANCHORS, addressOf, coin } from "./view.ts";

const PEOPLE = ["ann", "ben", "cat", "dan", "eve", "fay", "gus", "hal"];
const WEAK = ["v1", "v2", "v3", "v4"];

export interface SimulationGenesis {
  readonly people: readonly string[];
  readonly options: Pick<TestChainOptions, "accounts" | "validators" | "genesis" | "appState" | "consensus">;
}

/** Operators that are there from the start, so that jobs find somebody. */
const OPERATORS = ["cat", "dan"] as const;
const BOND = 100_000_000n;

/** A market with operators who offer the sample model, judged in both ways; and the account that holds their bonds. */
function marketOf(params: ComputeParams) {
  const addresses = OPERATORS.map((name) => ADDRESSES.parse(addressOf(name)));
  const operators = addresses.sort(compareBytes).map((bytes) => {
    const address = ADDRESSES.format(bytes);
    const metadata = { moniker: "operator", endpoint: "", details: "" };
    const record = OperatorRecord.create({ slashed: "0", earned: "0" });
    const own = { address, hotAddress: address, withdrawAddress: address };
    return Operator.create({ ...own, metadata, capacity: 3, bond: `${BOND}`, locked: "0", record });
  });
  const offers = operators.flatMap(({ address: operator }, index) =>
    [Verification.VERIFICATION_EXACT, Verification.VERIFICATION_TOLERANCE].map((verification) =>
      Offer.create({
        operator,
        modelId: 1n,
        verification,
        unitPrice: "0",
        itemPrice: `${50 + index}`,
        maxItems: 9,
      }),
    ),
  );
  const tolerances = [{ modelId: 1n, absolute: "1000000000000", relative: "0", sameArgmax: true }];
  const genesis = ComputeGenesis.create({ params, nextJobId: 1n, operators, offers, tolerances });
  const bonded = BOND * BigInt(operators.length);
  return { genesis, account: { address: ADDRESSES.format(moduleAddress(BONDS)), coins: [coin(bonded)] } };
}

/** A bank with one more balance; its supply is left to the sum. */
function withBalance(bank: Json | undefined, balance: Json): Json {
  const before = bank as { readonly balances: readonly Json[] } & Readonly<Record<string, Json>>;
  return { ...before, balances: [...before.balances, balance], supply: [] };
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
    const market = marketOf(parameters.computeParams(random));
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
      compute: toJson(ComputeGenesis, market.genesis),
      bank: withBalance(made["bank"], market.account),
      ...withParams("fees", FeesParams, parameters.feesParams(random)),
    };
  };
  // Two chains start from it: the same parameters for both.
  let state: AppState | undefined;
  return {
    people,
    options: {
      accounts: people,
      validators,
      genesis,
      appState: (made) => (state ??= appState(made)),
      // Votes carry words from the first block on.
      consensus: { abci: { voteExtensionsEnableHeight: 1n } },
    },
  };
}
