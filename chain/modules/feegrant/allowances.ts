/**
 * What an account may spend of another's coins for fees: up to a limit, up to a limit a period, for some messages only.
 * Source: x/feegrant/{basic,periodic,filtered}_fee.go of the Cosmos SDK v0.53.
 */
import type { MessageType } from "../../../proto/codec.ts";
import {
  AllowedMsgAllowance,
  BasicAllowance,
  PeriodicAllowance,
} from "../../../proto/gen/cosmos.feegrant.v1beta1.ts";
import type { Any, Timestamp } from "../../../proto/gen/google.protobuf.ts";
import { durationNanos } from "../../../proto/text.ts";
import { type Coins, coinsFromProto, coinsToProto, subtractCoins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { decodeStrictly } from "../../runtime/decode.ts";
import { SdkError } from "../../runtime/errors.ts";
import { addDuration, assertTime, compareTimes, isBefore, MAX_DURATION_NANOS } from "../../runtime/time.ts";
import { FeegrantError } from "./errors.ts";

/** Of going through one entry of a list. Source: gasCostPerIteration of the SDK. */
const GAS_PER_ENTRY = 10n;
/** Allowances within allowances. Source: the SDK unpacks an Any within Anys 10 deep. */
const MAX_DEPTH = 10;

/** What becomes of an allowance that was used: it is used up, or this is left of it. */
export type Accepted = "delete" | { readonly update: Any };

export interface Allowance {
  readonly expiration: Timestamp | undefined;
  /** Whether one may be granted so: what is left of one may look different. @throws ChainError naming the field */
  assertNew(): void;
  /** @throws FeegrantError, if the fee of a transaction with messages of these types is not covered */
  accept(ctx: Context, fee: Coins, typeUrls: readonly string[]): Accepted;
}

export const ALLOWANCE_TYPES = [BasicAllowance, PeriodicAllowance, AllowedMsgAllowance] as const;

/** Reads an allowance, strictly. @throws FeegrantError.noAllowance, SdkError.txDecode, SdkError.invalidCoins */
export function allowanceFromAny(any: Any | undefined, depth = 1): Allowance {
  if (depth > MAX_DEPTH)
    throw SdkError.invalidRequest(`allowance: allowances within allowances more than ${MAX_DEPTH} deep`);
  switch (any?.typeUrl) {
    case BasicAllowance.typeUrl:
      return basic(decodeStrictly(BasicAllowance, any.value, "allowance"));
    case PeriodicAllowance.typeUrl:
      return periodic(decodeStrictly(PeriodicAllowance, any.value, "allowance"));
    case AllowedMsgAllowance.typeUrl:
      return filtered(decodeStrictly(AllowedMsgAllowance, any.value, "allowance"), depth);
    default: {
      const known = ALLOWANCE_TYPES.map(({ typeUrl }) => typeUrl).join(", ");
      const given = any === undefined ? "is missing" : `${any.typeUrl.slice(0, 200)} is no allowance`;
      throw FeegrantError.noAllowance(`allowance: ${given}; there are ${known}`);
    }
  }
}

function packed<T>(type: MessageType<T>, value: T): { readonly update: Any } {
  return { update: { typeUrl: type.typeUrl, value: type.encode(value) } };
}

function assertExpiration(expiration: Timestamp | undefined): void {
  if (!expiration) return;
  assertTime(expiration, "allowance.expiration");
  if (expiration.seconds < 0n)
    throw FeegrantError.invalidDuration(`allowance.expiration: ${expiration.seconds} is negative`);
}

function assertNotExpired(ctx: Context, expiration: Timestamp | undefined): void {
  if (expiration && isBefore(expiration, ctx.block.time))
    throw FeegrantError.feeLimitExpired(`the fee allowance expired at ${expiration.seconds}`);
}

/** @throws FeegrantError.feeLimitExceeded */
function spend(limit: Coins, fee: Coins, what: string): Coins {
  const left = subtractCoins(limit, fee);
  if (!left) throw FeegrantError.feeLimitExceeded(`the fee is more than is left of the ${what}`);
  return left;
}

/** A limit of no coins is none: the fee may be anything. */
function basic(grant: BasicAllowance): Allowance {
  const limit = coinsFromProto(grant.spendLimit, "allowance.spend_limit");
  const { expiration } = grant;
  return {
    expiration,
    assertNew: () => assertExpiration(expiration),
    accept: (ctx, fee) => {
      assertNotExpired(ctx, expiration);
      if (limit.length === 0) return packed(BasicAllowance, grant);
      const left = spend(limit, fee, "allowance");
      if (left.length === 0) return "delete";
      return packed(BasicAllowance, { ...grant, spendLimit: coinsToProto(left) });
    },
  };
}

function periodic(grant: PeriodicAllowance): Allowance {
  const { basic: whole, period } = grant;
  const { expiration } = whole;
  const limit = coinsFromProto(whole.spendLimit, "allowance.basic.spend_limit");
  const perPeriod = coinsFromProto(grant.periodSpendLimit, "allowance.period_spend_limit");
  const canSpend = coinsFromProto(grant.periodCanSpend, "allowance.period_can_spend");

  /** What may be spent now, and when that is counted anew. */
  const current = (now: Timestamp): { readonly left: Coins; readonly reset: Timestamp } => {
    if (isBefore(now, grant.periodReset)) return { left: canSpend, reset: grant.periodReset };
    const isShort = limit.length > 0 && subtractCoins(limit, perPeriod) === undefined;
    // Whoever spends in every period keeps its rhythm; after a rest of more than a period, a new one begins now.
    const next = addDuration(grant.periodReset, period);
    const reset = compareTimes(now, next) > 0 ? addDuration(now, period) : next;
    assertTime(reset, "allowance.period_reset");
    return { left: isShort ? limit : perPeriod, reset };
  };

  return {
    expiration,
    assertNew: () => {
      assertExpiration(expiration);
      assertTime(grant.periodReset, "allowance.period_reset");
      if (perPeriod.length === 0)
        throw SdkError.invalidCoins("allowance.period_spend_limit: no coins are given");
      if (limit.length > 0 && perPeriod.some(({ denom }) => !limit.some((coin) => coin.denom === denom))) {
        throw SdkError.invalidCoins(
          "allowance.period_spend_limit: has denominations that basic.spend_limit has not",
        );
      }
      if (durationNanos(period) < 0n || durationNanos(period) > MAX_DURATION_NANOS)
        throw FeegrantError.invalidDuration(
          `allowance.period: ${period.seconds}s is not from 0s to ${MAX_DURATION_NANOS} nanoseconds`,
        );
    },
    accept: (ctx, fee) => {
      assertNotExpired(ctx, expiration);
      const { left, reset } = current(ctx.block.time);
      const rest = spend(left, fee, "period's allowance");
      const update = { ...grant, periodCanSpend: coinsToProto(rest), periodReset: reset };
      if (limit.length === 0) return packed(PeriodicAllowance, update);
      const all = spend(limit, fee, "allowance");
      if (all.length === 0) return "delete";
      return packed(PeriodicAllowance, { ...update, basic: { ...whole, spendLimit: coinsToProto(all) } });
    },
  };
}

function filtered(grant: AllowedMsgAllowance, depth: number): Allowance {
  const inner = allowanceFromAny(grant.allowance, depth + 1);
  const { allowedMessages } = grant;
  return {
    expiration: inner.expiration,
    assertNew: () => {
      if (allowedMessages.length === 0)
        throw FeegrantError.noMessages("allowance.allowed_messages: is empty; name types of messages");
      inner.assertNew();
    },
    accept: (ctx, fee, typeUrls) => {
      ctx.gas.consume(GAS_PER_ENTRY * BigInt(allowedMessages.length), "check msg");
      const allowed = new Set(allowedMessages);
      for (const typeUrl of typeUrls) {
        ctx.gas.consume(GAS_PER_ENTRY, "check msg");
        if (!allowed.has(typeUrl))
          throw FeegrantError.messageNotAllowed(`the fee allowance is not for messages of type ${typeUrl}`);
      }
      const accepted = inner.accept(ctx, fee, typeUrls);
      if (accepted === "delete") return accepted;
      return packed(AllowedMsgAllowance, { ...grant, allowance: accepted.update });
    },
  };
}
