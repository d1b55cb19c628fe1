/** Makes a genesis: from a preset, with accounts, validators and models. */

import {
  type Account,
  accountFromAny,
  accountToAny,
  assertVesting,
  type VestingAccount,
} from "../chain/modules/auth/index.ts";
import { APP_VERSION, DEFAULT_CONSENSUS_PARAMS } from "../chain/modules/consensus/index.ts";
import { createModules } from "../chain/modules/index.ts";
import { DEFAULT_MINT_PARAMS } from "../chain/modules/mint/index.ts";
import { NOT_BONDED_POOL, POWER_REDUCTION } from "../chain/modules/staking/index.ts";
import { AddressCodec, moduleAddress } from "../chain/runtime/address.ts";
import { addCoins, type Coins, coinsToProto, formatCoins, subtractCoins } from "../chain/runtime/coins.ts";
import { decFromInt, decToWire, parseDec } from "../chain/runtime/decimal.ts";
import { prefixOf } from "../chain/runtime/prefix.ts";
import { Router } from "../chain/runtime/router.ts";
import type { MessageType } from "../proto/codec.ts";
import { GenesisState as AuthGenesis, BaseAccount } from "../proto/gen/cosmos.auth.v1beta1.ts";
import { GenesisState as BankGenesis, type Metadata } from "../proto/gen/cosmos.bank.v1beta1.ts";
import { PubKey } from "../proto/gen/cosmos.crypto.ed25519.ts";
import { GenesisState as GenutilGenesis } from "../proto/gen/cosmos.genutil.v1beta1.ts";
import { GenesisState as GovGenesis } from "../proto/gen/cosmos.gov.v1.ts";
import { GenesisState as MintGenesis } from "../proto/gen/cosmos.mint.v1beta1.ts";
import { BondStatus, GenesisState as StakingGenesis } from "../proto/gen/cosmos.staking.v1beta1.ts";
import { GenesisState as ComputeGenesis } from "../proto/gen/opg.compute.v1.ts";
import { GenesisState as FeesGenesis } from "../proto/gen/opg.fees.v1.ts";
import {
  GenesisState as InferenceGenesis,
  type Params as InferenceParams,
} from "../proto/gen/opg.inference.v1.ts";
import { GenesisState as ModelsGenesis } from "../proto/gen/opg.models.v1.ts";
import { fromJson, toJson } from "../proto/json.ts";
import { consensusParamsToJson, type GenesisDocument, GenesisError } from "./document.ts";
import { DEFAULT_COMMISSION } from "./gentx.ts";
import { genesisModel, type SampleModel } from "./models.ts";
import type { Preset } from "./presets.ts";

export interface GenesisAccount {
  readonly address: string;
  readonly coins: Coins;
  readonly vesting?: GenesisVesting;
}

/** Coins of an account that unlock over time: evenly from start to end, or all at the end if there is no start. */
export interface GenesisVesting {
  readonly amount: Coins;
  /** Unix seconds. */
  readonly start?: bigint;
  /** Unix seconds. */
  readonly end: bigint;
}

export interface GenesisValidator {
  readonly moniker: string;
  /** 32 bytes of the ed25519 key that signs blocks. */
  readonly consensusKey: Uint8Array;
  readonly power: bigint;
  /** Account of its operator, whose stake gives the power: new coins, which the operator holds from the start. */
  readonly operator: string;
}

export interface GenesisContent {
  readonly chainId: string;
  /** RFC 3339. */
  readonly time: string;
  readonly preset: Preset;
  readonly accounts?: readonly GenesisAccount[];
  readonly validators?: readonly GenesisValidator[];
  /** Models that are published from the start, and who owns them. */
  readonly models?: { readonly owner: string; readonly samples: readonly SampleModel[] };
}

/** The modules' types, for reading and writing their parts of a genesis. */
function registry() {
  return new Router(createModules().all).types;
}

