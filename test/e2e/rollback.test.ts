/** The data of a stopped node under real CometBFT: rolled back on both sides or on one, pruned, kept in snapshots; and it goes on. */
import t from "tap";
import {
  createSnapshot,
  deleteSnapshot,
  listSnapshots,
  pruneHome,
  rollBackApp,
  rollBackBlock,
} from "../../node/run/database.ts";
import { testBinary } from "./net.ts";
import { startOpgdNet } from "./opgd-net.ts";

t.setTimeout(200_000);
const binary = await testBinary();
const skip = binary === undefined ? "no CometBFT and no Go to build it" : false;

t.test("a node goes on after its last block was taken back, in each of the ways", { skip }, async (t) => {
  const net = await startOpgdNet(1);
  t.teardown(() => net.stop());
  const { home } = net.nodes[0]!;
  const find = { env: { ...process.env, COMETBFT_BIN: binary }, say: () => undefined };
  await net.waitHeight(6);

  t.test("a home in use is refused by name, and left as it is", async (t) => {
    const inUse = {
      name: "NodeError",
      code: "running",
      message: /in use by another process: stop that node/,
    };
    await t.rejects(rollBackApp(home, 2n), inUse);
    await t.rejects(rollBackBlock(home, { ...find, hard: false }), inUse);
    await t.rejects(pruneHome(home, { strategy: "everything" }), inUse);
    await t.rejects(createSnapshot(home), inUse);
  });

  /** Stops the node, does `work` on its home, and sees the chain go on from there. */
  async function whileStopped<T>(work: () => Promise<T>): Promise<T> {
    await net.stopNode(0);
    const result = await work();
    await net.restart(0);
    await net.waitBlocks(2);
    return result;
  }

  t.test("CometBFT and the application: the block is executed again", async (t) => {
    const before = BigInt((await net.status(0)).height);
    const { height } = await whileStopped(() => rollBackBlock(home, { ...find, hard: false }));
    t.ok(BigInt(height) >= before - 1n, `from ${before} or later to ${height}`);
  });

  t.test("the application alone: CometBFT gives it the blocks again", async (t) => {
    const made = await whileStopped(async () => {
      const [latest, first] = [await createSnapshot(home), await createSnapshot(home, 2n)];
      t.strictSame(
        (await listSnapshots(home)).map(({ height }) => height),
        [latest.height, first.height],
      );
      await t.rejects(createSnapshot(home, 9_999n), {
        message: /--height 9999: the state is kept from 1 to /,
      });
      await t.rejects(rollBackApp(home, 9_999n), { message: /height 9999: name one from 1 to \d+, which/ });
      t.match(await rollBackApp(home, 3n), { height: "3", app_hash: /^[0-9a-f]{64}$/ });
      return latest;
    });
    const heights = (await listSnapshots(home)).map(({ height }) => height);
    t.strictSame(heights, [2n], `the snapshot of ${made.height} went with its height`);
    await t.rejects(deleteSnapshot(home, made.height), {
      message: /there is no snapshot of height \d+ \(there: 2\)/,
    });
    await deleteSnapshot(home, 2n);
    t.strictSame(await listSnapshots(home), []);
  });

  t.test("pruned to the last versions, nothing older can be gone back to", async (t) => {
    const { earliest_height, latest_height } = await whileStopped(async () => {
      const kept = await pruneHome(home, { strategy: "custom", keepRecent: 2n, interval: 1n });
      await t.rejects(rollBackApp(home, 1n), { message: /height 1: name one from/ });
      t.strictSame(
        await pruneHome(home, { strategy: "nothing" }),
        kept,
        "pruning by nothing removes nothing",
      );
      return kept;
    });
    t.equal(BigInt(latest_height) - BigInt(earliest_height), 2n);
  });

  t.test("every app hash is that of the block after it", async (t) => {
    t.ok((await net.compareAppHashes()) > 6n);
  });
});

// Not for a validator alone: it does not sign a height twice, and nobody else has the block.
t.test("a validator that removed its last block fetches it from the others", { skip }, async (t) => {
  const net = await startOpgdNet(4);
  t.teardown(() => net.stop());
  await net.waitHeight(3);
  await net.stopNode(3);
  const find = { env: { ...process.env, COMETBFT_BIN: binary }, say: () => undefined };
  const { height } = await rollBackBlock(net.nodes[3]!.home, { ...find, hard: true });
  await net.restart(3);
  await net.waitHeight(BigInt(height) + 4n);
  t.ok((await net.compareAppHashes()) > BigInt(height));
});
