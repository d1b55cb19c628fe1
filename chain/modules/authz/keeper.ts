/** Who may act for whom. The only code that touches the store `authz`. */
import { Grant, GrantQueueItem } from "../../../proto/gen/cosmos.authz.v1beta1.ts";
import type { Any, Timestamp } from "../../../proto/gen/google.protobuf.ts";
import type { Address } from "../../runtime/address.ts";
import { bytesEqual } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { dueRange, prefixRange } from "../../runtime/range.ts";
import type { DecodedMsg, Router } from "../../runtime/router.ts";
import { messageSigners } from "../../runtime/signers.ts";
import { compareTimes, isBefore } from "../../runtime/time.ts";
import { authorizationFromAny, GAS_PER_ENTRY } from "./authorizations.ts";
import { AuthzError } from "./errors.ts";
import { emitGrant, emitRevoke } from "./events.ts";
import { GRANT_PREFIX, grantKey, parsePair, parseQueueKey, QUEUE_PREFIX, queueKey, STORE } from "./keys.ts";

/**
 * Expired grants that one block removes at most, those of one pair and instant together: they are worth nothing from the
 * moment they expire, so nobody loses by their staying. The SDK has no such bound, and a block that stalls.
 */
const REMOVED_A_BLOCK = 500;

export interface StoredGrant {
  readonly granter: Address;
  readonly grantee: Address;
  readonly typeUrl: string;
  readonly grant: Grant;
}

export class AuthzKeeper {
  readonly #router: Router;

  constructor({ router }: { readonly router: Router }) {
    this.#router = router;
  }

  grant(ctx: Context, granter: Address, grantee: Address, typeUrl: string): Grant | undefined {
    const bytes = ctx.store(STORE).get(grantKey(granter, grantee, typeUrl));
    return bytes && Grant.decode(bytes);
  }

  /** Writes a grant in the place of one for the same messages. @throws AuthzError.invalidExpirationTime */
  save(
    ctx: Context,
    granter: Address,
    grantee: Address,
    authorization: Any,
    expiration: Timestamp | undefined,
  ): void {
    const { typeUrl } = authorizationFromAny(authorization, ctx.addresses);
    if (expiration && compareTimes(expiration, ctx.block.time) <= 0) {
      throw AuthzError.invalidExpirationTime(
        `grant.expiration: ${expiration.seconds} is not after the block's time, ${ctx.block.time.seconds}`,
      );
    }
    const old = this.grant(ctx, granter, grantee, typeUrl)?.expiration;
    const isSame = old && expiration && compareTimes(old, expiration) === 0;
    if (old && !isSame) this.#dequeue(ctx, granter, grantee, typeUrl, old);
    if (expiration && !isSame) this.#enqueue(ctx, granter, grantee, typeUrl, expiration);
    const grant = Grant.encode({ authorization, expiration });
    ctx.store(STORE).set(grantKey(granter, grantee, typeUrl), grant);
    emitGrant(ctx, typeUrl, granter, grantee);
  }

  /** @throws AuthzError.noAuthorizationFound */
  revoke(ctx: Context, granter: Address, grantee: Address, typeUrl: string): void {
    const grant = this.grant(ctx, granter, grantee, typeUrl);
    if (!grant) throw notFound(ctx, granter, grantee, typeUrl);
    if (grant.expiration) this.#dequeue(ctx, granter, grantee, typeUrl, grant.expiration);
    ctx.store(STORE).delete(grantKey(granter, grantee, typeUrl));
    emitRevoke(ctx, typeUrl, granter, grantee);
  }

  /**
   * Runs messages of others for `grantee`, who needs a grant of each one's signer but himself.
   * @returns their responses, encoded
   * @throws AuthzError, and what the messages throw
   */
  dispatch(ctx: Context, grantee: Address, msgs: readonly DecodedMsg[]): Uint8Array[] {
    return msgs.map((msg, index) => {
      const signers = messageSigners(msg.route.method.request, msg.value, ctx.addresses);
      const [granter] = signers;
      if (!granter || signers.length !== 1) {
        throw AuthzError.authorizationNumOfSigners(
          `msgs[${index}]: ${msg.typeUrl} has ${signers.length} signers; only messages of one can be run for another`,
        );
      }
      if (!bytesEqual(granter, grantee)) this.#use(ctx, granter, grantee, msg);
      const inner = ctx.branch();
      const { value } = this.#router.handle(inner.ctx, msg);
      inner.write((events) =>
        events.map(({ type, attributes }) => ({
          type,
          attributes: [...attributes, { key: "authz_msg_index", value: index.toString(), index: true }],
        })),
      );
      return value;
    });
  }