export function makeGenesis(content: GenesisContent): GenesisDocument {
  const { preset } = content;
  const types = registry();
  const part = <T>(type: MessageType<T>, value: T) => toJson(type, value, types);
  const modules = new Map(createModules().all.map((module) => [module.name, module.genesis]));
  const initial = <T>(name: string, type: MessageType<T>): T =>
    type.create(modules.get(name)!.default() as T);

  const models = initial("models", ModelsGenesis);
  const { owner = "", samples = [] } = content.models ?? {};
  const placed = samples.map((sample, index) =>
    genesisModel(sample, {
      id: BigInt(index + 1),
      owner,
      chunkSize: models.params.chunkBytes,
      price: { denom: preset.denom, amount: "0" },
    }),
  );
  const inference = initial("inference", InferenceGenesis);
  const params: InferenceParams = { ...inference.params, feeDenom: preset.denom, ...preset.inference };
  const compute = initial("compute", ComputeGenesis);
  const { terms, ...market } = preset.compute;
  const staking = initial("staking", StakingGenesis);
  const mint = initial("mint", MintGenesis);
  const fees = initial("fees", FeesGenesis);
  const gov = initial("gov", GovGenesis);
  const inOwnCoin = (coins: readonly { readonly amount: string }[]) =>
    coins.map(({ amount }) => ({ denom: preset.denom, amount }));
  const govParams = {
    ...gov.params!,
    minDeposit: inOwnCoin(gov.params!.minDeposit),
    expeditedMinDeposit: inOwnCoin(gov.params!.expeditedMinDeposit),
    ...preset.gov,
  };
  const document: GenesisDocument = {
    genesis_time: content.time,
    chain_id: content.chainId,
    initial_height: "1",
    consensus_params: consensusParamsToJson({
      ...DEFAULT_CONSENSUS_PARAMS,
      block: preset.block,
      abci: { voteExtensionsEnableHeight: preset.voteExtensionsEnableHeight },
      version: { app: APP_VERSION },
    }),
    app_hash: "",
    app_state: {
      auth: part(AuthGenesis, { ...initial("auth", AuthGenesis), bech32Prefix: preset.bech32Prefix }),
      bank: part(BankGenesis, { ...initial("bank", BankGenesis), denomMetadata: [metadataOf(preset)] }),
      staking: part(StakingGenesis, {
        ...staking,
        params: { ...staking.params, bondDenom: preset.denom, ...preset.staking },
      }),
      fees: part(FeesGenesis, {
        ...fees,
        params: { ...fees.params, denom: preset.denom, ...preset.fees },
      }),
      mint: part(MintGenesis, {
        minter: { ...mint.minter, ...preset.minter },
        params: { ...DEFAULT_MINT_PARAMS, mintDenom: preset.denom, ...preset.mint },
      }),
      gov: part(GovGenesis, { ...gov, params: govParams }),
      models: part(ModelsGenesis, {
        ...models,
        models: placed.map(({ model }) => model),
        chunks: placed.flatMap(({ chunks }) => chunks),
      }),
      inference: part(InferenceGenesis, { ...inference, params }),
      compute: part(ComputeGenesis, {
        ...compute,
        params: {
          ...compute.params,
          denom: preset.denom,
          ...market,
          terms: { ...compute.params.terms, split: params.split, ...terms },
        },
      }),
      genutil: part(GenutilGenesis, { genTxs: [] }),
    },
  };
  const withAccounts = (content.accounts ?? []).reduce(addGenesisAccount, document);
  return (content.validators ?? []).reduce(addGenesisValidator, withAccounts);
}

function metadataOf({ denom, display, exponent }: Preset): Metadata {
  return {
    description: `The coin of fees, stake and votes`,
    denomUnits: [
      { denom, exponent: 0, aliases: [] },
      { denom: display, exponent, aliases: [] },
    ],
    base: denom,
    display,
    name: display,
    symbol: display,
    uri: "",
    uriHash: "",
  };
}

/** Changes one module's part of a genesis. */
function change<T>(
  document: GenesisDocument,
  name: string,
  type: MessageType<T>,
  apply: (state: T) => T,
): GenesisDocument {
  const types = registry();
  const json = document.app_state[name];
  const state = json === undefined ? type.create() : fromJson(type, json, types);
  return { ...document, app_state: { ...document.app_state, [name]: toJson(type, apply(state), types) } };
}

/**
 * Adds coins to an account, which is made if it is not there.
 * @throws ChainError if the address is not the chain's; GenesisError if coins of an account that is there are to vest
 */
