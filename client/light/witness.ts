/**
 * Comparing what was verified with other nodes. A light client that sees only one node can be shown a fork by
 * validators that sign two; an honest witness shows the other one.
 * Source: light/detector.go of CometBFT v0.40.
 */
import { bytesEqual } from "../../chain/runtime/bytes.ts";
import { type LightBlock, RpcError } from "../rpc/index.ts";
import { blockAt, type LightSource, verifySkipping } from "./bisect.ts";
import { type Divergence, LightError } from "./errors.ts";
import { headerHash } from "./hash.ts";
import type { VerifyOptions } from "./verify.ts";

function sameHeader(a: LightBlock, b: LightBlock): boolean {
  return bytesEqual(headerHash(a.header), headerHash(b.header));
}

/**
 * @param waitMs how long a witness that has not the height yet is waited for
 * @param trace the trusted block and those verified after it, in order; the last is to be confirmed
 * @throws LightError divergence, with both chains' blocks, if a witness proves another header; no_witness if there are
 * witnesses and none confirms
 */
export async function checkWitnesses(
  witnesses: readonly LightSource[],
  trace: readonly LightBlock[],
  options: VerifyOptions,
  waitMs: number,
): Promise<void> {
  const target = trace.at(-1);
  if (!target || witnesses.length === 0) return;
  const { height } = target.header;
  const reasons: string[] = [];
  let confirmed = 0;
  for (const witness of witnesses) {
    const reason = await examine(witness, trace, target, options, waitMs);
    if (reason === undefined) confirmed++;
    else reasons.push(`${witness.url}: ${reason}`);
  }
  if (confirmed === 0) {
    throw new LightError(
      "no_witness",
      `no witness confirms the header (${reasons.join("; ")}); add nodes that are up and in sync`,
      { height },
    );
  }
}

const POLL_MS = 200;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A witness may be a block behind the primary without being at fault. */
async function blockOnceThere(witness: LightSource, height: bigint, waitMs: number): Promise<LightBlock> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      return await blockAt(witness, height);
    } catch (error) {
      const notYet = error instanceof RpcError && error.code === "not_found";
      if (!notYet || Date.now() + POLL_MS > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}

/** @returns why the witness does not confirm, or undefined if it does */
async function examine(
  witness: LightSource,
  trace: readonly LightBlock[],
  target: LightBlock,
  options: VerifyOptions,
  waitMs: number,
): Promise<string | undefined> {
  let theirs: LightBlock;
  try {
    theirs = await blockOnceThere(witness, target.header.height, waitMs);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (sameHeader(theirs, target)) return undefined;
  const divergence = await prove(witness, theirs, trace, options);
  if (typeof divergence === "string") return divergence;
  throw new LightError(
    "divergence",
    `witness ${witness.url} proves another header; the two chains agree up to height ${divergence.commonHeight}. Trust neither until operators have explained it`,
    { height: target.header.height, divergence },
  );
}

/** Whether the witness's header follows from the trusted block as well; if not, why. */
async function prove(
  witness: LightSource,
  theirs: LightBlock,
  trace: readonly LightBlock[],
  options: VerifyOptions,
): Promise<Divergence | string> {
  let common = trace[0]!;
  let primary = trace.at(-1)!;
  let other = theirs;
  try {
    for (const block of trace.slice(1, -1)) {
      const at = await blockAt(witness, block.header.height);
      if (!sameHeader(at, block)) {
        primary = block;
        other = at;
        break;
      }
      common = block;
    }
    await verifySkipping(witness, common, other, options);
  } catch (error) {
    return `shows another header, but cannot prove it (${error instanceof Error ? error.message : String(error)})`;
  }
  return { commonHeight: common.header.height, primary, witness: other, witnessName: witness.url };
}