  #use(ctx: Context, granter: Address, grantee: Address, msg: DecodedMsg): void {
    const { typeUrl } = msg;
    const grant = this.grant(ctx, granter, grantee, typeUrl);
    if (!grant) throw notFound(ctx, granter, grantee, typeUrl);
    if (grant.expiration && isBefore(grant.expiration, ctx.block.time))
      throw AuthzError.authorizationExpired(
        `the grant for ${typeUrl} expired at ${grant.expiration.seconds}`,
      );
    const accepted = authorizationFromAny(grant.authorization, ctx.addresses).accept(ctx, msg);
    if (accepted === "keep") return;
    if (accepted === "delete") this.revoke(ctx, granter, grantee, typeUrl);
    else {
      const updated = Grant.encode({ ...grant, authorization: accepted.update });
      ctx.store(STORE).set(grantKey(granter, grantee, typeUrl), updated);
    }
  }

  #enqueue(ctx: Context, granter: Address, grantee: Address, typeUrl: string, expiration: Timestamp): void {
    const key = queueKey(expiration, granter, grantee);
    const queued = ctx.store(STORE).get(key);
    const msgTypeUrls = [...(queued ? GrantQueueItem.decode(queued).msgTypeUrls : []), typeUrl];
    ctx.store(STORE).set(key, GrantQueueItem.encode({ msgTypeUrls }));
  }

  #dequeue(ctx: Context, granter: Address, grantee: Address, typeUrl: string, expiration: Timestamp): void {
    const key = queueKey(expiration, granter, grantee);
    const queued = ctx.store(STORE).get(key);
    if (!queued) throw AuthzError.noGrantKeyFound(`no grant for ${typeUrl} expires at ${expiration.seconds}`);
    const msgTypeUrls = [...GrantQueueItem.decode(queued).msgTypeUrls];
    const at = msgTypeUrls.indexOf(typeUrl);
    ctx.gas.consume(GAS_PER_ENTRY * BigInt(at < 0 ? msgTypeUrls.length : at + 1), "grant queue");
    if (at < 0) return;
    // The last takes its place, as in the SDK: the order is state.
    const last = msgTypeUrls.pop()!;
    if (at < msgTypeUrls.length) msgTypeUrls[at] = last;
    ctx.store(STORE).set(key, GrantQueueItem.encode({ msgTypeUrls }));
  }

  /** Removes grants that have expired, the oldest first. Work is bounded. */
  removeExpired(ctx: Context): void {
    const store = ctx.store(STORE);
    let removed = 0;
    const done: Uint8Array[] = [];
    for (const [key, value] of store.iterate(dueRange(QUEUE_PREFIX, ctx.block.time))) {
      if (removed >= REMOVED_A_BLOCK) break;
      const { granter, grantee } = parseQueueKey(key);
      const { msgTypeUrls } = GrantQueueItem.decode(value);
      done.push(key, ...msgTypeUrls.map((typeUrl) => grantKey(granter, grantee, typeUrl)));
      removed += Math.max(msgTypeUrls.length, 1);
    }
    for (const key of done) store.delete(key);
  }

  /** All grants, in the order of their keys. Work is linear in them. */
  *grants(ctx: Context): IterableIterator<StoredGrant> {
    for (const [key, value] of ctx.store(STORE).iterate(prefixRange(GRANT_PREFIX))) {
      const { granter, grantee, rest } = parsePair(key);
      yield { granter, grantee, typeUrl: new TextDecoder().decode(rest), grant: Grant.decode(value) };
    }
  }

  /** How many grants wait in the queue of expiries. */
  queued(ctx: Context): number {
    let count = 0;
    for (const [, value] of ctx.store(STORE).iterate(prefixRange(QUEUE_PREFIX)))
      count += GrantQueueItem.decode(value).msgTypeUrls.length;
    return count;
  }
}

function notFound(ctx: Context, granter: Address, grantee: Address, typeUrl: string): Error {
  const [from, to] = [granter, grantee].map((address) => ctx.addresses.format(address));
  return AuthzError.noAuthorizationFound(`${from} granted ${to} nothing for ${typeUrl}`);
}
