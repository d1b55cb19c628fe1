/** Evidence in a block, from the JSON of CometBFT's RPC. Source: types/evidence.go of CometBFT v0.40, registered with libs/json. */
import { Evidence, Vote } from "../../proto/gen/tendermint.types.ts";
import { decodeBlockId, decodeCommit, decodeHeader, decodeValidator } from "./decode.ts";
import { RpcError } from "./errors.ts";
import type { Shape } from "./shape.ts";

const ADDRESS_BYTES = 20;

/** @throws RpcError naming the place, if it is no evidence of a kind that is known */
export function decodeEvidence(shape: Shape): Evidence {
  const [type, value] = [shape.at("type"), shape.at("value")];
  // Names as Go's fields have them, where no other is set.
  const common = {
    totalVotingPower: value.at("TotalVotingPower").bigint(),
    timestamp: value.at("Timestamp").time(),
  };
  switch (type.text()) {
    case "tendermint/DuplicateVoteEvidence":
      return Evidence.create({
        duplicateVoteEvidence: {
          voteA: decodeVote(value.at("vote_a")),
          voteB: decodeVote(value.at("vote_b")),
          validatorPower: value.at("ValidatorPower").bigint(),
          ...common,
        },
      });
    case "tendermint/LightClientAttackEvidence": {
      const block = value.at("ConflictingBlock");
      const [signed, set] = [block.at("signed_header"), block.at("validator_set")];
      return Evidence.create({
        lightClientAttackEvidence: {
          conflictingBlock: {
            signedHeader: {
              header: decodeHeader(signed.at("header")),
              commit: decodeCommit(signed.at("commit")),
            },
            validatorSet: {
              validators: set.at("validators").list().map(decodeValidator),
              proposer: set.at("proposer").absent ? undefined : decodeValidator(set.at("proposer")),
              // CometBFT leaves it out, so that equal sets have equal bytes.
              totalVotingPower: 0n,
            },
          },
          commonHeight: value.at("CommonHeight").bigint(),
          byzantineValidators: value.at("ByzantineValidators").list().map(decodeValidator),
          ...common,
        },
      });
    }
    default:
      throw new RpcError("invalid_response", `${type.path}: evidence ${type.text()} is not known`);
  }
}

function decodeVote(shape: Shape): Vote {
  const bytes = (name: string) => (shape.at(name).absent ? new Uint8Array(0) : shape.at(name).base64());
  return Vote.create({
    type: shape.at("type").integer(),
    height: shape.at("height").bigint(),
    round: shape.at("round").integer(),
    blockId: decodeBlockId(shape.at("block_id")),
    timestamp: shape.at("timestamp").time(),
    validatorAddress: shape.at("validator_address").hex(ADDRESS_BYTES),
    validatorIndex: shape.at("validator_index").integer(),
    signature: bytes("signature"),
    extension: bytes("extension"),
    extensionSignature: bytes("extension_signature"),
  });
}
