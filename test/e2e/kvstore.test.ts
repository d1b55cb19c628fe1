import t from "tap";
import { base64, command, grammarOf, read, send } from "./kvstore-client.ts";
import { startNet, testBinary } from "./net.ts";

t.setTimeout(240_000);
const binary = await testBinary();
const skip = binary === undefined ? "no CometBFT and no Go to build it" : false;

for (const wire of ["unix socket", "tcp socket", "gRPC over tcp", "gRPC over unix"] as const) {
  t.test(`one validator commits and answers over ${wire}, and goes on after kill -9`, { skip }, async (t) => {
    const net = await startNet({ validators: 1, app: (node) => command(node, wire) });
    t.teardown(() => net.stop());
    const first = await send(net, 0, "name=satoshi");
    t.ok(first > 0n, "the transaction is in a block");
    t.equal(await read(net, 0, "name"), "satoshi");
    const refused = await net.rpc<{ code: number }>(0, "broadcast_tx_sync", { tx: base64("nonsense") });
    t.equal(refused.code, 2, "a malformed transaction is refused at the door");

    for (const part of ["app", "comet", "both"] as const) {
      const before = net.pids(0);
      net.kill(0, part);
      await net.restart(0);
      const after = net.pids(0);
      if (part !== "comet") t.not(after.app, before.app, `${part}: the application is another process`);
      await net.waitHeight(first + 1n);
      await send(net, 0, `after-${part}=1`);
      t.equal(await read(net, 0, "name"), "satoshi", `${part}: what was committed is there`);
    }

    const report = await grammarOf(net.nodes[0]!);
    t.strictSame(report.violations, [], "the calls came in the order of the ABCI 2.0 grammar");
    t.equal(report.sessions, 4, "one session for each start");
    t.ok(report.replays >= 2, "the blocks were replayed to an application that had lost them");
    t.ok(report.blocks > 4);
    await net.waitBlocks(1);
    t.ok((await net.compareAppHashes()) > first);
  });
}
