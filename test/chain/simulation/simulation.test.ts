/**
 * The whole chain under operations by chance, in CI's short form. SIM_SEEDS, SIM_BLOCKS, SIM_TXS and SIM_FIRST make it longer;
 * scripts/simulate.ts runs the long form in several processes. What is held: see simulate.ts.
 */
import t from "tap";
import { pack } from "../../../client/index.ts";
import { MsgMultiSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { DENOM, testSigner } from "../chain.ts";
import { OPERATIONS } from "./operations/index.ts";
import { type Script, type ScriptTx, scriptFromText, scriptToText } from "./script.ts";
import { runSeed, shortened, startEngines } from "./seeds.ts";
import { shrink } from "./shrink.ts";
import { replay, simulate } from "./simulate.ts";

t.setTimeout(3_600_000);
const number = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise);
const SEEDS = number("SIM_SEEDS", 20);
const BLOCKS = number("SIM_BLOCKS", 50);
const TXS = number("SIM_TXS", 3);
const FIRST = number("SIM_FIRST", 1);
/** What a failure may take to be made shorter. */
const SHRINK_MS = 120_000;

const address = testSigner("ann").address;
/** A payment to several that does not add up, under a wrong name. */
const WRONG: ScriptTx = {
  does: ["fund-community-pool"],
  by: ["ann"],
  messages: [
    pack(MsgMultiSend, {
      inputs: [{ address, coins: [{ denom: DENOM, amount: "2" }] }],
      outputs: [{ address, coins: [{ denom: DENOM, amount: "1" }] }],
    }),
  ],
  fee: 1_000_000_000n,
  gas: 3_000_000n,
  seen: false,
};

const { engines, stop } = await startEngines();
t.teardown(stop);

t.test(
  "nothing that users, validators and votes do by chance breaks the chain, nor makes nodes differ",
  async (t) => {
    const ends = new Map<string, Map<string, number>>();
    const events = new Map<string, number>();
    const add = (to: Map<string, number>, more: ReadonlyMap<string, number>) => {
      for (const [name, count] of more) to.set(name, (to.get(name) ?? 0) + count);
    };
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const { report, text } = await runSeed({ engines, seed, blocks: BLOCKS, perBlock: TXS }, SHRINK_MS);
      t.comment(text.split("\n")[0]!);
      if (report.failure) return t.fail(text);
      for (const [name, counts] of report.ends) {
        const sum = ends.get(name) ?? new Map<string, number>();
        add(sum, counts);
        ends.set(name, sum);
      }
      add(events, report.events);
    }
    // A shorter run need not come across everything.
    if (SEEDS * BLOCKS < 1_000) return;
    for (const { name } of OPERATIONS) {
      const counts = ends.get(name) ?? new Map<string, number>();
      t.comment(`${name}: ${[...counts].map(([end, count]) => `${end} × ${count}`).join(", ")}`);
      t.ok((counts.get("ok") ?? 0) > 0, `${name} comes off at least once`);
    }
    for (const type of ["slash", "active_proposal", "inactive_proposal", "complete_unbonding"])
      t.ok((events.get(type) ?? 0) > 0, `${type} happens at least once`);
  },
);

t.test("a seed makes the same chain each time, and so does the script that is written of it", async (t) => {
  const options = { engines, seed: 7, blocks: 12, perBlock: 3 };
  const [first, second] = [await simulate(options), await simulate(options)];
  t.equal(first.failure, undefined);
  t.strictSame(second.appHash, first.appHash);
  const again = await replay(scriptFromText(scriptToText(first.script)), engines);
  t.equal(again.failure, undefined);
  t.strictSame(again.appHash, first.appHash);
  t.notSame((await simulate({ ...options, seed: 8 })).appHash, first.appHash, "another seed makes another");
});

t.test("a script is made as short as what is looked for allows", async (t) => {
  const { script } = await simulate({ engines, seed: 9, blocks: 10, perBlock: 4 });
  const wanted = script.blocks.flatMap(({ txs }) => txs)[5]!;
  const holds = ({ blocks }: Script) =>
    blocks.some(({ txs }) => txs.some((tx) => tx.fee === wanted.fee && tx.by[0] === wanted.by[0]));
  const short = await shrink(script, { fails: async (tried) => holds(tried), enough: () => false });
  t.equal(short.blocks.length, 1);
  const [block] = short.blocks;
  t.match(block, { absent: [], cheats: [], restart: false, propose: false, exported: false });
  t.equal(block!.txs.length, 1);
  t.equal(block!.txs[0]!.messages.length, 1);
});

t.test(
  "what a transaction may not end with is a failure, and its script shrinks to that transaction",
  async (t) => {
    const { script } = await simulate({ engines, seed: 10, blocks: 6, perBlock: 3 });
    // To send what nobody has is refused as it should be; that this operation is called another's is what is wrong.
    const blocks = script.blocks.map((block, index) =>
      index === 4 ? { ...block, propose: false, txs: [WRONG, ...block.txs] } : block,
    );
    const { failure, script: failing } = await replay({ ...script, blocks }, engines);
    t.match(failure, { kind: "refusal", text: /^fund-community-pool ends with bank 4/ });
    const short = await shortened(failing, failure!, engines, 60_000);
    t.strictSame(
      short.blocks.flatMap(({ txs }) => txs.flatMap(({ does }) => does)),
      ["fund-community-pool"],
    );
    t.equal(short.blocks.length, 2, "the first block has no accounts yet");
  },
);
