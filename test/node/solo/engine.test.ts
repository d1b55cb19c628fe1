/** The embedded engine's blocks, judged by the light client, and its way back from a crash at each step. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { headerHash, LightClient } from "../../../client/index.ts";
import { BlockStore, SoloEngine, type SoloOptions } from "../../../node/solo/index.ts";
import type * as abci from "../../../proto/gen/tendermint.abci.ts";
import { ResponseExtendVote } from "../../../proto/gen/tendermint.abci.ts";
import { CanonicalVoteExtension } from "../../../proto/gen/tendermint.types.ts";
import { CHAIN, Chain, extendedFrom, genesis, key, pub, Signed, START } from "./counting.ts";

interface Rig {
  readonly chain: Chain;
  readonly path: string;
  readonly signed: Signed;
  readonly options?: Partial<SoloOptions>;
}

async function opened<T>(
  { chain, path, signed, options = {} }: Rig,
  work: (engine: SoloEngine, store: BlockStore) => Promise<T>,
): Promise<T> {
  const store = await BlockStore.open(path);
  let second = START;
  try {
    const engine = await SoloEngine.open(
      { genesis, key, intervalMs: 1_000, ...options },
      { app: chain.app, store, signed, now: () => ({ seconds: second++, nanos: 0 }) },
    );
    return await work(engine, store);
  } finally {
    await store.close();
  }
}

function rig(t: Tap): Rig {
  const path = mkdtempSync(join(tmpdir(), "opg-solo-"));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return { chain: new Chain(), path, signed: new Signed() };
}
type Tap = { teardown(work: () => void): void };

const KNOWN = { refused: "tx already exists in cache" };
const tx = (text: string) => new TextEncoder().encode(text);

/** Verifies the newest height from the first, and each in between. */
async function verifyAll(store: BlockStore): Promise<void> {
  const source = {
    url: "in-process",
    lightBlock: async (height = store.last) => ({
      header: (await store.block(height))!.header,
      commit: (await store.commit(height))!,
      validators: (await store.validators(height))!.validators,
    }),
  };
  const first = (await store.block(1n))!.header;
  const make = () =>
    LightClient.create({
      chainId: CHAIN,
      trusted: { height: 1n, hash: headerHash(first) },
      primary: source,
      trustingPeriod: 100_000n,
      now: () => ({ seconds: START + 1_000n, nanos: 0 }),
    });
  const light = await make();
  for (let height = 1n; height <= store.last; height++) await light.verifyHeight(height);
  await (await make()).verifyLatest();
}

t.test("the light client verifies every block, also where the validator's power changes", async (t) => {
  const at = rig(t);
  at.chain.power = (height) => (height === 2n ? 25n : undefined);
  await opened(at, async (engine, store) => {
    t.equal(((await engine.addTx(tx("a"))) as abci.ResponseCheckTx).code, 0);
    t.same(await engine.addTx(tx("a")), KNOWN);
    for (let i = 0; i < 6; i++) await engine.makeBlock();
    t.same(await engine.addTx(tx("a")), KNOWN, "a transaction of a block is not taken again");
    await verifyAll(store);
    const powers = await Promise.all(
      [3n, 4n].map(async (height) => (await store.validators(height))!.totalVotingPower),
    );
    t.same(powers, [10n, 25n], "an update of block 2 holds from block 4 on");
    t.same(await store.placeOf(sha256(tx("a"))), { height: 1n, index: 0 });
  });
  t.same(at.chain.executed.slice(0, 2), ["1:a", "2:"]);
});

for (const step of ["finalize", "commit"] as const) {
  for (const blocks of [0, 3]) {
    t.test(`a node that dies at ${step} after ${blocks} blocks goes on with the same block`, async (t) => {
      const at = rig(t);
      await opened(at, async (engine, store) => {
        for (let i = 0; i < blocks; i++) await engine.makeBlock();
        await engine.addTx(tx("kept"));
        at.chain.failAt = step;
        await t.rejects(engine.makeBlock(), /killed/);
        t.equal(store.last, BigInt(blocks) + 1n);
        t.equal(engine.height, BigInt(blocks), "what is not committed is not shown");
        t.equal(at.signed.height, BigInt(blocks) + 1n, "what was signed is noted before it is executed");
      });
      at.chain.failAt = undefined;
      await opened(at, async (engine, store) => {
        t.equal(at.chain.height, BigInt(blocks) + 1n, "the stored block was executed at start");
        t.equal(at.chain.executed.at(-1), `${blocks + 1}:kept`);
        await engine.makeBlock();
        t.equal(store.last, BigInt(blocks) + 2n);
        await verifyAll(store);
      });
    });
  }
}

t.test("data that the engine did not make is refused with the remedy", async (t) => {
  const at = rig(t);
  at.chain.height = 7n;
  await t.rejects(
    opened(at, async () => undefined),
    { code: "heights", message: /--comet managed/ },
  );
});

t.test("a second validator ends the engine, and the block is not committed", async (t) => {
  const at = rig(t);
  at.chain.other = (height) => height === 2n;
  await opened(at, async (engine) => {
    await engine.makeBlock();
    await t.rejects(engine.makeBlock(), { code: "not_alone" });
    t.equal(at.chain.height, 1n);
  });
});

