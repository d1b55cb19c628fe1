/** A genesis file as CometBFT reads it, with the state of each module under app_state. */
import type { AppState } from "../chain/genesis.ts";
import type { ConsensusParams } from "../proto/gen/tendermint.types.ts";
import { headFaults, isObject, type JsonObject } from "./head.ts";

/** The parameters in CometBFT's own JSON: 64-bit numbers as text, durations in nanoseconds. */
export interface ConsensusParamsJson {
  readonly block: { readonly max_bytes: string; readonly max_gas: string };
  readonly evidence: {
    readonly max_age_num_blocks: string;
    readonly max_age_duration: string;
    readonly max_bytes: string;
  };
  readonly validator: { readonly pub_key_types: readonly string[] };
  readonly version: { readonly app: string };
  readonly abci: { readonly vote_extensions_enable_height: string };
}

export interface GenesisDocument {
  /** RFC 3339. */
  readonly genesis_time: string;
  readonly chain_id: string;
  readonly initial_height: string;
  readonly consensus_params: ConsensusParamsJson;
  /** Left empty: app_state.staking and app_state.genutil name them. */
  readonly validators?: readonly unknown[];
  readonly app_hash: string;
  readonly app_state: AppState;
}

export type GenesisErrorCode = "malformed" | "invalid" | "exists";

/** A genesis file that is not one, or cannot be changed as asked. */
export class GenesisError extends Error {
  override readonly name = "GenesisError";
  readonly code: GenesisErrorCode;
  constructor(code: GenesisErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const NANOS = 1_000_000_000n;

export function consensusParamsToJson({
  block,
  evidence,
  validator,
  version,
  abci,
}: ConsensusParams): ConsensusParamsJson {
  if (!block || !evidence || !validator)
    throw new GenesisError("invalid", "consensus_params: block, evidence and validator must be given");
  const { seconds, nanos } = evidence.maxAgeDuration;
  return {
    block: { max_bytes: `${block.maxBytes}`, max_gas: `${block.maxGas}` },
    evidence: {
      max_age_num_blocks: `${evidence.maxAgeNumBlocks}`,
      max_age_duration: `${seconds * NANOS + BigInt(nanos)}`,
      max_bytes: `${evidence.maxBytes}`,
    },
    validator: { pub_key_types: validator.pubKeyTypes },
    version: { app: `${version?.app ?? 0n}` },
    abci: { vote_extensions_enable_height: `${abci?.voteExtensionsEnableHeight ?? 0n}` },
  };
}

/** Nanoseconds as a duration. */
export function durationOf(nanos: bigint): { readonly seconds: bigint; readonly nanos: number } {
  return { seconds: nanos / NANOS, nanos: Number(nanos % NANOS) };
}

/** @throws GenesisError if the text is not a JSON object */
export function parseGenesisJson(text: string): JsonObject {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new GenesisError("malformed", `genesis is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(json)) throw new GenesisError("malformed", "genesis must be a JSON object");
  return json;
}

/** Reads a genesis file's text; `genesisProblems` judges the rest of it. @throws GenesisError naming the JSON path */
export function parseGenesis(text: string): GenesisDocument {
  const json = parseGenesisJson(text);
  const [fault] = headFaults(json);
  if (fault) throw new GenesisError("malformed", `${fault.path}: ${fault.message}`);
  return { initial_height: "1", app_hash: "", ...json } as unknown as GenesisDocument;
}

export function formatGenesis(document: GenesisDocument): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
