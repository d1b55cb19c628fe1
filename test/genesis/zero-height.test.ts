/** Consensus parameters of an export: those that the chain has, with heights that fit the chain to come. */
import t from "tap";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { exportDocument, makeGenesis, PRESETS } from "../../genesis/index.ts";
import { CHAIN_ID, TestChain, testValidator } from "../chain/chain.ts";

t.setTimeout(120_000);
const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());

const before = makeGenesis({ chainId: CHAIN_ID, time: "2026-01-31T12:00:00Z", preset: PRESETS.test });
const FIRST = 5n;

async function chainWith(extensions: boolean): Promise<TestChain> {
  const validators = [testValidator("v1"), testValidator("v2")];
  const chain = await TestChain.start({ engine, validators, initialHeight: FIRST, extensions });
  t.teardown(() => chain.close());
  for (let block = 0; block < 3; block++) await chain.block();
  return chain;
}

t.test("vote extensions that are on are on from the first block of the next chain", async (t) => {
  const chain = await chainWith(true);
  const goesOn = await exportDocument(chain.app, before, { height: 0n });
  t.equal(goesOn.initial_height, "8");
  t.equal(goesOn.consensus_params.abci.vote_extensions_enable_height, `${FIRST}`);
  const again = await exportDocument(chain.app, before, { height: 0n, zero: {} });
  t.equal(again.initial_height, "1");
  t.equal(again.consensus_params.abci.vote_extensions_enable_height, "1");
  // Whatever the file says that the chain started from.
  const { evidence } = before.consensus_params;
  const other = { ...before.consensus_params, evidence: { ...evidence, max_age_num_blocks: "7" } };
  const document = await exportDocument(chain.app, { ...before, consensus_params: other }, { height: 0n });
  t.equal(document.consensus_params.evidence.max_age_num_blocks, evidence.max_age_num_blocks);
});

t.test("those that are off stay off", async (t) => {
  const chain = await chainWith(false);
  const { consensus_params } = await exportDocument(chain.app, before, { height: 0n, zero: {} });
  t.equal(consensus_params.abci.vote_extensions_enable_height, "0");
});
