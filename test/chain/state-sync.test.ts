import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { openApp } from "../../chain/open.ts";
import { Query as BankQuery, MsgSend } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import * as abci from "../../proto/gen/tendermint.abci.ts";
import { CHAIN_ID, DENOM, FUNDS, TestChain, testSigner } from "./chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());

const { ResponseOfferSnapshot_Result: Offer, ResponseApplySnapshotChunk_Result: Apply } = abci;

t.test(
  "a node starts from another's snapshot, blobs and all, and goes on with the same app hash",
  async (t) => {
    const chain = await TestChain.start({ engine, snapshots: { interval: 2n } });
    t.teardown(() => chain.close());
    await chain.block();
    const [alice, bob] = [testSigner("alice").address, testSigner("bob").address];
    await chain.run("alice", MsgSend, {
      fromAddress: alice,
      toAddress: bob,
      amount: [{ denom: DENOM, amount: "9" }],
    });
    await chain.settle();
    const { snapshots } = await chain.app.listSnapshots();
    t.equal(snapshots.length, 1);
    const [snapshot] = snapshots;
    const appHash = chain.appHashes.at(-1)!;

    const folder = mkdtempSync(join(tmpdir(), "opg-sync-"));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const log = { info: () => undefined, warn: () => undefined };
    const { app, close } = await openApp(
      { chainId: CHAIN_ID, version: "test", path: join(folder, "db"), checkInvariants: true },
      { engine, log },
    );
    t.teardown(close);
    const wrong = { ...snapshot!, format: 99 };
    t.equal((await app.offerSnapshot({ snapshot: wrong, appHash })).result, Offer.REJECT_FORMAT);
    t.equal((await app.offerSnapshot({ snapshot: snapshot!, appHash })).result, Offer.ACCEPT);
    for (let index = 0; index < snapshot!.chunks; index++) {
      const { chunk } = await chain.app.loadSnapshotChunk({
        height: snapshot!.height,
        format: snapshot!.format,
        chunk: index,
      });
      const damaged = chunk.slice();
      damaged[0]! ^= 1;
      const refused = await app.applySnapshotChunk({ index, chunk: damaged, sender: "liar" });
      t.equal(refused.result, Apply.RETRY);
      t.strictSame(refused.rejectSenders, ["liar"]);
      t.equal((await app.applySnapshotChunk({ index, chunk, sender: "peer" })).result, Apply.ACCEPT);
    }
    t.equal(app.info().lastBlockHeight, 2n);
    t.strictSame(app.info().lastBlockAppHash, appHash);
    t.strictSame(app.brokenInvariants(), [], "the files of models came along");
    const data = BankQuery.methods.Balance.request.encode({ address: bob, denom: DENOM });
    const answer = await app.query(abci.RequestQuery.create({ path: BankQuery.methods.Balance.path, data }));
    t.equal(BankQuery.methods.Balance.response.decode(answer.value).balance?.amount, `${FUNDS + 9n}`);
    t.equal(
      (await app.offerSnapshot({ snapshot: snapshot!, appHash })).result,
      Offer.ABORT,
      "a node with state takes none",
    );
  },
);

t.test("a snapshot of another app hash is refused at its end, and the node is empty again", async (t) => {
  const chain = await TestChain.start({ engine, snapshots: { interval: 1n } });
  t.teardown(() => chain.close());
  await chain.block();
  await chain.settle();
  const [snapshot] = (await chain.app.listSnapshots()).snapshots;
  const folder = mkdtempSync(join(tmpdir(), "opg-sync-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const log = { info: () => undefined, warn: () => undefined };
  const { app, close } = await openApp(
    { chainId: CHAIN_ID, version: "test", path: join(folder, "db") },
    { engine, log },
  );
  t.teardown(close);
  await app.offerSnapshot({ snapshot: snapshot!, appHash: new Uint8Array(32) });
  let last = 0;
  for (let index = 0; index < snapshot!.chunks; index++) {
    const { chunk } = await chain.app.loadSnapshotChunk({
      height: snapshot!.height,
      format: snapshot!.format,
      chunk: index,
    });
    last = (await app.applySnapshotChunk({ index, chunk, sender: "peer" })).result;
  }
  t.equal(last, Apply.REJECT_SNAPSHOT);
  t.equal(app.info().lastBlockHeight, 0n);
});
