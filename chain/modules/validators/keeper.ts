/** Validators of genesis and their shares of fees. The only code that touches the store `validators`. */

import { sha256 } from "@noble/hashes/sha2.js";
import { PubKey } from "../../../proto/gen/cosmos.crypto.ed25519.ts";
import { Validator } from "../../../proto/gen/opg.validators.v1.ts";
import { BlockIDFlag } from "../../../proto/gen/tendermint.types.ts";
import type { Address } from "../../runtime/address.ts";
import { concatBytes, toHex } from "../../runtime/bytes.ts";
import { type Coins, coinsOf, formatCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import { prefixRange } from "../../runtime/range.ts";
import { splitByWeight } from "../../runtime/split.ts";
import type { BankKeeper } from "../bank/index.ts";

export const STORE = "validators";
export const VALIDATOR_PREFIX = Uint8Array.of(0x01);

/** A validator by its consensus address (20 bytes). */
export function validatorKey(consensusAddress: Uint8Array): Uint8Array {
  return concatBytes(VALIDATOR_PREFIX, consensusAddress);
}

/** For what a share is paid. */
export type ShareKind = "compute" | "verification" | "gas";

/**
 * Pays validators for their work. This module pays the reward accounts that genesis names; staking and distribution take
 * it over by paying commission and delegators instead.
 */
export interface ValidatorShares {
  /**
   * Shares out `coins` of a module's account: of `compute` to the proposer of this block, of the others to those who signed
   * the block before, by power. Where nobody of them is known, all goes to the account `fallback`.
   */
  allocate(ctx: Context, kind: ShareKind, coins: Coins, from: string): void;
}

/** First 20 bytes of SHA-256 of the key, as CometBFT names validators. @throws SdkError.invalidPubKey */
export function consensusAddress(validator: Validator): Uint8Array {
  return sha256(consensusKey(validator)).slice(0, 20);
}

/** The 32 bytes of the ed25519 key. @throws SdkError.invalidPubKey */
export function consensusKey({ consensusPubkey }: Validator): Uint8Array {
  if (consensusPubkey?.typeUrl !== PubKey.typeUrl)
    throw SdkError.invalidPubKey("consensus_pubkey: must be an ed25519 key");
  const { key } = PubKey.decode(consensusPubkey.value);
  if (key.length !== 32)
    throw SdkError.invalidPubKey(`consensus_pubkey: ed25519 keys have 32 bytes, not ${key.length}`);
  return key;
}

export class ValidatorsKeeper implements ValidatorShares {
  readonly #bank: BankKeeper;
  readonly #treasury: string;

  constructor(options: { readonly bank: BankKeeper; readonly treasury: string }) {
    this.#bank = options.bank;
    this.#treasury = options.treasury;
  }

  validator(ctx: Context, address: Uint8Array): Validator | undefined {
    const bytes = ctx.store(STORE).get(validatorKey(address));
    return bytes && Validator.decode(bytes);
  }

  /** @throws SdkError.unauthorized if the reward account may not receive coins: block processing could not pay it */
  set(ctx: Context, validator: Validator): void {
    const reward = ctx.addresses.parse(validator.rewardAddress, "reward_address");
    if (this.#bank.isBlocked(reward)) {
      throw SdkError.unauthorized(
        `reward_address: ${validator.rewardAddress} is a module account and may not receive`,
      );
    }
    ctx.store(STORE).set(validatorKey(consensusAddress(validator)), Validator.encode(validator));
  }

  *all(ctx: Context): IterableIterator<Validator> {
    const range = prefixRange(VALIDATOR_PREFIX);
    for (const [, value] of ctx.store(STORE).iterate(range)) yield Validator.decode(value);
  }

  allocate(ctx: Context, kind: ShareKind, coins: Coins, from: string): void {
    if (coins.length === 0) return;
    const receivers = kind === "compute" ? this.#proposer(ctx) : this.#signers(ctx);
    if (receivers.length === 0) {
      this.#bank.sendBetweenModules(ctx, from, this.#treasury, coins);
      return;
    }
    for (const [index, part] of shareCoins(
      coins,
      receivers.map(({ power }) => power),
    ).entries()) {
      if (part.length === 0) continue;
      const { address, validator } = receivers[index]!;
      this.#bank.sendFromModule(
        ctx,
        from,
        ctx.addresses.parse(validator.rewardAddress, "reward_address"),
        part,
      );
      ctx.events.emit("validator_share", { validator: toHex(address), kind, amount: formatCoins(part) });
    }
  }

  /** The proposer of this block, if genesis names it. */
  #proposer(ctx: Context): readonly Receiver[] {
    const address = ctx.block.proposerAddress;
    const validator = this.validator(ctx, address);
    return validator ? [{ address, validator, power: 1n }] : [];
  }

  /** Who signed the block before, by address; at the first block the proposer. */
  #signers(ctx: Context): readonly Receiver[] {
    const signed = ctx.block.lastCommit.votes.flatMap(({ validator, blockIdFlag }) => {
      const known = this.validator(ctx, validator.address);
      const counts = known && blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT && validator.power > 0n;
      return counts ? [{ address: validator.address, validator: known, power: validator.power }] : [];
    });
    if (signed.length === 0) return this.#proposer(ctx);
    return signed.sort((a, b) => (toHex(a.address) < toHex(b.address) ? -1 : 1));
  }

  /** Gas fees that wait in the fee collector go to those who signed. */
  shareGasFees(ctx: Context, collector: Address, name: string): void {
    this.allocate(ctx, "gas", this.#bank.balances(ctx, collector), name);
  }
}

interface Receiver {
  readonly address: Uint8Array;
  readonly validator: Validator;
  readonly power: bigint;
}

/** Splits each denomination by weight; the parts of each sum to it exactly. */
function shareCoins(coins: Coins, weights: readonly bigint[]): Coins[] {
  const parts = coins.map(({ denom, amount }) =>
    splitByWeight(amount, weights).map((part) => ({ denom, amount: part })),
  );
  return weights.map((_, index) => coinsOf(...parts.map((part) => part[index]!)));
}
