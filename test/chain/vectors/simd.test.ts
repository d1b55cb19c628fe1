/**
 * The Cosmos SDK's simd played these blocks (scripts/simd-vectors.ts): staking, slashing, evidence, distribution, mint, fees
 * in two coins, vesting delegators, and transactions that fail. Ours comes to the same in every digit, with invariants held
 * after every block. Make the file again with: node --import tsx scripts/simd-vectors.ts --write
 */
import { base64 } from "@scure/base";
import t from "tap";
import { RequestFinalizeBlock } from "../../../proto/gen/tendermint.abci.ts";
import { openOurs } from "./simd/chains.ts";
import { comparablePairs, digest, readableState, STORES } from "./simd/dump.ts";
import { codesOf, eventsDigest, readVectors, STATE_EVERY, updatesOf } from "./simd/vectors.ts";

// 13 s of CPU: more than the 30 s by default where the machine is busy.
t.setTimeout(300_000);

const { genesis, validators, blocks } = readVectors();

t.test(
  "the blocks of simd come to simd's balances, shares, rewards and tokens, to the last digit",
  async (t) => {
    const chain = await openOurs();
    t.teardown(() => chain.close());
    t.strictSame(updatesOf((await chain.init(genesis)).validators), validators, "validators of genesis");
    const codes = new Set<string>();
    let passed = 0;
    for (const { request, state, ...wanted } of blocks) {
      const block = RequestFinalizeBlock.decode(base64.decode(request));
      const response = await chain.finalize(block);
      await chain.commit();
      const stores: Record<string, string> = {};
      for (const store of STORES) stores[store] = digest(await comparablePairs(chain, store));
      const got = {
        codes: codesOf(response),
        updates: updatesOf(response.validatorUpdates),
        events: eventsDigest(response),
        stores,
      };
      if (!t.strictSame(got, wanted, `block ${block.height}`)) break;
      for (const code of wanted.codes) code === "" ? passed++ : codes.add(code);
      if (state) t.strictSame(await readableState(chain), state, `state after block ${block.height}`);
    }
    t.equal(blocks.length, 300);
    t.equal(blocks.filter(({ state }) => state).length, blocks.length / STATE_EVERY);
    t.ok(passed > 400, `${passed} transactions passed`);
    t.ok(codes.size >= 12, `refused with ${[...codes].sort().join(", ")}`);
  },
);

t.test("the play has what it is meant to have", (t) => {
  const last = JSON.stringify(blocks.at(-1)!.state);
  const all = blocks.map((block) => JSON.stringify(block.state ?? {})).join();
  t.match(last, /"tombstoned":true/, "a double sign");
  t.match(all, /"jailed":true/, "a jailed validator");
  t.match(all, /BOND_STATUS_UNBONDED/, "an unbonded validator");
  t.match(all, /"redelegation_entry":/, "a redelegation under way");
  t.match(all, /"fraction":/, "a slash in the middle of a period");
  t.match(all, /"denom":"photon","amount":"\d+\.\d+"/, "rewards in a second coin");
  t.ok(blocks.filter(({ updates }) => updates.some((update) => update.endsWith(" 0"))).length > 10);
  t.end();
});
