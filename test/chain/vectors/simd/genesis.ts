/** The genesis that both chains start from: ten operators stake by genesis transactions, two delegators' coins vest. */
import { createModules } from "../../../../chain/modules/index.ts";
import { decToWire, parseDec } from "../../../../chain/runtime/decimal.ts";
import { Router } from "../../../../chain/runtime/router.ts";
import { makeGentx } from "../../../../genesis/gentx.ts";
import { GenesisState as AuthGenesis, BaseAccount } from "../../../../proto/gen/cosmos.auth.v1beta1.ts";
import {
  BaseVestingAccount,
  ContinuousVestingAccount,
  DelayedVestingAccount,
} from "../../../../proto/gen/cosmos.vesting.v1beta1.ts";
import type { Any } from "../../../../proto/gen/google.protobuf.ts";
import { type JsonObject, toJson } from "../../../../proto/json.ts";
import { type Actor, actors, CHAIN_ID, DENOM, GENESIS_OPERATORS, operators, PREFIX, TIP } from "./cast.ts";

/** Seconds since 1970 of genesis. */
export const START = 1_700_000_000n;
/** What each actor has at first. Vesting: of DENOM, this much is locked at the start. */
const FUNDS = 1_000_000_000_003n;
const TIPS = 7_000_000_007n;
const VESTING = 600_000_000_001n;

export const types = new Router(createModules().all).types;

function accountOf({ address, accountNumber, name }: Actor): Any {
  const baseAccount = BaseAccount.create({ address, accountNumber });
  if (name !== "d12" && name !== "d13")
    return { typeUrl: BaseAccount.typeUrl, value: BaseAccount.encode(baseAccount) };
  const baseVestingAccount = BaseVestingAccount.create({
    baseAccount,
    originalVesting: [{ denom: DENOM, amount: VESTING.toString() }],
    endTime: START + (name === "d12" ? 1_000n : 700n),
  });
  const type = name === "d12" ? ContinuousVestingAccount : DelayedVestingAccount;
  const value =
    name === "d12"
      ? ContinuousVestingAccount.encode({ baseVestingAccount, startTime: START })
      : DelayedVestingAccount.encode({ baseVestingAccount });
  return { typeUrl: type.typeUrl, value };
}

async function gentxs(): Promise<JsonObject[]> {
  const made = operators.slice(0, GENESIS_OPERATORS).map((operator, index) =>
    makeGentx({
      chainId: CHAIN_ID,
      prefix: PREFIX,
      signer: operator.signer,
      consensusKey: operator.consensusKey,
      stake: { denom: DENOM, amount: 10_000_000_019n + BigInt(index) * 1_234_567_891n },
      description: { moniker: operator.name },
      commission: { rate: `0.0${index + 1}3`, maxRate: "0.5", maxChangeRate: "0.05" },
      minSelfDelegation: 1_000n,
    }),
  );
  return (await Promise.all(made)) as JsonObject[];
}

/** Parts of app_state that both read; what only one of them knows is added by that one (chains.ts). */
export async function commonGenesis(): Promise<Record<string, JsonObject>> {
  const count = BigInt(actors.length);
  const auth = AuthGenesis.create({
    params: {
      maxMemoCharacters: 256n,
      txSigLimit: 7n,
      txSizeCostPerByte: 10n,
      sigVerifyCostEd25519: 590n,
      sigVerifyCostSecp256k1: 1000n,
    },
    accounts: actors.map(accountOf),
  });
  const { bech32_prefix: _, ...authJson } = toJson(AuthGenesis, auth, types) as JsonObject;
  return {
    auth: authJson,
    bank: {
      params: { send_enabled: [], default_send_enabled: true },
      balances: actors.map(({ address }) => ({
        address,
        coins: [
          { denom: TIP, amount: TIPS.toString() },
          { denom: DENOM, amount: FUNDS.toString() },
        ],
      })),
      supply: [
        { denom: TIP, amount: (TIPS * count).toString() },
        { denom: DENOM, amount: (FUNDS * count).toString() },
      ],
      denom_metadata: [],
      send_enabled: [],
    },
    distribution: {
      params: {
        community_tax: "0.023000000000000000",
        base_proposer_reward: "0.000000000000000000",
        bonus_proposer_reward: "0.000000000000000000",
        withdraw_addr_enabled: true,
      },
      fee_pool: { community_pool: [] },
      delegator_withdraw_infos: [],
      previous_proposer: "",
      outstanding_rewards: [],
      validator_accumulated_commissions: [],
      validator_historical_rewards: [],
      validator_current_rewards: [],
      delegator_starting_infos: [],
      validator_slash_events: [],
    },
    staking: {
      params: {
        unbonding_time: "90s",
        max_validators: 8,
        max_entries: 3,
        historical_entries: 3,
        bond_denom: DENOM,
        min_commission_rate: "0.010000000000000000",
      },
      last_total_power: "0",
      last_validator_powers: [],
      validators: [],
      delegations: [],
      unbonding_delegations: [],
      redelegations: [],
      exported: false,
    },
    slashing: {
      params: {
        signed_blocks_window: "20",
        min_signed_per_window: "0.600000000000000000",
        downtime_jail_duration: "30s",
        slash_fraction_double_sign: "0.070000000000000000",
        slash_fraction_downtime: "0.013000000000000000",
      },
      signing_infos: [],
      missed_blocks: [],
    },
    mint: {
      minter: { inflation: "0.130000000000000000", annual_provisions: "0.000000000000000000" },
      params: {
        mint_denom: DENOM,
        inflation_rate_change: "0.130000000000000000",
        inflation_max: "0.200000000000000000",
        inflation_min: "0.070000000000000000",
        goal_bonded: "0.670000000000000000",
        // Few, so that a block mints enough for its last digits to matter.
        blocks_per_year: "63115",
      },
    },
    genutil: { gen_txs: await gentxs() },
  };
}

/** A decimal's text as messages carry it. */
export const wireDec = (text: string): string => decToWire(parseDec(text));
