/**
 * The Cosmos chain registry's rules of chain.json and assetlist.json as JSON Schema of draft 7: which names there are, which
 * must be there, and what they may say. Said again here from github.com/cosmos/chain-registry (chain.schema.json and
 * assetlist.schema.json), whose text is not ours; what no chain of this kind has (IBC traces, contracts, other
 * kinds of assets) is left out, so that it would be refused.
 */
type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string", minLength: 1 };
const uri: Schema = { ...text, format: "uri" };
const number: Schema = { type: "number" };
const boolean: Schema = { type: "boolean" };
const matching = (pattern: string): Schema => ({ ...text, pattern });
const oneOf = (...values: readonly string[]): Schema => ({ type: "string", enum: values });
const listOf = (items: Schema, more: Schema = {}): Schema => ({ type: "array", items, ...more });

/** An object of these fields and no others; those marked with `!` must be there. */
function objectOf(fields: Readonly<Record<string, Schema>>, more: Schema = {}): Schema {
  const names = Object.keys(fields);
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name.replace("!", ""), fields[name]])),
    required: names.filter((name) => name.endsWith("!")).map((name) => name.replace("!", "")),
    additionalProperties: false,
    ...more,
  };
}

const version = matching("^v?\\d+(\\.\\d+){0,2}$");
const tag = matching("^v?\\d+(\\.\\d+){0,2}(-[\\w.-]+)?$");
/** A part of the code: its kind, and where it is from. */
const part = (...types: readonly string[]) => objectOf({ "type!": oneOf(...types), version, repo: uri, tag });
const peer = objectOf({ "id!": text, "address!": text, provider: text });
const endpoint = objectOf({ "address!": text, provider: text, archive: boolean });
const endpoints = listOf(endpoint);
const bech32 = [..."Acc,Val,Cons".split(",")].flatMap((kind) => [
  `bech32Prefix${kind}Addr`,
  `bech32Prefix${kind}Pub`,
]);

export const CHAIN_SCHEMA: Schema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  ...objectOf({
    $schema: matching("^(\\.\\./)+chain\\.schema\\.json$"),
    "chain_name!": matching("[a-z0-9]+"),
    "chain_type!": oneOf("cosmos"),
    chain_id: text,
    pretty_name: text,
    website: uri,
    status: oneOf("live", "upcoming", "killed"),
    network_type: oneOf("mainnet", "testnet", "devnet"),
    bech32_prefix: text,
    bech32_config: objectOf(Object.fromEntries(bech32.map((name) => [name, text])), { minProperties: 1 }),
    daemon_name: text,
    node_home: text,
    key_algos: listOf(oneOf("secp256k1", "ethsecp256k1", "ed25519", "sr25519", "bn254")),
    slip44: number,
    alternative_slip44s: listOf(number),
    fees: objectOf({
      "fee_tokens!": listOf(
        objectOf({
          "denom!": text,
          fixed_min_gas_price: number,
          low_gas_price: number,
          average_gas_price: number,
          high_gas_price: number,
          gas_costs: objectOf({ cosmos_send: number, ibc_transfer: number }, { minProperties: 1 }),
        }),
      ),
    }),
    staking: objectOf({
      "staking_tokens!": listOf(objectOf({ "denom!": text })),
      lock_duration: objectOf({ blocks: number, time: text }, { minProperties: 1 }),
    }),
    codebase: objectOf({
      git_repo: uri,
      recommended_version: text,
      compatible_versions: listOf(text),
      tag,
      language: part("go", "rust", "solidity", "other"),
      sdk: part("cosmos", "penumbra", "other"),
      consensus: part("tendermint", "cometbft", "sei-tendermint"),
      genesis: objectOf({ name: text, "genesis_url!": uri, ics_ccv_url: uri }),
    }),
    description: { ...text, maxLength: 3000 },
    peers: objectOf({ seeds: listOf(peer), persistent_peers: listOf(peer) }),
    apis: objectOf({
      rpc: endpoints,
      rest: endpoints,
      grpc: endpoints,
      wss: endpoints,
      "grpc-web": endpoints,
    }),
    explorers: listOf(
      objectOf({ kind: text, url: text, tx_page: text, account_page: text, block_page: text }),
    ),
    keywords: listOf(text, { maxItems: 20 }),
  }),
};

export const ASSETLIST_SCHEMA: Schema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  ...objectOf({
    $schema: matching("^(\\.\\./)+assetlist\\.schema\\.json$"),
    "chain_name!": text,
    "assets!": listOf(
      objectOf({
        description: { type: "string" },
        "denom_units!": listOf(
          objectOf({
            "denom!": text,
            "exponent!": { type: "integer" },
            aliases: listOf(text, { minItems: 1 }),
          }),
          { minItems: 1 },
        ),
        "type_asset!": oneOf("sdk.coin"),
        "base!": text,
        "name!": { ...text, maxLength: 30 },
        "display!": text,
        "symbol!": text,
        coingecko_id: text,
        keywords: listOf(text, { minItems: 1, maxItems: 20 }),
      }),
      { minItems: 1 },
    ),
  }),
};
