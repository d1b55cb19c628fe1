/** Who may pay fees with whose coins. The only code that touches the store `feegrant`. */
import { Grant } from "../../../proto/gen/cosmos.feegrant.v1beta1.ts";
import type { Any } from "../../../proto/gen/google.protobuf.ts";
import type { Address } from "../../runtime/address.ts";
import type { Coins } from "../../runtime/coins.ts";
import type { Context } from "../../runtime/context.ts";
import { SdkError } from "../../runtime/errors.ts";
import { dueRange, prefixRange } from "../../runtime/range.ts";
import { isBefore } from "../../runtime/time.ts";
import type { FeeAllowances } from "../../tx/fee.ts";
import type { AuthKeeper } from "../auth/index.ts";
import type { BankKeeper } from "../bank/index.ts";
import { allowanceFromAny } from "./allowances.ts";
import { ALLOWANCE_PREFIX, allowanceKey, QUEUE_PREFIX, queuedKey, queueKey, STORE } from "./keys.ts";

export interface FeegrantOptions {
  readonly auth: AuthKeeper;
  readonly bank: BankKeeper;
}

export class FeegrantKeeper implements FeeAllowances {
  readonly #auth: AuthKeeper;
  readonly #bank: BankKeeper;

  constructor({ auth, bank }: FeegrantOptions) {
    this.#auth = auth;
    this.#bank = bank;
  }

  find(ctx: Context, granter: Address, grantee: Address): Grant | undefined {
    const bytes = ctx.store(STORE).get(allowanceKey(granter, grantee));
    return bytes && Grant.decode(bytes);
  }

  /** @throws SdkError.notFound */
  get(ctx: Context, granter: Address, grantee: Address): Grant {
    const grant = this.find(ctx, granter, grantee);
    if (grant) return grant;
    const [from, to] = [granter, grantee].map((address) => ctx.addresses.format(address));
    throw SdkError.notFound(`fee-grant not found: ${from} does not pay fees for ${to}`);
  }

  /** @throws SdkError.invalidRequest, SdkError.unauthorized */
  grant(ctx: Context, granter: Address, grantee: Address, any: Any): void {
    if (this.find(ctx, granter, grantee))
      throw SdkError.invalidRequest("fee allowance already exists; revoke it first");
    if (!this.#auth.hasAccount(ctx, grantee)) {
      if (this.#bank.isBlocked(grantee))
        throw SdkError.unauthorized(
          `grantee: ${ctx.addresses.format(grantee)} is not allowed to receive funds`,
        );
      this.#auth.createAccount(ctx, grantee);
    }
    const { expiration } = allowanceFromAny(any);
    if (expiration) {
      if (isBefore(expiration, ctx.block.time))
        throw SdkError.invalidRequest(
          `allowance.expiration: ${expiration.seconds} is before the block's time, ${ctx.block.time.seconds}`,
        );
      ctx.store(STORE).set(queueKey(expiration, granter, grantee), new Uint8Array(0));
    }
    this.#set(ctx, granter, grantee, any);
    this.#emit(ctx, "set_feegrant", granter, grantee);
  }

  /** @throws SdkError.notFound */
  revoke(ctx: Context, granter: Address, grantee: Address): void {
    const { expiration } = allowanceFromAny(this.get(ctx, granter, grantee).allowance);
    const store = ctx.store(STORE);
    store.delete(allowanceKey(granter, grantee));
    // The SDK looks for the entry with granter and grantee changed over, and leaves it: a later allowance would end by it.
    if (expiration) store.delete(queueKey(expiration, granter, grantee));
    this.#emit(ctx, "revoke_feegrant", granter, grantee);
  }

  use(
    ctx: Context,
    granter: Address,
    grantee: Address,
    fee: Coins,
    { typeUrls }: { readonly typeUrls: readonly string[] },
  ): void {
    const grant = this.get(ctx, granter, grantee);
    const accepted = allowanceFromAny(grant.allowance).accept(ctx, fee, typeUrls);
    if (accepted === "delete") {
      this.revoke(ctx, granter, grantee);
      this.#emit(ctx, "use_feegrant", granter, grantee);
      return;
    }
    this.#emit(ctx, "use_feegrant", granter, grantee);
    this.#set(ctx, granter, grantee, accepted.update);
    this.#emit(ctx, "update_feegrant", granter, grantee);
  }

  /** Removes at most `limit` allowances that have ended, the oldest first. */
  removeExpired(ctx: Context, limit: number): void {
    const store = ctx.store(STORE);
    const ended: Uint8Array[] = [];
    for (const [key] of store.iterate(dueRange(QUEUE_PREFIX, ctx.block.time))) {
      if (ended.length === limit) break;
      ended.push(key);
    }
    for (const key of ended) {
      store.delete(key);
      store.delete(queuedKey(key));
    }
  }

  /** All allowances, in the order of their keys. Work is linear in them. */
  *grants(ctx: Context): IterableIterator<Grant> {
    for (const [, value] of ctx.store(STORE).iterate(prefixRange(ALLOWANCE_PREFIX)))
      yield Grant.decode(value);
  }

  /** Whether the allowance has its entry in the queue of ends. */
  isQueued(ctx: Context, { granter, grantee, allowance }: Grant): boolean {
    const { expiration } = allowanceFromAny(allowance);
    const [from, to] = [ctx.addresses.parse(granter), ctx.addresses.parse(grantee)];
    return expiration === undefined || ctx.store(STORE).has(queueKey(expiration, from, to));
  }

  /** Entries of the queue of ends. */
  queued(ctx: Context): number {
    return [...ctx.store(STORE).iterate(prefixRange(QUEUE_PREFIX))].length;
  }

  #set(ctx: Context, granter: Address, grantee: Address, allowance: Any): void {
    const grant = {
      granter: ctx.addresses.format(granter),
      grantee: ctx.addresses.format(grantee),
      allowance,
    };
    ctx.store(STORE).set(allowanceKey(granter, grantee), Grant.encode(grant));
  }

  #emit(ctx: Context, type: string, granter: Address, grantee: Address): void {
    ctx.events.emit(type, {
      granter: ctx.addresses.format(granter),
      grantee: ctx.addresses.format(grantee),
    });
  }
}
