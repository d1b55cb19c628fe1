/**
 * Whether enough of the voting power signed a block.
 * Source: types/validation.go and types/canonical.go of CometBFT v0.40. A key is verified by ZIP-215's rules, as
 * CometBFT does: some signatures that RFC 8032 leaves open would otherwise be valid there and invalid here.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesEqual, concatBytes, toHex } from "../../chain/runtime/bytes.ts";
import { sha256 } from "../../chain/store/sha256.ts";
import {
  BlockIDFlag,
  CanonicalVote,
  type Commit,
  type CommitSig,
  SignedMsgType,
  type Validator,
} from "../../proto/gen/tendermint.types.ts";
import { Writer } from "../../proto/wire.ts";
import { LightError } from "./errors.ts";

/** Verifies an ed25519 signature by ZIP-215's rules. Never throws. */
export type VerifySignature = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const ADDRESS_BYTES = 20;
/** CometBFT's cap: an eighth of the largest int64, so that sums do not overflow. */
const MAX_TOTAL_POWER = (2n ** 63n - 1n) / 8n;

export const verifyZip215: VerifySignature = (publicKey, message, signature) => {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: true });
  } catch {
    return false;
  }
};

/** What a validator's precommit for the commit's block signs; a nil vote signs no block. */
export function voteSignBytes(chainId: string, commit: Commit, signature: CommitSig): Uint8Array {
  const { hash, partSetHeader } = commit.blockId;
  const forBlock = signature.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT;
  const vote = CanonicalVote.encode({
    type: SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT,
    height: commit.height,
    round: BigInt(commit.round),
    blockId: forBlock ? { hash, partSetHeader } : undefined,
    timestamp: signature.timestamp,
    chainId,
  });
  return concatBytes(new Writer().uint32(vote.length).finish(), vote);
}

/** The ed25519 key of a validator. @throws LightError for other kinds */
export function validatorKey({ pubKey, address }: Validator): Uint8Array {
  if (pubKey.ed25519?.length !== KEY_BYTES) {
    throw new LightError(
      "unsupported_key",
      `validator ${toHex(address)} has no ed25519 key; this light client verifies no others`,
    );
  }
  return pubKey.ed25519;
}

/** Sum of powers. @throws LightError if an address is not its key's, comes twice, or powers are not sound */
export function totalPower(validators: readonly Validator[], height: bigint): bigint {
  let total = 0n;
  const seen = new Set<string>();
  for (const validator of validators) {
    const address = toHex(validator.address);
    const derived = sha256(validatorKey(validator)).subarray(0, ADDRESS_BYTES);
    // The set's hash covers keys, not addresses, so that a liar could pair them as it likes.
    if (!bytesEqual(derived, validator.address)) {
      throw new LightError(
        "invalid_validators",
        `address ${address} is not that of its key (${toHex(derived)})`,
        { height },
      );
    }
    if (seen.has(address))
      throw new LightError("invalid_validators", `validator ${address} comes twice`, { height });
    seen.add(address);
    if (validator.votingPower <= 0n) {
      throw new LightError(
        "invalid_validators",
        `validator ${address} has a power of ${validator.votingPower}`,
        { height },
      );
    }
    total += validator.votingPower;
    if (total > MAX_TOTAL_POWER)
      throw new LightError("invalid_validators", `the powers sum to more than ${MAX_TOTAL_POWER}`, {
        height,
      });
  }
  if (total === 0n) throw new LightError("invalid_validators", "the validator set is empty", { height });
  return total;
}

function isForBlock(signature: CommitSig): boolean {
  return signature.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT;
}

function assertSignature(
  verify: VerifySignature,
  chainId: string,
  commit: Commit,
  index: number,
  validator: Validator,
): void {
  const signature = commit.signatures[index]!;
  if (!verify(validatorKey(validator), voteSignBytes(chainId, commit, signature), signature.signature)) {
    throw new LightError(
      "wrong_signature",
      `signature ${index} is not by validator ${toHex(validator.address)} for this block`,
      {
        height: commit.height,
      },
    );
  }
}

/**
 * That more than 2/3 of `validators` signed the commit's block. Stops as soon as it is enough.
 * Nil votes and absent validators do not count. Cost: one signature verification (about 1 ms) a validator, at most.
 * @throws LightError signature_count, wrong_validator, wrong_signature, not_enough_power
 */
export function verifyCommit(
  chainId: string,
  validators: readonly Validator[],
  commit: Commit,
  verify: VerifySignature = verifyZip215,
): void {
  const { height } = commit;
  const total = totalPower(validators, height);
  if (commit.signatures.length !== validators.length) {
    throw new LightError(
      "signature_count",
      `the commit has ${commit.signatures.length} places for ${validators.length} validators`,
      { height },
    );
  }
  const needed = (total * 2n) / 3n;
  let signed = 0n;
  for (const [index, signature] of commit.signatures.entries()) {
    if (!isForBlock(signature)) continue;
    const validator = validators[index]!;
    if (!bytesEqual(signature.validatorAddress, validator.address)) {
      throw new LightError(
        "wrong_validator",
        `signature ${index} names validator ${toHex(signature.validatorAddress)} where ${toHex(validator.address)} should sign`,
        { height },
      );
    }
    assertSignature(verify, chainId, commit, index, validator);
    signed += validator.votingPower;
    if (signed > needed) return;
  }
  throw new LightError(
    "not_enough_power",
    `validators with a power of ${signed} of ${total} signed; more than ${needed} is needed`,
    { height },
  );
}

export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * That more than `trustLevel` of validators trusted before signed the commit of a later block.
 * @throws LightError untrusted_validators, double_vote, wrong_signature
 */
export function verifyCommitTrusting(
  chainId: string,
  trusted: readonly Validator[],
  commit: Commit,
  trustLevel: Fraction,
  verify: VerifySignature = verifyZip215,
): void {
  const { height } = commit;
  const total = totalPower(trusted, height);
  const byAddress = new Map(trusted.map((validator) => [toHex(validator.address), validator]));
  const seen = new Map<string, number>();
  const needed = (total * trustLevel.numerator) / trustLevel.denominator;
  let signed = 0n;
  for (const [index, signature] of commit.signatures.entries()) {
    if (!isForBlock(signature)) continue;
    const address = toHex(signature.validatorAddress);
    const validator = byAddress.get(address);
    if (!validator) continue;
    const first = seen.get(address);
    if (first !== undefined)
      throw new LightError("double_vote", `signatures ${first} and ${index} are both by ${address}`, {
        height,
      });
    seen.set(address, index);
    assertSignature(verify, chainId, commit, index, validator);
    signed += validator.votingPower;
    if (signed > needed) return;
  }
  throw new LightError(
    "untrusted_validators",
    `of the trusted power of ${total} only ${signed} signed; more than ${needed} is needed`,
    { height },
  );
}
