/** A validator's own arithmetic: shares against tokens, power, key. Source: x/staking/types/validator.go of the SDK v0.53. */
import { PubKey } from "../../../proto/gen/cosmos.crypto.ed25519.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import type { ValidatorUpdate } from "../../../proto/gen/tendermint.abci.ts";
import { PublicKey } from "../../../proto/gen/tendermint.crypto.ts";
import {
  type Dec,
  decAdd,
  decFromInt,
  decMulInt,
  decQuo,
  decQuoInt,
  decQuoRoundUp,
  decQuoTruncate,
  decSub,
  decTruncate,
  ZERO,
} from "../../runtime/decimal.ts";
import { SdkError } from "../../runtime/errors.ts";
import { sha256 } from "../../store/sha256.ts";
import { StakingError } from "./errors.ts";
import { POWER_REDUCTION, type Validator } from "./types.ts";

/** CometBFT's bound on the sum of powers: MaxInt64 / 8. Source: types/validator_set.go of CometBFT. */
export const MAX_TOTAL_POWER = ((1n << 63n) - 1n) / 8n;

/** What shares are worth in tokens. */
export function tokensFromShares({ tokens, delegatorShares }: Validator, shares: Dec): Dec {
  return decQuo(decMulInt(shares, tokens), delegatorShares);
}

export function tokensFromSharesTruncated({ tokens, delegatorShares }: Validator, shares: Dec): Dec {
  return decQuoTruncate(decMulInt(shares, tokens), delegatorShares);
}

export function tokensFromSharesRoundUp({ tokens, delegatorShares }: Validator, shares: Dec): Dec {
  return decQuoRoundUp(decMulInt(shares, tokens), delegatorShares);
}

/** Shares that tokens are. @throws StakingError.insufficientShares if the validator has no tokens */
export function sharesFromTokens(validator: Validator, amount: bigint): Dec {
  assertTokens(validator);
  return decQuoInt(decMulInt(validator.delegatorShares, amount), validator.tokens);
}

export function sharesFromTokensTruncated(validator: Validator, amount: bigint): Dec {
  assertTokens(validator);
  return decQuoTruncate(decMulInt(validator.delegatorShares, amount), decFromInt(validator.tokens));
}

function assertTokens({ tokens }: Validator): void {
  if (tokens === 0n)
    throw StakingError.insufficientShares("insufficient delegation shares: the validator has no tokens");
}

/** Whether slashes took all tokens, so that shares have no price. */
export function hasInvalidRate({ tokens, delegatorShares }: Validator): boolean {
  return tokens === 0n && delegatorShares > 0n;
}

export function withTokensAdded(
  validator: Validator,
  amount: bigint,
): { readonly validator: Validator; readonly shares: Dec } {
  // The first delegation sets the rate to one.
  const shares =
    validator.delegatorShares === ZERO ? decFromInt(amount) : sharesFromTokens(validator, amount);
  const delegatorShares = decAdd(validator.delegatorShares, shares);
  return { validator: { ...validator, tokens: validator.tokens + amount, delegatorShares }, shares };
}

/** Fractions of tokens stay with the validator; who takes the last shares takes all of it. */
export function withSharesRemoved(
  validator: Validator,
  shares: Dec,
): { readonly validator: Validator; readonly tokens: bigint } {
  const delegatorShares = decSub(validator.delegatorShares, shares);
  const tokens =
    delegatorShares === ZERO ? validator.tokens : decTruncate(tokensFromShares(validator, shares));
  const left = validator.tokens - tokens;
  if (left < 0n)
    throw SdkError.logic(`validator has ${validator.tokens} tokens, ${tokens} are to be removed`);
  return { validator: { ...validator, tokens: left, delegatorShares }, tokens };
}

export function withTokensRemoved(validator: Validator, tokens: bigint): Validator {
  if (tokens < 0n || tokens > validator.tokens)
    throw SdkError.logic(`validator has ${validator.tokens} tokens, ${tokens} are to be removed`);
  return { ...validator, tokens: validator.tokens - tokens };
}

/** Power that tokens give. @throws SdkError.logic if CometBFT could not hold it */
export function powerOf(tokens: bigint): bigint {
  const power = tokens / POWER_REDUCTION;
  if (power > MAX_TOTAL_POWER)
    throw SdkError.logic(`power ${power} is over ${MAX_TOTAL_POWER}, the most that CometBFT counts`);
  return power;
}

export function tokensOfPower(power: bigint): bigint {
  return power * POWER_REDUCTION;
}

/** Power in consensus: none unless bonded. */
export function consensusPower({ status, tokens }: Validator): bigint {
  return status === "bonded" ? powerOf(tokens) : 0n;
}

/** The 32 bytes of an ed25519 key. @throws StakingError.emptyValidatorPubKey, validatorPubKeyTypeNotSupported, SdkError.invalidPubKey */
export function ed25519Key(pubkey: Any | undefined, field = "pubkey"): Uint8Array {
  if (!pubkey || pubkey.typeUrl === "")
    throw StakingError.emptyValidatorPubKey(`${field}: must be given, as an ed25519 key`);
  if (pubkey.typeUrl !== PubKey.typeUrl) {
    throw StakingError.validatorPubKeyTypeNotSupported(
      `${field}: ${pubkey.typeUrl.slice(0, 200)} is not supported; give an ed25519 key`,
    );
  }
  const { key } = PubKey.decode(pubkey.value);
  if (key.length !== 32)
    throw SdkError.invalidPubKey(`${field}: ed25519 keys have 32 bytes, not ${key.length}`);
  return key;
}

/** First 20 bytes of SHA-256 of the key, as CometBFT names validators. */
export function consensusAddress(key: Uint8Array): Uint8Array {
  return sha256(key).slice(0, 20);
}

export function updateOf({ consensusPubkey }: Validator, power: bigint): ValidatorUpdate {
  return { pubKey: PublicKey.create({ ed25519: ed25519Key(consensusPubkey, "consensus_pubkey") }), power };
}
