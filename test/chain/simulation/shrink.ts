/** Makes a script that fails shorter, as long as it fails in the same way. */
import type { Script, ScriptBlock, ScriptTx } from "./script.ts";

export interface ShrinkOptions {
  /** Whether a script fails as the first did. */
  readonly fails: (script: Script) => Promise<boolean>;
  /** Ends the search early: what was found until then is the answer. */
  readonly enough: () => boolean;
}

/**
 * First blocks, in ever smaller pieces, then transactions, then what else blocks hold, then messages; and once more from the
 * start. Each try runs the script anew. Source: the ddmin algorithm (Zeller and Hildebrandt, 2002).
 */
export async function shrink(script: Script, options: ShrinkOptions): Promise<Script> {
  let best = script;
  for (let size = Number.POSITIVE_INFINITY; sizeOf(best) < size && !options.enough(); ) {
    size = sizeOf(best);
    best = await without(best, options, best.blocks.length, withoutBlocks);
    best = await without(best, options, txCount(best), withoutTxs);
    best = await without(best, options, best.blocks.length, withoutMishaps);
    best = await withoutMessages(best, options);
  }
  return best;
}

const txCount = ({ blocks }: Script): number => blocks.reduce((sum, { txs }) => sum + txs.length, 0);

function sizeOf({ blocks }: Script): number {
  const mishaps = (block: ScriptBlock) =>
    block.absent.length +
    block.cheats.length +
    Object.keys(block.words ?? {}).length +
    Number(block.restart) +
    Number(block.propose) +
    Number(block.exported);
  const messages = ({ messages: { length } }: ScriptTx) => 1 + length;
  return blocks.reduce(
    (sum, block) => sum + 1 + mishaps(block) + block.txs.reduce((of, tx) => of + messages(tx), 0),
    0,
  );
}

/** Leaves out `count` things in pieces of half, a quarter, ... and one. */
async function without(
  script: Script,
  { fails, enough }: ShrinkOptions,
  count: number,
  leaveOut: (script: Script, from: number, to: number) => Script,
): Promise<Script> {
  let best = script;
  let left = count;
  for (let piece = Math.ceil(count / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2)) {
    // From the end: what comes late is needed least often.
    for (let to = left; to > 0 && !enough(); ) {
      const from = Math.max(0, to - piece);
      const tried = leaveOut(best, from, to);
      if (sizeOf(tried) < sizeOf(best) && (await fails(tried))) {
        left -= leaveOut === withoutMishaps ? 0 : to - from;
        best = tried;
      }
      to = from;
    }
  }
  return best;
}

/** Time goes on as it did: the next block comes so much later. */
function withoutBlocks(script: Script, from: number, to: number): Script {
  const gone = script.blocks.slice(from, to).reduce((sum, { seconds }) => sum + seconds, 0);
  const [next, ...rest] = script.blocks.slice(to);
  const after = next === undefined ? [] : [{ ...next, seconds: next.seconds + gone }, ...rest];
  return { ...script, blocks: [...script.blocks.slice(0, from), ...after] };
}

function withoutTxs(script: Script, from: number, to: number): Script {
  let index = -1;
  const kept = () => {
    index += 1;
    return index < from || index >= to;
  };
  return { ...script, blocks: script.blocks.map((block) => ({ ...block, txs: block.txs.filter(kept) })) };
}

/** Nobody is absent, cheats, says anything or starts again, and nothing is exported. */
function withoutMishaps(script: Script, from: number, to: number): Script {
  const calm = { absent: [], cheats: [], words: {}, restart: false, propose: false, exported: false };
  const blocks = script.blocks.map((block, index) =>
    index < from || index >= to ? block : { ...block, ...calm },
  );
  return { ...script, blocks };
}

/** Leaves out single messages of transactions that have several. */
async function withoutMessages(script: Script, { fails, enough }: ShrinkOptions): Promise<Script> {
  let best = script;
  for (const [at, { txs }] of script.blocks.entries()) {
    for (const index of txs.keys()) {
      const { length } = txs[index]!.messages;
      for (let message = length - 1; length > 1 && message >= 0 && !enough(); message--) {
        const tried = changeTx(best, at, index, (tx) => ({
          ...tx,
          messages: tx.messages.filter((_, place) => place !== message),
        }));
        if (tried.blocks[at]!.txs[index]!.messages.length > 0 && (await fails(tried))) best = tried;
      }
    }
  }
  return best;
}

function changeTx(script: Script, at: number, index: number, change: (tx: ScriptTx) => ScriptTx): Script {
  const blocks = script.blocks.map((block, each) =>
    each === at
      ? { ...block, txs: block.txs.map((tx, place) => (place === index ? change(tx) : tx)) }
      : block,
  );
  return { ...script, blocks };
}
