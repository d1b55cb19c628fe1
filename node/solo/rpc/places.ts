/** Heights and pages that a call asks for, with CometBFT's words for those that are not there. Source: rpc/core/env.go of v0.40. */
import type { Block, BlockID } from "../../../proto/gen/tendermint.types.ts";
import { SoloError } from "../errors.ts";
import { MAX_QUERY_LENGTH, parseQuery, type Query } from "../query.ts";
import { internal } from "./fault.ts";
import type { RpcDeps } from "./methods.ts";
import type { Params } from "./params.ts";

const PER_PAGE = 30;
const MAX_PER_PAGE = 100;

/** The height asked for; default the newest. @param ahead how far over the newest block it may be. @throws RpcFault */
export function heightOf(params: Params, { engine, store }: RpcDeps, ahead = 0n): bigint {
  const latest = engine.height + ahead;
  const height = params.integer("height");
  if (height === undefined) return latest;
  if (height <= 0n) throw internal(`height must be greater than 0, but got ${height}`);
  if (height > latest)
    throw internal(`height ${height} must be less than or equal to the current blockchain height ${latest}`);
  if (height < store.first)
    throw internal(`height ${height} is not available, lowest height is ${store.first}`);
  return height;
}

export interface StoredBlock {
  readonly block: Block;
  readonly id: BlockID;
}

/** Undefined before the first block. */
export async function blockAt(height: bigint, { store }: RpcDeps): Promise<StoredBlock | undefined> {
  const [block, commit] = await Promise.all([store.block(height), store.commit(height)]);
  return block && commit && { block, id: commit.blockId };
}

export function perPageOf(asked: bigint | undefined): number {
  if (asked === undefined || asked < 1n) return PER_PAGE;
  return asked > MAX_PER_PAGE ? MAX_PER_PAGE : Number(asked);
}

/** Where the page asked for begins and ends, of `total`. @throws RpcFault */
export function pageOf(params: Params, total: number): { readonly from: number; readonly to: number } {
  const size = perPageOf(params.integer("per_page"));
  const pages = Math.max(1, Math.ceil(total / size));
  const page = params.integer("page") ?? 1n;
  if (page < 1n || page > pages) throw internal(`page should be within [1, ${pages}] range, given ${page}`);
  const from = (Number(page) - 1) * size;
  return { from, to: Math.min(total, from + size) };
}

/** @throws RpcFault */
export function queryOf(text: string, prefix = ""): Query {
  if (text.length > MAX_QUERY_LENGTH) throw internal("maximum query length exceeded");
  try {
    return parseQuery(text);
  } catch (error) {
    if (error instanceof SoloError) throw internal(`${prefix}${error.message}`);
    throw error;
  }
}

/** In the order asked for. @throws RpcFault */
export function ordered<T>(rising: readonly T[], order: string, fallback: "asc" | "desc"): readonly T[] {
  if (order !== "" && order !== "asc" && order !== "desc")
    throw internal("expected order_by to be either `asc` or `desc` or empty");
  return (order || fallback) === "desc" ? rising.toReversed() : rising;
}
