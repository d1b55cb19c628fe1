import t from "tap";
import type { CallName } from "../../abci/index.ts";
import { checkGrammar, type Recorded } from "./grammar.ts";

const short: Readonly<Record<string, CallName>> = {
  i: "info",
  I: "initChain",
  o: "offerSnapshot",
  a: "applySnapshotChunk",
  p: "prepareProposal",
  r: "processProposal",
  e: "extendVote",
  v: "verifyVoteExtension",
  f: "finalizeBlock",
  c: "commit",
  x: "checkTx",
  q: "query",
};
const calls = (letters: string): Recorded[] => [...letters].map((letter) => ({ call: short[letter]! }));

for (const [letters, what] of [
  ["iIfcfc", "a node that only follows"],
  ["iIprevvfc", "a proposer with vote extensions"],
  ["iIprfcprfc", "two heights in one round each"],
  ["iIprrprvefc", "several rounds at one height"],
  ["iIprf", "killed between FinalizeBlock and Commit"],
  ["iI", "killed after genesis"],
  ["ixIqxpxrqfxcx", "mempool and queries in between"],
  ["oaaoaaifcprfc", "state sync at the second attempt"],
  ["iIfciprfc", "a restart"],
  ["iIfciIfcfc", "a restart of an application that lost its state"],
  ["iIpriprfc", "a restart within a height"],
] as const) {
  t.test(`allowed: ${what}`, async (t) => t.strictSame(checkGrammar(calls(letters)).violations, []));
}

for (const [letters, what] of [
  ["Iifc", "genesis before the handshake"],
  ["iIIfc", "genesis twice"],
  ["iIc", "Commit without FinalizeBlock"],
  ["iIffc", "FinalizeBlock twice"],
  ["iIfcc", "Commit twice"],
  ["iIfIc", "genesis within a block"],
  ["iIfpc", "a proposal between FinalizeBlock and Commit"],
  ["iIoafc", "a snapshot after genesis"],
  ["oaofc", "a block after an offer without a chunk"],
  ["aifc", "a chunk without an offer"],
] as const) {
  t.test(`refused: ${what}`, async (t) => t.ok(checkGrammar(calls(letters)).violations.length > 0));
}

t.test("heights must follow one another, from what info answered", async (t) => {
  const run = (heights: readonly (bigint | undefined)[], letters: string): readonly string[] =>
    checkGrammar(
      [...letters].map((letter, at) => {
        const height = heights[at];
        return height === undefined ? { call: short[letter]! } : { call: short[letter]!, height };
      }),
    ).violations;
  t.strictSame(run([7n, 8n, undefined, 9n, 9n, undefined], "ifcpfc"), []);
  t.match(run([7n, 9n], "if"), ["session 0: finalizeBlock for height 9 after height 7 was committed"]);
  t.equal(run([7n, 8n, undefined, 8n], "ifcp").length, 1);
});

t.test("starts, replays and blocks are counted", async (t) => {
  const recording: Recorded[] = [
    { call: "info", height: 0n },
    { call: "initChain" },
    { call: "finalizeBlock", height: 1n },
    { call: "commit" },
    { call: "info", height: 0n },
    { call: "finalizeBlock", height: 1n },
    { call: "commit" },
  ];
  t.strictSame(checkGrammar(recording), { violations: [], sessions: 2, replays: 1, blocks: 2 });
});
