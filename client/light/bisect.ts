/** Verification over a distance, with as few blocks as the change of validators allows. */
import type { LightBlock } from "../rpc/types.ts";
import { LightError } from "./errors.ts";
import { type VerifyOptions, verifyForward } from "./verify.ts";

/** Who gives light blocks: an RpcClient, or a recording. Nothing it says is believed. */
export interface LightSource {
  readonly url: string;
  /** Absent height: the newest. */
  lightBlock(height?: bigint): Promise<LightBlock>;
}

/** Asks for one height, and takes no other. */
export async function blockAt(source: LightSource, height: bigint): Promise<LightBlock> {
  const block = await source.lightBlock(height);
  if (block.header.height !== height) {
    throw new LightError("height", `${source.url} answers with height ${block.header.height}`, { height });
  }
  return block;
}

/**
 * Verifies from `trusted` to `target`, halving the distance where too few trusted validators signed.
 * @returns all blocks verified on the way, in order, the last of them `target`
 */
export async function verifySkipping(
  source: LightSource,
  trusted: LightBlock,
  target: LightBlock,
  options: VerifyOptions,
): Promise<LightBlock[]> {
  const verified: LightBlock[] = [];
  const pending = [target];
  let base = trusted;
  for (let next = pending.at(-1); next; next = pending.at(-1)) {
    try {
      verifyForward(base, next, options);
    } catch (error) {
      if (!(error instanceof LightError) || error.code !== "untrusted_validators") throw error;
      pending.push(await blockAt(source, (base.header.height + next.header.height) / 2n));
      continue;
    }
    verified.push(next);
    base = next;
    pending.pop();
  }
  return verified;
}
