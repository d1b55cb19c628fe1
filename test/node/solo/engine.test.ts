/** The embedded engine's blocks, judged by the light client, and its way back from a crash at each step. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import type { Application } from "../../../abci/index.ts";
import { baseApplication } from "../../../abci/index.ts";
import { headerHash, LightClient } from "../../../client/index.ts";
import type { GenesisDocument } from "../../../genesis/index.ts";
import { consensusParamsToJson } from "../../../genesis/index.ts";
import { BlockStore, SoloEngine } from "../../../node/solo/index.ts";
import * as abci from "../../../proto/gen/tendermint.abci.ts";
import { ConsensusParams } from "../../../proto/gen/tendermint.types.ts";

const seed = sha256(new TextEncoder().encode("solo"));
const pub = ed25519.getPublicKey(seed);
const key = { pub, priv: new Uint8Array([...seed, ...pub]) };
const CHAIN = "solo-1";
const START = 1_700_000_000n;

const genesis: GenesisDocument = {
  genesis_time: "2023-11-14T22:13:20Z",
  chain_id: CHAIN,
  initial_height: "1",
  app_hash: "",
  consensus_params: consensusParamsToJson(
    ConsensusParams.create({
      block: { maxBytes: 200_000n, maxGas: -1n },
      evidence: { maxAgeNumBlocks: 10n, maxAgeDuration: { seconds: 10n, nanos: 0 }, maxBytes: 1_000n },
      validator: { pubKeyTypes: ["ed25519"] },
    }),
  ),
  app_state: {},
};

/** Counts: its hash is over the height and all transactions so far. What is committed outlives the engine. */
class Chain {
  height = 0n;
  hash = new Uint8Array(0);
  executed: string[] = [];
  #next: { height: bigint; hash: Uint8Array } | undefined;
  power: ((height: bigint) => bigint | undefined) | undefined;
  other: ((height: bigint) => boolean) | undefined;
  failAt: "finalize" | "commit" | undefined;

  readonly app: Application = {
    ...baseApplication,
    info: () => abci.ResponseInfo.create({ lastBlockHeight: this.height, lastBlockAppHash: this.hash }),
    initChain: () =>
      abci.ResponseInitChain.create({ validators: [{ pubKey: { ed25519: pub } as never, power: 10n }] }),
    finalizeBlock: (request) => {
      if (this.failAt === "finalize") throw new TypeError("killed");
      const text = request.txs.map((tx) => Buffer.from(tx).toString()).join(",");
      this.executed.push(`${request.height}:${text}`);
      const hash = sha256(
        new TextEncoder().encode(`${Buffer.from(this.hash).toString("hex")}${request.height}${text}`),
      );
      this.#next = { height: request.height, hash };
      const power = this.power?.(request.height);
      const updates = power === undefined ? [] : [{ pubKey: { ed25519: pub } as never, power }];
      if (this.other?.(request.height)) updates.push({ pubKey: { ed25519: seed } as never, power: 1n });
      return abci.ResponseFinalizeBlock.create({
        appHash: hash,
        validatorUpdates: updates,
        txResults: request.txs.map((tx) =>
          abci.ExecTxResult.create({ data: tx, gasUsed: 7n, log: "not hashed" }),
        ),
      });
    },
    commit: () => {
      if (this.failAt === "commit") throw new TypeError("killed");
      Object.assign(this, this.#next);
      return abci.ResponseCommit.create();
    },
  };
}

interface Rig {
  readonly chain: Chain;
  readonly path: string;
}

async function opened<T>(
  { chain, path }: Rig,
  work: (engine: SoloEngine, store: BlockStore) => Promise<T>,
): Promise<T> {
  const store = await BlockStore.open(path);
  let second = START;
  try {
    const engine = await SoloEngine.open(
      { genesis, key, intervalMs: 1_000 },
      { app: chain.app, store, now: () => ({ seconds: second++, nanos: 0 }) },
    );
    return await work(engine, store);
  } finally {
    await store.close();
  }
}

function rig(t: Tap): Rig {
  const path = mkdtempSync(join(tmpdir(), "opg-solo-"));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return { chain: new Chain(), path };
}
type Tap = { teardown(work: () => void): void };

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
    t.equal(await engine.addTx(tx("a")), "known");
    for (let i = 0; i < 6; i++) await engine.makeBlock();
    t.equal(await engine.addTx(tx("a")), "known", "a transaction of a block is not taken again");
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
  const engine = await SoloEngine.open({ genesis, key, intervalMs: 1e9 }, { app: at.chain.app, store, now });
  engine.run();
  while (store.last < 1n) await new Promise(setImmediate);
  await engine.addTx(tx("now"));
  while (at.chain.height < 2n) await new Promise(setImmediate);
  await engine.stop();
  t.same(at.chain.executed, ["1:", "2:now"]);
  await verifyAll(store);
  await store.close();
});
