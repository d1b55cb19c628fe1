import t from "tap";
import { AppFault } from "../../../chain/app-options.ts";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { RequestFinalizeBlock } from "../../../proto/gen/tendermint.abci.ts";
import { TestChain } from "../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());

function request(height: bigint, hash = 1) {
  return RequestFinalizeBlock.create({
    height,
    time: { seconds: 1_700_000_100n, nanos: 0 },
    hash: new Uint8Array(32).fill(hash),
    decidedLastCommit: { round: 0, votes: [] },
  });
}

t.test("a chain whose first height is 100 begins there and goes on after a restart", async (t) => {
  const chain = await TestChain.start({ engine, initialHeight: 100n });
  t.teardown(() => chain.close());
  await chain.block();
  t.equal(chain.app.info().lastBlockHeight, 100n);
  await chain.block();
  await chain.reopen();
  t.equal(chain.app.info().lastBlockHeight, 101n);
  await chain.block();
  t.equal(chain.app.info().lastBlockHeight, 102n);
});

t.test("a block is refused unless it is the next", async (t) => {
  const chain = await TestChain.start({ engine, initialHeight: 100n });
  t.teardown(() => chain.close());
  for (const height of [0n, 1n, 99n, 101n])
    await t.rejects(chain.app.finalizeBlock(request(height)), AppFault);
  await chain.block();
  for (const height of [1n, 100n, 102n]) await t.rejects(chain.app.finalizeBlock(request(height)), AppFault);
  await chain.reopen();
  for (const height of [1n, 100n, 102n]) await t.rejects(chain.app.finalizeBlock(request(height)), AppFault);
});

t.test("a block asked for again before its commit is answered alike, and not executed twice", async (t) => {
  const chain = await TestChain.start({ engine });
  t.teardown(() => chain.close());
  await chain.block();
  const first = await chain.app.finalizeBlock(request(2n));
  t.strictSame(await chain.app.finalizeBlock(request(2n)), first);
  await t.rejects(chain.app.finalizeBlock(request(2n, 9)), AppFault, "another block of the height");
  await t.rejects(chain.app.finalizeBlock(request(3n)), AppFault, "the one after it");
  await chain.app.commit();
  t.strictSame(chain.app.info().lastBlockAppHash, first.appHash);
});