t.test("run makes a block for a waiting transaction before the interval is over", async (t) => {
  const at = rig(t);
  const store = await BlockStore.open(at.path);
  const now = () => ({ seconds: START, nanos: 0 });
  const engine = await SoloEngine.open(
    { genesis, key, intervalMs: 1e9 },
    { app: at.chain.app, store, signed: at.signed, now },
  );
  engine.run();
  while (store.last < 1n) await new Promise(setImmediate);
  await engine.addTx(tx("now"));
  while (at.chain.height < 2n) await new Promise(setImmediate);
  await engine.stop();
  t.same(at.chain.executed, ["1:", "2:now"]);
  await verifyAll(store);
  await store.close();
});

t.test(
  "a signing state that lags behind the blocks, after a crash, is brought up before anything else",
  async (t) => {
    const at = rig(t);
    await opened(at, async (engine) => {
      await engine.makeBlock();
      await engine.makeBlock();
    });
    t.same(at.signed.heights, [1n, 2n]);
    at.signed.heights.pop();
    await opened(at, async () => t.same(at.signed.heights, [1n, 2n]));
  },
);

t.test(
  "a key that signed a height beyond the blocks elsewhere makes none, and InitChain is not called",
  async (t) => {
    const at = rig(t);
    at.signed.before = 1n;
    await t.rejects(
      opened(at, async () => undefined),
      { code: "signed", message: /signed height 1, and the embedded engine's next block is 1/ },
    );
    t.equal(at.chain.executed.length, 0);
  },
);

t.test(
  "an application that was rolled back is given its blocks again, and must come to the same hash",
  async (t) => {
    const at = rig(t);
    const hashes: Uint8Array[] = [];
    await opened(at, async (engine) => {
      for (let i = 0; i < 5; i++) {
        await engine.addTx(tx(`${i}`));
        await engine.makeBlock();
        hashes.push(at.chain.hash);
      }
    });
    at.chain.height = 2n;
    at.chain.hash = hashes[1]! as Uint8Array<ArrayBuffer>;
    at.chain.executed.length = 0;
    await opened(at, async (engine) => {
      t.same(at.chain.executed, ["3:2", "4:3", "5:4"]);
      t.equal(engine.height, 5n);
      t.same(at.chain.hash, hashes[4]);
    });
    at.chain.height = 4n;
    await t.rejects(
      opened(at, async () => undefined),
      { code: "application", message: /block 5 came to the app hash/ },
    );
  },
);

t.test("without empty blocks there is one only where the last changed the app hash", async (t) => {
  const at = rig(t);
  // Its hash stays where a block is empty.
  const finalize = at.chain.app.finalizeBlock;
  at.chain.app.finalizeBlock = async (request) => {
    const before = at.chain.hash;
    const response = await finalize(request);
    if (request.txs.length > 0) return response;
    at.chain.keep(before);
    return { ...response, appHash: before };
  };
  const store = await BlockStore.open(at.path);
  const engine = await SoloEngine.open(
    { genesis, key, intervalMs: 0, emptyBlocks: false },
    { app: at.chain.app, store, signed: at.signed, now: () => ({ seconds: START, nanos: 0 }) },
  );
  const seen: string[] = [];
  engine.onCommitted(({ block }) => seen.push(`${block.header.height}:${block.data.txs.length}`));
  engine.run();
  while (seen.length < 1) await new Promise(setImmediate);
  await engine.addTx(tx("x"));
  while (seen.length < 3) await new Promise(setImmediate);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await engine.stop();
  t.same(seen, ["1:0", "2:1", "3:0"], "the third proves the second, and there is no fourth");
  await store.close();
});

t.test("what has no room is refused in CometBFT's words", async (t) => {
  const at = { ...rig(t), options: { mempool: { maxTxs: 1, maxBytes: 10, maxTxBytes: 5 } } };
  await opened(at, async (engine) => {
    t.same(await engine.addTx(tx("123456")), { refused: "Tx too large. Max size is 5, but got 6" });
    await engine.addTx(tx("one"));
    t.same(await engine.addTx(tx("two")), {
      refused: "mempool is full: number of txs 1 (max: 1), total txs bytes 3 (max: 10)",
    });
  });
});

t.test("where votes are extended, the next proposal is given the extension with its signature", async (t) => {
  const at = { ...rig(t), options: { genesis: extendedFrom("2") } };
  const asked: bigint[] = [];
  const given: abci.ExtendedVoteInfo[][] = [];
  at.chain.app.extendVote = ({ height }) => {
    asked.push(height);
    return ResponseExtendVote.create({ voteExtension: tx(`of ${height}`) });
  };
  const prepare = at.chain.app.prepareProposal;
  at.chain.app.prepareProposal = (request) => {
    given.push([...request.localLastCommit.votes]);
    return prepare(request);
  };
  for (let restart = 0; restart < 2; restart++)
    await opened(at, async (engine) => {
      await engine.makeBlock();
      await engine.makeBlock();
    });
  t.same(asked, [2n, 3n, 4n], "not of heights before");
  t.same(given[0], [], "the first block follows no votes");
  t.same(
    given.slice(1).map(([vote]) => Buffer.from(vote!.voteExtension).toString()),
    ["", "of 2", "of 3"],
  );
  const canonical = CanonicalVoteExtension.encode({
    extension: tx("of 2"),
    height: 2n,
    round: 0n,
    chainId: CHAIN,
  });
  const signBytes = Uint8Array.of(canonical.length, ...canonical);
  t.ok(ed25519.verify(given[2]![0]!.extensionSignature, signBytes, pub));
});
