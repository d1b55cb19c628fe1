/** What is known of validators' signing. The only code that touches the store `slashing`. */
import { Params, ValidatorSigningInfo } from "../../../proto/gen/cosmos.slashing.v1beta1.ts";
import { Any } from "../../../proto/gen/google.protobuf.ts";
import { u64FromBytes } from "../../runtime/bytes.ts";
import type { Context } from "../../runtime/context.ts";
import { prefixRange } from "../../runtime/range.ts";
import { bitsOf, CHUNK_BITS, emptyChunk, hasBit, withBit } from "./bitmap.ts";
import {
  addressIn,
  chunkIn,
  missedKey,
  missedPrefix,
  PARAMS_KEY,
  pubkeyKey,
  SIGNING_INFO_PREFIX,
  STORE,
  signingInfoKey,
} from "./keys.ts";
import { DEFAULT_PARAMS } from "./params.ts";

const CHUNK = BigInt(CHUNK_BITS);

export class SlashingState {
  params(ctx: Context): Params {
    const bytes = ctx.store(STORE).get(PARAMS_KEY);
    return bytes ? Params.decode(bytes) : DEFAULT_PARAMS;
  }

  setParams(ctx: Context, params: Params): void {
    ctx.store(STORE).set(PARAMS_KEY, Params.encode(params));
  }

  info(ctx: Context, consensus: Uint8Array): ValidatorSigningInfo | undefined {
    const bytes = ctx.store(STORE).get(signingInfoKey(consensus));
    return bytes && ValidatorSigningInfo.decode(bytes);
  }

  setInfo(ctx: Context, consensus: Uint8Array, info: ValidatorSigningInfo): void {
    ctx.store(STORE).set(signingInfoKey(consensus), ValidatorSigningInfo.encode(info));
  }

  *infos(ctx: Context): IterableIterator<readonly [consensus: Uint8Array, info: ValidatorSigningInfo]> {
    for (const [key, value] of ctx.store(STORE).iterate(prefixRange(SIGNING_INFO_PREFIX)))
      yield [addressIn(key), ValidatorSigningInfo.decode(value)];
  }

  /** Whether the block at `index` of the window was missed. */
  isMissed(ctx: Context, consensus: Uint8Array, index: bigint): boolean {
    const chunk = ctx.store(STORE).get(missedKey(consensus, index / CHUNK));
    return chunk !== undefined && hasBit(chunk, Number(index % CHUNK));
  }

  setMissed(ctx: Context, consensus: Uint8Array, index: bigint, missed: boolean): void {
    const key = missedKey(consensus, index / CHUNK);
    const chunk = ctx.store(STORE).get(key) ?? emptyChunk();
    ctx.store(STORE).set(key, withBit(chunk, Number(index % CHUNK), missed));
  }

  /** Indexes of the window that were missed, ascending. Work is linear in the window. */
  missed(ctx: Context, consensus: Uint8Array): readonly bigint[] {
    const chunks = [...ctx.store(STORE).iterate(prefixRange(missedPrefix(consensus)))];
    return chunks
      .flatMap(([key, chunk]) => bitsOf(chunk).map((bit) => u64FromBytes(chunkIn(key)) * CHUNK + BigInt(bit)))
      .sort((a, b) => (a < b ? -1 : 1));
  }

  clearMissed(ctx: Context, consensus: Uint8Array): void {
    const store = ctx.store(STORE);
    for (const [key] of [...store.iterate(prefixRange(missedPrefix(consensus)))]) store.delete(key);
  }

  hasPubkey(ctx: Context, consensus: Uint8Array): boolean {
    return ctx.store(STORE).has(pubkeyKey(consensus));
  }

  setPubkey(ctx: Context, consensus: Uint8Array, pubkey: Any): void {
    ctx.store(STORE).set(pubkeyKey(consensus), Any.encode(pubkey));
  }

  deletePubkey(ctx: Context, consensus: Uint8Array): void {
    ctx.store(STORE).delete(pubkeyKey(consensus));
  }
}
