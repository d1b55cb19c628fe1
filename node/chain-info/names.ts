/** How a chain is called, where its id alone does not say. */
import { NodeError } from "../errors.ts";
import type { ChainFacts } from "./facts.ts";

export const NETWORK_TYPES = ["mainnet", "testnet", "devnet"] as const;
export type NetworkType = (typeof NETWORK_TYPES)[number];

/** What people and places say of the chain, beside what it says itself. */
export interface Presentation {
  /** Folder in the registry: lower-case letters and digits. */
  readonly chainName: string;
  readonly prettyName: string;
  readonly networkType: NetworkType;
  readonly website?: string;
  readonly description?: string;
  readonly genesisUrl?: string;
  /** Public addresses: URLs, and host:port for gRPC. */
  readonly rpc: string;
  readonly rest: string;
  readonly grpc: string;
  readonly version: string;
  readonly cometVersion: string;
}

/** `opg-local-1` is `opglocal` in the registry. */
export function registryName(chainId: string): string {
  const name = chainId
    .replace(/-\d+$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "");
  return name === "" ? "opg" : name;
}

/** @throws NodeError naming the flag */
export function assertPresentation(value: Presentation): Presentation {
  const wrong = (flag: string, text: string, remedy: string) =>
    new NodeError("usage", `${flag}: ${JSON.stringify(text)} ${remedy}`);
  if (!/^[a-z0-9]+$/.test(value.chainName))
    throw wrong("--chain-name", value.chainName, "must be lower-case letters and digits");
  if (value.prettyName === "" || value.prettyName.length > 36)
    throw wrong("--pretty-name", value.prettyName, "must have 1 to 36 letters");
  for (const [flag, url] of [
    ["--rpc", value.rpc],
    ["--rest", value.rest],
    ["--website", value.website],
    ["--genesis-url", value.genesisUrl],
  ] as const)
    if (url !== undefined && !isPlainUrl(url))
      throw wrong(flag, url, "must be a URL of http or https without a question mark");
  if (!/^[^\s/]+(:\d{1,5})?$/.test(value.grpc))
    throw wrong("--grpc", value.grpc, "must be host:port, such as grpc.example.com:443");
  return value;
}

function isPlainUrl(text: string): boolean {
  return /^https?:\/\/[^\s?]+$/.test(text) && URL.canParse(text);
}

/** `opg`, `opgpub`, `opgvaloper`, … by the names that wallets have for them. */
export function bech32Config({ prefix }: ChainFacts) {
  return {
    bech32PrefixAccAddr: prefix,
    bech32PrefixAccPub: `${prefix}pub`,
    bech32PrefixValAddr: `${prefix}valoper`,
    bech32PrefixValPub: `${prefix}valoperpub`,
    bech32PrefixConsAddr: `${prefix}valcons`,
    bech32PrefixConsPub: `${prefix}valconspub`,
  };
}

/** Of keys by BIP-44: the Cosmos chains' own, which this chain's keys are derived by. Source: SLIP-0044. */
export const COIN_TYPE = 118;
