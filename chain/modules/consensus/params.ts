/** Rules of the consensus parameters. Source: CometBFT v0.40 types/params.go (ValidateBasic, ValidateUpdate). */
import type { ConsensusParams } from "../../../proto/gen/tendermint.types.ts";
import { durationNanos } from "../../../proto/text.ts";
import { SdkError } from "../../runtime/errors.ts";
import { MAX_DURATION_NANOS } from "../../runtime/time.ts";

/** Protocol version of new chains, which headers carry: raised by a governed upgrade that changes how blocks execute. */
export const APP_VERSION = 1n;

/** 100 MB: CometBFT's bound of a block. */
const MAX_BLOCK_BYTES = 104_857_600n;
/** Key types that this chain's validators may have. */
const PUB_KEY_TYPES = ["ed25519"];

/** What a chain starts with if its genesis names none. */
export const DEFAULT_CONSENSUS_PARAMS: ConsensusParams = {
  block: {
    /** 4 MiB, CometBFT's default. */
    maxBytes: 4_194_304n,
    /** No limit: -1. Presets of genesis set one. */
    maxGas: -1n,
  },
  evidence: {
    maxAgeNumBlocks: 100_000n,
    /** 48 hours. */
    maxAgeDuration: { seconds: 172_800n, nanos: 0 },
    maxBytes: 1_048_576n,
  },
  validator: { pubKeyTypes: PUB_KEY_TYPES },
  version: { app: 0n },
  abci: { voteExtensionsEnableHeight: 0n },
  authority: undefined,
};

/** @throws SdkError.invalidRequest naming the parameter, its value and what is allowed */
export function assertConsensusParams(params: ConsensusParams): void {
  const fault = (name: string, value: unknown, allowed: string) =>
    SdkError.invalidRequest(`consensus params: ${name}: ${String(value)} is not ${allowed}`);
  const { block, evidence, validator, abci } = params;
  if (!block || !evidence || !validator) {
    throw SdkError.invalidRequest("consensus params: block, evidence and validator must all be given");
  }
  if (block.maxBytes < -1n || block.maxBytes === 0n || block.maxBytes > MAX_BLOCK_BYTES) {
    throw fault("block.max_bytes", block.maxBytes, `-1 or from 1 to ${MAX_BLOCK_BYTES}`);
  }
  if (block.maxGas < -1n) throw fault("block.max_gas", block.maxGas, "-1 or more");
  if (evidence.maxAgeNumBlocks <= 0n)
    throw fault("evidence.max_age_num_blocks", evidence.maxAgeNumBlocks, "positive");
  const { seconds, nanos } = evidence.maxAgeDuration;
  if (seconds < 0n || nanos < 0 || (seconds === 0n && nanos === 0)) {
    throw fault("evidence.max_age_duration", `${seconds}s`, "positive");
  }
  // CometBFT cannot read another, and stops at the block that has it (ADR-0150).
  if (nanos >= 1_000_000_000 || durationNanos(evidence.maxAgeDuration) > MAX_DURATION_NANOS)
    throw fault("evidence.max_age_duration", `${seconds}s ${nanos}ns`, "under 292 years");
  const most = block.maxBytes === -1n ? MAX_BLOCK_BYTES : block.maxBytes;
  if (evidence.maxBytes < 0n || evidence.maxBytes > most)
    throw fault("evidence.max_bytes", evidence.maxBytes, `from 0 to ${most}`);
  if (validator.pubKeyTypes.length === 0) throw fault("validator.pub_key_types", "[]", "one of ed25519");
  for (const type of validator.pubKeyTypes) {
    if (!PUB_KEY_TYPES.includes(type)) throw fault("validator.pub_key_types", type, PUB_KEY_TYPES.join(", "));
  }
  const height = abci?.voteExtensionsEnableHeight ?? 0n;
  if (height < 0n) throw fault("abci.vote_extensions_enable_height", height, "0 or more");
}

/**
 * A block that a vote makes smaller must still hold its header, evidence and the commits of some thousand validators, which
 * CometBFT adds itself and panics if it cannot, and one transaction of the largest size (ADR-0133).
 */
const MIN_UPDATED_BLOCK_BYTES = 2_097_152n;
/** Room for proposals and votes that undo the change. */
const MIN_UPDATED_BLOCK_GAS = 10_000_000n;

/**
 * Whether `after` may follow `before` in the block at `height`: vote extensions cannot be switched off, and only at a
 * height to come; and the chain must stay able to vote itself back. @throws SdkError.invalidRequest
 */
export function assertConsensusUpdate(before: ConsensusParams, after: ConsensusParams, height: bigint): void {
  assertRoom("max_bytes", before.block?.maxBytes, after.block?.maxBytes, MIN_UPDATED_BLOCK_BYTES);
  assertRoom("max_gas", before.block?.maxGas, after.block?.maxGas, MIN_UPDATED_BLOCK_GAS);
  const was = before.abci?.voteExtensionsEnableHeight ?? 0n;
  const will = after.abci?.voteExtensionsEnableHeight ?? 0n;
  if (was === will) return;
  const name = "consensus params: abci.vote_extensions_enable_height";
  if (was > 0n && was <= height)
    throw SdkError.invalidRequest(`${name}: in force since ${was}, cannot change to ${will}`);
  if (will !== 0n && will <= height)
    throw SdkError.invalidRequest(`${name}: ${will} is not after the block ${height}`);
}

/** Only a value that changes is looked at: a genesis may have set less. */
function assertRoom(name: string, before: bigint | undefined, after = -1n, least: bigint): void {
  if (after === before || after === -1n || after >= least) return;
  throw SdkError.invalidRequest(`consensus params: block.${name}: ${after} is not -1 or at least ${least}`);
}
