import t from "tap";
import { base64, command, grammarOf, read } from "./kvstore-client.ts";
import { startNet, testBinary } from "./net.ts";

t.setTimeout(240_000);
const skip = (await testBinary()) === undefined ? "no CometBFT and no Go to build it" : false;

t.test(
  "an application restarted beneath a CometBFT that stays halts rather than run a block on lost state",
  { skip },
  async (t) => {
    const net = await startNet({ validators: 1, app: (node) => command(node, "gRPC over unix") });
    t.teardown(() => net.stop());
    await net.waitHeight(2);
    net.kill(0, "app");
    await net.restartApp(0);
    await net.appEnded(0);
    t.match(await net.appLog(0), /without a handshake/);
  },
);

t.test("four validators go on with equal app hashes after kills under load", { skip }, async (t) => {
  const net = await startNet({ validators: 4, app: (node) => command(node, "gRPC over unix") });
  t.teardown(() => net.stop());
  await net.waitHeight(2);
  let sent = 0;
  let loading = true;
  const load = (async () => {
    while (loading) {
      const tx = base64(`key${sent}=value${sent}`);
      await net.rpc(0, "broadcast_tx_async", { tx }).then(
        () => sent++,
        () => {},
      );
    }
  })();
  t.teardown(() => {
    loading = false;
    return load;
  });
  for (const [index, part] of [
    [1, "app"],
    [2, "comet"],
    [3, "both"],
  ] as const) {
    net.kill(index, part);
    await net.waitHeight((await net.status(0)).height + 2n, { nodes: [0] });
    await net.restart(index);
    await net.waitBlocks(2);
  }
  loading = false;
  await load;
  await net.waitBlocks(2);
  t.equal(await read(net, 3, "key0"), "value0", "a restarted validator has what was sent before");
  for (const node of net.nodes) {
    const report = await grammarOf(node);
    t.strictSame(report.violations, [], `the calls to node ${node.index} came in the order of the grammar`);
  }
  t.ok((await net.compareAppHashes()) > 6n);
});

t.test(
  "a minority that is cut off stops, the majority goes on, and both agree when the cut is mended",
  { skip },
  async (t) => {
    const net = await startNet({ validators: 4, app: (node) => command(node, "gRPC over unix") });
    t.teardown(() => net.stop());
    await net.waitHeight(2);
    net.partition([0, 1, 2], [3]);
    const cut = (await net.status(3)).height;
    await net.waitHeight(cut + 5n, { nodes: [0, 1, 2] });
    t.ok((await net.status(3)).height <= cut + 1n, "the node that is alone makes no blocks");
    net.heal();
    await net.waitBlocks(2);
    t.ok((await net.compareAppHashes()) > cut + 5n);
  },
);
