/** Makes a genesis: from a preset, with accounts, validators and models. */

import { APP_VERSION, DEFAULT_CONSENSUS_PARAMS } from "../chain/modules/consensus/index.ts";
import { createModules } from "../chain/modules/index.ts";
import { AddressCodec } from "../chain/runtime/address.ts";
import { addCoins, type Coins, coinsToProto } from "../chain/runtime/coins.ts";
import { Router } from "../chain/runtime/router.ts";
import type { MessageType } from "../proto/codec.ts";
import { GenesisState as AuthGenesis, BaseAccount } from "../proto/gen/cosmos.auth.v1beta1.ts";
import { GenesisState as BankGenesis, type Metadata } from "../proto/gen/cosmos.bank.v1beta1.ts";
import { PubKey } from "../proto/gen/cosmos.crypto.ed25519.ts";
import {
  GenesisState as InferenceGenesis,
  type Params as InferenceParams,
} from "../proto/gen/opg.inference.v1.ts";
import { GenesisState as ModelsGenesis } from "../proto/gen/opg.models.v1.ts";
import { GenesisState as ValidatorsGenesis } from "../proto/gen/opg.validators.v1.ts";
import { fromJson, toJson } from "../proto/json.ts";
import { consensusParamsToJson, type GenesisDocument } from "./document.ts";
import { genesisModel, type SampleModel } from "./models.ts";
import type { Preset } from "./presets.ts";

export interface GenesisAccount {
  readonly address: string;
  readonly coins: Coins;
}

export interface GenesisValidator {
  readonly moniker: string;
  /** 32 bytes of the ed25519 key that signs blocks. */
  readonly consensusKey: Uint8Array;
  readonly power: bigint;
  readonly rewardAddress: string;
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
  const document: GenesisDocument = {
    genesis_time: content.time,
    chain_id: content.chainId,
    initial_height: "1",
    consensus_params: consensusParamsToJson({
      ...DEFAULT_CONSENSUS_PARAMS,
      block: preset.block,
      version: { app: APP_VERSION },
    }),
    app_hash: "",
    app_state: {
      auth: part(AuthGenesis, { ...initial("auth", AuthGenesis), bech32Prefix: preset.bech32Prefix }),
      bank: part(BankGenesis, { ...initial("bank", BankGenesis), denomMetadata: [metadataOf(preset)] }),
      validators: part(ValidatorsGenesis, { validators: [] }),
      models: part(ModelsGenesis, {
        ...models,
        models: placed.map(({ model }) => model),
        chunks: placed.flatMap(({ chunks }) => chunks),
      }),
      inference: part(InferenceGenesis, { ...inference, params }),
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

/** Adds coins to an account, which is made if it is not there. @throws ChainError if the address is not the chain's */
export function addGenesisAccount(
  document: GenesisDocument,
  { address, coins }: GenesisAccount,
): GenesisDocument {
  const withAccount = change(document, "auth", AuthGenesis, (auth) => {
    new AddressCodec(auth.bech32Prefix || "opg").parse(address, "address");
    const known = auth.accounts.some(
      ({ typeUrl, value }) =>
        typeUrl === BaseAccount.typeUrl && BaseAccount.decode(value).address === address,
    );
    const account = {
      typeUrl: BaseAccount.typeUrl,
      value: BaseAccount.encode(BaseAccount.create({ address })),
    };
    return known ? auth : { ...auth, accounts: [...auth.accounts, account] };
  });
  return change(withAccount, "bank", BankGenesis, (bank) => {
    const held = bank.balances.find((balance) => balance.address === address);
    const others = bank.balances.filter((balance) => balance !== held);
    const before = (held?.coins ?? []).map(({ denom, amount }) => ({ denom, amount: BigInt(amount) }));
    const balance = { address, coins: coinsToProto(addCoins(before, coins)) };
    // The supply is left to the sum of the balances.
    return { ...bank, balances: [...others, balance], supply: [] };
  });
}

export function addGenesisValidator(document: GenesisDocument, validator: GenesisValidator): GenesisDocument {
  const { moniker, consensusKey, power, rewardAddress } = validator;
  const consensusPubkey = { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key: consensusKey }) };
  return change(document, "validators", ValidatorsGenesis, ({ validators }) => ({
    validators: [...validators, { moniker, consensusPubkey, power, rewardAddress }],
  }));
}
