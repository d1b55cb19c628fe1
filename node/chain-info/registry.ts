/** The chain as the Cosmos chain registry has it: chain.json and assetlist.json. Source: its JSON Schemas, which tests hold both to. */
import { type ChainFacts, metadataOf } from "./facts.ts";
import { COIN_TYPE, type Presentation } from "./names.ts";
import { priceSteps } from "./prices.ts";

/** Longest name of an asset. */
const NAME_LENGTH = 30;

/** Folders between a chain's files and the schemas: those of test networks lie one deeper. */
function schema(file: string, { networkType }: Presentation): string {
  const up = networkType === "mainnet" ? "../" : "../../";
  return `${up}${file}.schema.json`;
}

export function registryChain(facts: ChainFacts, names: Presentation) {
  const tag = (version: string) => (version.startsWith("v") ? version : `v${version}`);
  return {
    $schema: schema("chain", names),
    chain_name: names.chainName,
    chain_type: "cosmos",
    chain_id: facts.chainId,
    pretty_name: names.prettyName,
    ...(names.website ? { website: names.website } : {}),
    status: "live",
    network_type: names.networkType,
    bech32_prefix: facts.prefix,
    daemon_name: "opgd",
    node_home: "$HOME/.opgd",
    key_algos: ["secp256k1"],
    slip44: COIN_TYPE,
    fees: {
      fee_tokens: facts.gasPrices.map(({ denom, price }) => {
        const { low, average, high } = priceSteps(price);
        return {
          denom,
          fixed_min_gas_price: low,
          low_gas_price: low,
          average_gas_price: average,
          high_gas_price: high,
        };
      }),
    },
    staking: {
      staking_tokens: [{ denom: facts.bondDenom }],
      lock_duration: { time: `${facts.unbondingSeconds}s` },
    },
    codebase: {
      recommended_version: tag(names.version),
      compatible_versions: [tag(names.version)],
      language: { type: "other" },
      sdk: { type: "other" },
      consensus: { type: "cometbft", version: tag(names.cometVersion) },
      ...(names.genesisUrl ? { genesis: { genesis_url: names.genesisUrl } } : {}),
    },
    ...(names.description ? { description: names.description } : {}),
    peers: { seeds: facts.seeds, persistent_peers: facts.peers },
    apis: {
      rpc: [{ address: names.rpc }],
      rest: [{ address: names.rest }],
      grpc: [{ address: names.grpc }],
    },
    keywords: ["ai", "inference"],
  } as const;
}

/** The stake, the fees and every denomination that the chain describes. */
export function registryAssets(facts: ChainFacts, names: Presentation) {
  const denoms = new Set([
    facts.bondDenom,
    ...facts.gasPrices.map(({ denom }) => denom),
    ...facts.metadata.map(({ base }) => base),
  ]);
  return {
    $schema: schema("assetlist", names),
    chain_name: names.chainName,
    assets: [...denoms].map((denom) => {
      const { description, denomUnits, base, display, name, symbol } = metadataOf(facts, denom);
      return {
        ...(description ? { description } : {}),
        denom_units: denomUnits.map((unit) => ({
          denom: unit.denom,
          exponent: unit.exponent,
          ...(unit.aliases.length > 0 ? { aliases: unit.aliases } : {}),
        })),
        type_asset: "sdk.coin",
        base,
        name: (name || display).slice(0, NAME_LENGTH),
        display,
        symbol: symbol || display,
      } as const;
    }),
  };
}
