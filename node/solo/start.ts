/** From a genesis document to the first state of a chain of one validator. */
import { bytesEqual } from "../../chain/runtime/bytes.ts";
import type { GenesisDocument } from "../../genesis/index.ts";
import type { Timestamp } from "../../proto/gen/google.protobuf.ts";
import type { ValidatorUpdate } from "../../proto/gen/tendermint.abci.ts";
import { PublicKey } from "../../proto/gen/tendermint.crypto.ts";
import { ConsensusParams, Validator, ValidatorSet } from "../../proto/gen/tendermint.types.ts";
import { parseTimestamp } from "../../proto/text.ts";
import { consensusAddress } from "../comet/keys.ts";
import { SoloError } from "./errors.ts";

const NANOS = 1_000_000_000n;

/** @throws SoloError genesis */
export function genesisTime({ genesis_time: text }: GenesisDocument): Timestamp {
  const time = parseTimestamp(text);
  if (!time) throw new SoloError("genesis", `genesis_time: ${text} is no RFC 3339 time`);
  return time;
}

/** @throws SoloError genesis if a group is not there */
export function genesisParams({ consensus_params: json }: GenesisDocument): ConsensusParams {
  if (!json?.block || !json.evidence || !json.validator)
    throw new SoloError("genesis", "consensus_params: block, evidence and validator must be given");
  const age = BigInt(json.evidence.max_age_duration);
  return ConsensusParams.create({
    block: { maxBytes: BigInt(json.block.max_bytes), maxGas: BigInt(json.block.max_gas) },
    evidence: {
      maxAgeNumBlocks: BigInt(json.evidence.max_age_num_blocks),
      maxAgeDuration: { seconds: age / NANOS, nanos: Number(age % NANOS) },
      maxBytes: BigInt(json.evidence.max_bytes),
    },
    validator: { pubKeyTypes: json.validator.pub_key_types },
    version: { app: BigInt(json.version?.app ?? "0") },
    abci: { voteExtensionsEnableHeight: BigInt(json.abci?.vote_extensions_enable_height ?? "0") },
  });
}

/** Groups that an update names replace those of before. */
export function updateParams(params: ConsensusParams, update: ConsensusParams | undefined): ConsensusParams {
  if (!update) return params;
  return {
    block: update.block ?? params.block,
    evidence: update.evidence ?? params.evidence,
    validator: update.validator ?? params.validator,
    version: update.version ?? params.version,
    abci: update.abci ?? params.abci,
    authority: update.authority ?? params.authority,
  };
}

/**
 * The validator set after updates: this home's validator, with its newest power.
 * @throws SoloError not_alone if it would be any other set
 */
export function updateValidators(
  current: ValidatorSet | undefined,
  updates: readonly ValidatorUpdate[],
  pub: Uint8Array,
): ValidatorSet {
  let power = current?.totalVotingPower ?? 0n;
  for (const update of updates) {
    if (update.pubKey.ed25519 && bytesEqual(update.pubKey.ed25519, pub)) power = update.power;
    else if (update.power > 0n) {
      throw new SoloError(
        "not_alone",
        "the chain has a validator beside this home's: the embedded engine runs one validator only; run CometBFT instead (--comet managed)",
      );
    }
  }
  if (power <= 0n) {
    throw new SoloError(
      "not_alone",
      "this home's key (config/priv_validator_key.json) is no validator of the chain: the embedded engine can make no blocks with it",
    );
  }
  const validator = Validator.create({
    address: consensusAddress(pub),
    pubKey: PublicKey.create({ ed25519: pub }),
    votingPower: power,
  });
  return ValidatorSet.create({ validators: [validator], proposer: validator, totalVotingPower: power });
}
