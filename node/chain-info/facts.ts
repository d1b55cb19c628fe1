/** What wallets and registries are told of a chain, as a home's files or a node that runs know it. */
import { readFileSync } from "node:fs";
import type { Dec } from "../../chain/runtime/decimal.ts";
import { prefixOf } from "../../chain/runtime/prefix.ts";
import type { GasPrices } from "../../chain/tx/fee.ts";
import type { OpgClient } from "../../client/index.ts";
import {
  GenesisState as BankGenesis,
  DenomUnit,
  Metadata,
  QueryDenomsMetadataRequest,
} from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { GenesisState as StakingGenesis } from "../../proto/gen/cosmos.staking.v1beta1.ts";
import { fromJson } from "../../proto/json.ts";
import { getSetting, initHome } from "../comet/index.ts";
import { parseGasPrices, readAppConfig } from "../config/app-toml.ts";
import { assertHome } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import { readGenesis } from "../run/init.ts";

export interface Peer {
  readonly id: string;
  /** host:port. */
  readonly address: string;
}

export interface ChainFacts {
  readonly chainId: string;
  readonly prefix: string;
  readonly bondDenom: string;
  /** Seconds until unbonded stake is free. */
  readonly unbondingSeconds: bigint;
  /** What this node takes at least; at least one, of price 0 where it asks nothing. */
  readonly gasPrices: GasPrices;
  /** Of every denomination that the chain describes. */
  readonly metadata: readonly Metadata[];
  readonly seeds: readonly Peer[];
  readonly peers: readonly Peer[];
  /** Where the node itself listens; what is public may be elsewhere. */
  readonly rpc: string;
  readonly rest: string;
  /** host:port. */
  readonly grpc: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** @throws NodeError, GenesisError naming the file and the field */
export async function factsOfHome(home: string, env: Env): Promise<ChainFacts> {
  const paths = assertHome(home);
  const { chain_id, app_state } = readGenesis(home);
  const staking = fromJson(StakingGenesis, app_state["staking"] ?? {}).params;
  const bank = fromJson(BankGenesis, app_state["bank"] ?? {});
  const app = readAppConfig(paths.appToml, env);
  const comet = readFileSync(paths.configToml, "utf8");
  const setting = (name: string) => String(getSetting(comet, name) ?? "");
  const external = setting("p2p.external_address");
  const own = external === "" ? [] : [{ id: (await initHome(home)).nodeId, address: bare(external) }];
  return {
    chainId: chain_id,
    prefix: prefixOf(app_state),
    bondDenom: staking.bondDenom,
    unbondingSeconds: staking.unbondingTime.seconds,
    gasPrices: pricesOr(parseGasPrices(app["minimum-gas-prices"]), staking.bondDenom),
    metadata: bank.denomMetadata,
    seeds: peersOf(setting("p2p.seeds")),
    peers: [...own, ...peersOf(setting("p2p.persistent_peers"))],
    rpc: reachable(setting("rpc.laddr").replace(/^tcp:/, "http:")),
    rest: reachable(app.api.address.replace(/^tcp:/, "http:")),
    grpc: reachable(app.grpc.address),
  };
}

/**
 * Its gateways are taken to be on the host of its RPC, at the ports that they have by default.
 * @param rpc URL that the client was connected by
 */
export async function factsOfNode(client: OpgClient, rpc: string): Promise<ChainFacts> {
  const { query } = client;
  const [{ bech32Prefix }, { params }, { metadatas }, { minimumGasPrice }] = await Promise.all([
    query.auth.bech32Prefix(),
    query.staking.params(),
    query.bank.denomsMetadata(QueryDenomsMetadataRequest.create({ pagination: EVERY })),
    query.node.config(),
  ]);
  const { hostname } = new URL(rpc);
  return {
    chainId: client.chainId,
    prefix: bech32Prefix,
    bondDenom: params.bondDenom,
    unbondingSeconds: params.unbondingTime.seconds,
    gasPrices: pricesOr(parseGasPrices(minimumGasPrice), params.bondDenom),
    metadata: metadatas,
    seeds: [],
    peers: [],
    rpc: rpc.replace(/\/$/, ""),
    rest: `http://${hostname}:1317`,
    grpc: `${hostname}:9090`,
  };
}

const EVERY = { key: new Uint8Array(0), offset: 0n, limit: 10_000n, countTotal: false, reverse: false };

/** The description of a denomination; where the chain has none, the denomination alone. */
export function metadataOf({ metadata }: ChainFacts, denom: string): Metadata {
  const known = metadata.find(({ base }) => base === denom);
  const unit = DenomUnit.create({ denom, exponent: 0 });
  return (
    known ?? Metadata.create({ base: denom, display: denom, name: denom, symbol: denom, denomUnits: [unit] })
  );
}

/** Power of ten of the unit that people speak of. */
export function decimalsOf({ display, denomUnits }: Metadata): number {
  return denomUnits.find(({ denom }) => denom === display)?.exponent ?? 0;
}

function pricesOr(prices: GasPrices, denom: string): GasPrices {
  return prices.length > 0 ? prices : [{ denom, price: 0n as Dec }];
}

function bare(address: string): string {
  return address.replace(/^tcp:\/\//, "");
}

/** `id@host:port,…` @throws NodeError */
function peersOf(list: string): readonly Peer[] {
  return list
    .split(",")
    .map((each) => bare(each.trim()))
    .filter((each) => each !== "")
    .map((each) => {
      const [, id, address] = /^([0-9a-fA-F]{40})@(.+)$/.exec(each) ?? [];
      if (!id || !address)
        throw new NodeError("config", `config.toml: ${JSON.stringify(each)} is no peer; write id@host:port`);
      return { id, address };
    });
}

/** Listening everywhere is reached on this machine at least. */
function reachable(address: string): string {
  return address.replace(/(^|\/\/)(0\.0\.0\.0|\[::\])(?=:|$)/, "$1127.0.0.1");
}
