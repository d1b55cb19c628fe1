/**
 * Plays the same blocks on the Cosmos SDK's simd and on ours, both driven over ABCI, and compares all that they hold:
 *   node --import tsx scripts/simd-vectors.ts [--seed 1] [--blocks 300] [--write]
 * Every block: codes, validator updates, events, and every key and value of bank, staking, distribution, slashing and mint.
 * Every tenth: what clients are told by queries. --write keeps what simd answered as test/vectors/simd-play.json.gz, which
 * test/chain/vectors/simd.test.ts plays without Go. Needs Go once (bench/peers/simd is built into the cache), or SIMD_BIN.
 * Exit code 1 if anything differs, with the first differences on standard output.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { base64 } from "@scure/base";
import type { ResponseFinalizeBlock } from "../proto/gen/tendermint.abci.ts";
import { RequestFinalizeBlock } from "../proto/gen/tendermint.abci.ts";
import { openOurs } from "../test/chain/vectors/simd/chains.ts";
import {
  comparablePairs,
  difference,
  digest,
  readableState,
  STORES,
} from "../test/chain/vectors/simd/dump.ts";
import { commonGenesis } from "../test/chain/vectors/simd/genesis.ts";
import { openPeer } from "../test/chain/vectors/simd/peer.ts";
import { Play } from "../test/chain/vectors/simd/play.ts";
import {
  codesOf,
  eventLines,
  eventsDigest,
  type PlayedBlock,
  STATE_EVERY,
  updatesOf,
  VECTORS,
  type Vectors,
} from "../test/chain/vectors/simd/vectors.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    blocks: { type: "string", default: "300" },
    write: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
const last = Number(values.blocks);

/** Differences to show before giving up. */
const ENOUGH = 30;
const differences: string[] = [];
const compared = { pairs: 0, answers: 0, events: 0, txs: 0 };
const outcomes = new Map<string, number>();

function compare(what: string, ours: unknown, theirs: unknown): void {
  const [a, b] = [JSON.stringify(ours), JSON.stringify(theirs)];
  if (a !== b) differences.push(`${what}\n  ours   ${a}\n  theirs ${b}`);
}

function count(results: ResponseFinalizeBlock["txResults"]): void {
  for (const { code, codespace } of results) {
    const name = code === 0 ? "passed" : `${codespace} ${code}`;
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    compared.txs++;
  }
}

const theirs = await openPeer();
const ours = await openOurs();
const blocks: PlayedBlock[] = [];
try {
  const genesis = await commonGenesis();
  const named = await theirs.init(genesis);
  compare(
    "validators of genesis",
    updatesOf((await ours.init(genesis)).validators),
    updatesOf(named.validators),
  );
  const play = new Play(seed, theirs, named.validators);
  for (let height = 1; height <= last && differences.length < ENOUGH; height++) {
    const request = await play.next();
    const [a, b] = [await ours.finalize(request), await theirs.finalize(request)];
    await ours.commit();
    await theirs.commit();
    play.done(b);
    count(b.txResults);
    compare(`${height}: codes`, codesOf(a), codesOf(b));
    compare(`${height}: validator updates`, updatesOf(a.validatorUpdates), updatesOf(b.validatorUpdates));
    const [told, wanted] = [eventLines(a), eventLines(b)];
    compared.events += wanted.length;
    for (let at = 0; at < Math.max(told.length, wanted.length); at++)
      if (told[at] !== wanted[at]) {
        compare(`${height}: event ${at}`, told[at], wanted[at]);
        break;
      }
    const digests: Record<string, string> = {};
    for (const store of STORES) {
      const pairs = await comparablePairs(theirs, store);
      compared.pairs += pairs.length;
      digests[store] = digest(pairs);
      for (const line of difference(await comparablePairs(ours, store), pairs))
        differences.push(`${height}: ${store} ${line}`);
    }
    const block: PlayedBlock = {
      request: base64.encode(RequestFinalizeBlock.encode(request)),
      codes: codesOf(b),
      updates: updatesOf(b.validatorUpdates),
      events: eventsDigest(b),
      stores: digests,
    };
    if (height % STATE_EVERY !== 0) {
      blocks.push(block);
      continue;
    }
    const [mine, state] = [await readableState(ours), await readableState(theirs)];
    compared.answers += Object.keys(state).length;
    for (const name of new Set([...Object.keys(mine), ...Object.keys(state)]))
      compare(`${height}: ${name}`, mine[name], state[name]);
    blocks.push({ ...block, state });
  }
  if (values.write && differences.length === 0) {
    const vectors: Vectors = {
      origin:
        "Cosmos SDK v0.55.0 (bench/peers/simd), driven over ABCI by scripts/simd-vectors.ts; what it answered, not what we did",
      seed,
      genesis,
      validators: updatesOf(named.validators),
      blocks,
    };
    writeFileSync(VECTORS, gzipSync(JSON.stringify(vectors), { level: 9 }));
  }
} finally {
  await ours.close();
  await theirs.close();
}

for (const difference of differences.slice(0, ENOUGH)) console.log(difference);
for (const [name, times] of [...outcomes].sort((a, b) => b[1] - a[1])) console.log(`${times} × ${name}`);
console.log(
  `seed ${seed}: ${last} blocks, ${compared.txs} transactions, ${compared.pairs} pairs, ${compared.events} events and ` +
    `${compared.answers} answers compared; ${differences.length} differences`,
);
process.exitCode = differences.length === 0 ? 0 : 1;
