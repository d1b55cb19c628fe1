/** A genesis file as CometBFT reads it, with the state of each module under app_state. */
import type { AppState } from "../chain/genesis.ts";
import type { ConsensusParams } from "../proto/gen/tendermint.types.ts";

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
  /** Left empty: app_state.validators names them. */
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

/** Reads a genesis file's text. @throws GenesisError naming the JSON path */
export function parseGenesis(text: string): GenesisDocument {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new GenesisError("malformed", `genesis is not JSON: ${(error as Error).message}`);
  }
  if (typeof json !== "object" || json === null)
    throw new GenesisError("malformed", "genesis must be a JSON object");
  const document = json as Partial<GenesisDocument>;
  if (typeof document.chain_id !== "string" || !/^[a-zA-Z0-9._-]{1,50}$/.test(document.chain_id)) {
    throw new GenesisError(
      "malformed",
      `chain_id: ${JSON.stringify(document.chain_id)} must have 1 to 50 letters, digits or . _ -`,
    );
  }
  if (typeof document.app_state !== "object" || document.app_state === null) {
    throw new GenesisError("malformed", "app_state: must be an object with one entry a module");
  }
  if (!/^[1-9]\d{0,17}$/.test(String(document.initial_height ?? "1"))) {
    throw new GenesisError(
      "malformed",
      `initial_height: ${JSON.stringify(document.initial_height)} is no positive integer in text`,
    );
  }
  if (Number.isNaN(Date.parse(document.genesis_time ?? ""))) {
    throw new GenesisError(
      "malformed",
      `genesis_time: ${JSON.stringify(document.genesis_time)} is no RFC 3339 time`,
    );
  }
  return { initial_height: "1", app_hash: "", ...document } as GenesisDocument;
}

export function formatGenesis(document: GenesisDocument): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
