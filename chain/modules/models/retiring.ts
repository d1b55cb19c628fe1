/** Files of retired models: they stay while open jobs run in them, and then go piece by piece (ADR-0163). */
import { u64FromBytes } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { prefixRange } from "../../runtime/range.ts";
import { dropFile, hasChunks } from "./files.ts";
import { RETIRING_PREFIX, retiringKey, STORE } from "./keys.ts";
import { MAX_EXPIRED_CHUNKS_PER_BLOCK, MAX_RETIRING_PER_BLOCK } from "./params.ts";

/** Keeps the file of a model that is retired until nobody holds it. */
export function keepFile(ctx: Context, id: bigint): void {
  ctx.store(STORE).set(retiringKey(id), Uint8Array.of(1));
}

export function isKept(ctx: Context, id: bigint): boolean {
  return ctx.store(STORE).has(retiringKey(id));
}

/** Lets the files go that no job holds any more, a bounded part of them a block. */
export function dropRetired(ctx: Context, isHeld: (ctx: Context, id: bigint) => boolean): void {
  const ids: bigint[] = [];
  for (const [key] of ctx.store(STORE).iterate(prefixRange(RETIRING_PREFIX))) {
    ids.push(u64FromBytes(key.subarray(1)));
    // Who is held keeps its place, as jobs end: no more are posted.
    if (ids.length === MAX_RETIRING_PER_BLOCK) break;
  }
  let chunks = MAX_EXPIRED_CHUNKS_PER_BLOCK;
  for (const id of ids) {
    if (isHeld(ctx, id)) continue;
    chunks -= dropFile(ctx, id, chunks);
    if (chunks === 0 && hasChunks(ctx, id)) return;
    ctx.store(STORE).delete(retiringKey(id));
  }
}