export function addGenesisAccount(
  document: GenesisDocument,
  { address, coins, vesting }: GenesisAccount,
): GenesisDocument {
  const withAccount = change(document, "auth", AuthGenesis, (auth) => {
    new AddressCodec(auth.bech32Prefix || "opg").parse(address, "address");
    const isKnown = auth.accounts.some((any) => accountFromAny(any).base.address === address);
    if (isKnown && vesting)
      throw new GenesisError(
        "exists",
        `app_state.auth.accounts: ${address} is there already; only an account that is made can vest`,
      );
    if (isKnown) return auth;
    const base = BaseAccount.create({ address });
    const account = vesting ? vestingAccount(base, coins, vesting) : ({ kind: "base", base } as const);
    return { ...auth, accounts: [...auth.accounts, accountToAny(account)] };
  });
  return addBalance(withAccount, { address, coins });
}

/** Source: AddGenesisAccount of x/genutil of the SDK. @throws GenesisError, ChainError */
function vestingAccount(base: BaseAccount, coins: Coins, vesting: GenesisVesting): Account {
  const { amount: originalVesting, start, end: endTime } = vesting;
  if (subtractCoins(coins, originalVesting) === undefined)
    throw new GenesisError(
      "invalid",
      `vesting amount: ${formatCoins(originalVesting)} is more than the account has, ${formatCoins(coins)}`,
    );
  const account: VestingAccount = {
    kind: "vesting",
    base,
    originalVesting,
    delegatedFree: [],
    delegatedVesting: [],
    endTime,
    schedule: start === undefined ? { type: "delayed" } : { type: "continuous", startTime: start },
  };
  assertVesting(account);
  return account;
}

function addBalance(document: GenesisDocument, { address, coins }: GenesisAccount): GenesisDocument {
  return change(document, "bank", BankGenesis, (bank) => {
    const held = bank.balances.find((balance) => balance.address === address);
    const others = bank.balances.filter((balance) => balance !== held);
    const before = (held?.coins ?? []).map(({ denom, amount }) => ({ denom, amount: BigInt(amount) }));
    const balance = { address, coins: coinsToProto(addCoins(before, coins)) };
    // The supply is left to the sum of the balances.
    return { ...bank, balances: [...others, balance], supply: [] };
  });
}

/**
 * Adds a validator with its operator's stake, which is new coins: they lie with those of validators that are not bonded,
 * until the chain starts and bonds it. For those who do not sign themselves in, as on a chain of one machine.
 * @throws ChainError if the address is not the chain's
 */
export function addGenesisValidator(
  document: GenesisDocument,
  { moniker, consensusKey, power, operator }: GenesisValidator,
): GenesisDocument {
  const addresses = new AddressCodec(prefixOf(document.app_state));
  const operatorAddress = addresses.operators.format(addresses.parse(operator, "operator"));
  const amount = power * POWER_REDUCTION;
  const shares = decToWire(decFromInt(amount));
  const rate = (text: string) => decToWire(parseDec(text));
  let denom = "";
  const withStake = change(document, "staking", StakingGenesis, (staking) => {
    denom = staking.params.bondDenom;
    const validator = {
      operatorAddress,
      consensusPubkey: { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key: consensusKey }) },
      jailed: false,
      status: BondStatus.BOND_STATUS_UNBONDED,
      tokens: amount.toString(),
      delegatorShares: shares,
      description: { moniker, identity: "", website: "", securityContact: "", details: "" },
      unbondingHeight: 0n,
      unbondingTime: { seconds: 0n, nanos: 0 },
      commission: {
        commissionRates: {
          rate: rate(DEFAULT_COMMISSION.rate),
          maxRate: rate(DEFAULT_COMMISSION.maxRate),
          maxChangeRate: rate(DEFAULT_COMMISSION.maxChangeRate),
        },
        updateTime: { seconds: 0n, nanos: 0 },
      },
      minSelfDelegation: "1",
      unbondingOnHoldRefCount: 0n,
      unbondingIds: [],
    };
    const delegation = { delegatorAddress: operator, validatorAddress: operatorAddress, shares };
    return {
      ...staking,
      validators: [...staking.validators, validator],
      delegations: [...staking.delegations, delegation],
    };
  });
  const pool = addresses.format(moduleAddress(NOT_BONDED_POOL));
  return addBalance(withStake, { address: pool, coins: [{ denom, amount }] });
}
