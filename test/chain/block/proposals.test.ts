/** A proposer does not judge what it chose; with threads or without, verdicts are the same (ADR-0015, ADR-0017). */
import t from "tap";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { pack } from "../../../client/index.ts";
import { MsgSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import * as abci from "../../../proto/gen/tendermint.abci.ts";
import { DENOM, TestChain, testSigner } from "../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
const ACCEPT = abci.ResponseProcessProposal_ProposalStatus.ACCEPT;

async function send(chain: TestChain, name: string, amount: string, ahead = 0n): Promise<Uint8Array> {
  const [fromAddress, toAddress] = [testSigner(name).address, testSigner("carol").address];
  const message = pack(MsgSend, { fromAddress, toAddress, amount: [{ denom: DENOM, amount }] });
  return chain.sign(name, [message], { ahead });
}

function next(chain: TestChain) {
  const height = chain.height + 1n;
  return {
    height,
    time: { seconds: 1_700_000_000n + height * 5n, nanos: 0 },
    proposerAddress: chain.validators[0]!.address,
  };
}

function made(chain: TestChain, txs: readonly Uint8Array[]): readonly Uint8Array[] {
  const request = { ...next(chain), txs, maxTxBytes: 1_000_000n };
  return chain.app.prepareProposal(abci.RequestPrepareProposal.create(request)).txs;
}

function accepts(
  chain: TestChain,
  txs: readonly Uint8Array[],
  header: Partial<abci.RequestProcessProposal> = {},
): boolean {
  const request = abci.RequestProcessProposal.create({ ...next(chain), ...header, txs });
  return chain.app.processProposal(request).status === ACCEPT;
}

t.test("what was made here is accepted; what differs in anything is judged for itself", async (t) => {
  const chain = await TestChain.start({ engine });
  t.teardown(() => chain.close());
  await chain.block();
  const first = await send(chain, "alice", "1");
  const second = await send(chain, "alice", "2", 1n);
  const forged = first.slice();
  forged[forged.length - 1]! ^= 1;
  const txs = made(chain, [first, second, first, forged]);
  t.same(txs, [first, second]);
  t.ok(
    accepts(
      chain,
      txs.map((tx) => tx.slice()),
    ),
  );
  t.ok(accepts(chain, [first]));
  for (const [name, bad] of Object.entries({
    "in another order": [second, first],
    "with one twice": [first, second, second],
    "with a forged signature": [forged, second],
    "without the first": [second],
    "with junk": [first, second, Uint8Array.of(1)],
  }))
    t.notOk(accepts(chain, bad), name);
  t.ok(accepts(chain, txs), "and still it is accepted");
});

t.test("a verdict goes with the state that it was made on", async (t) => {
  const chain = await TestChain.start({ engine });
  t.teardown(() => chain.close());
  await chain.block();
  const tx = await send(chain, "alice", "1");
  const header = next(chain);
  t.same(made(chain, [tx]), [tx]);
  await chain.block([tx]);
  t.notOk(accepts(chain, [tx], header), "the same height and time, but the sequence has moved on");
});

t.test("a chain with signature threads and one without give the same answers and hashes", async (t) => {
  const chains = [
    await TestChain.start({ engine, signatureThreads: 2 }),
    await TestChain.start({ engine, txCacheBytes: 1 }),
  ] as const;
  t.teardown(() => Promise.all(chains.map((chain) => chain.close())));
  for (const chain of chains) await chain.block();
  for (let round = 0; round < 5; round++) {
    const good = await Promise.all(["alice", "bob"].map((name) => send(chains[0], name, `${round + 1}`)));
    const bad = good[0]!.slice();
    bad[bad.length - 2]! ^= 1 << round;
    const seen = round % 2 === 0 ? [...good, bad] : [];
    const [a, b] = chains.map((chain) => ({
      checks: seen.map((tx) => chain.checkTx(tx)),
      verdicts: [good, [bad], [good[1]!, bad]].map((txs) => accepts(chain, txs)),
      made: made(chain, [bad, ...good]),
    }));
    t.same(a, b);
    t.same(a!.verdicts, [true, false, false]);
    const [first, second] = [await chains[0].block([bad, ...good]), await chains[1].block([bad, ...good])];
    t.same(first, second);
  }
});
