/** The RPC client and the light client against a running network of real CometBFT validators. */
import t from "tap";
import { headerHash, LightClient } from "../../client/light/index.ts";
import { waitForTx } from "../../client/opg/index.ts";
import { RpcClient, RpcError } from "../../client/rpc/index.ts";
import { command } from "../e2e/kvstore-client.ts";
import { startNet, testBinary } from "../e2e/net.ts";
import { NodeWebSocket } from "./rpc/fake-node.ts";

t.setTimeout(240_000);
const skip = (await testBinary()) === undefined ? "no CometBFT and no Go to build it" : false;

t.test("four validators are followed, verified with witnesses, lost and found again", { skip }, async (t) => {
  const net = await startNet({ validators: 4, app: (node) => command(node, "gRPC over tcp") });
  t.teardown(() => net.stop());
  const states: string[] = [];
  let heard = () => {};
  const rpcs = net.nodes.map(
    ({ rpcPort }) =>
      new RpcClient(`http://127.0.0.1:${rpcPort}`, {
        WebSocket: NodeWebSocket,
        retryMs: [100],
        onConnection: (state) => {
          states.push(state);
          heard();
        },
      }),
  );
  const [first, second, third] = rpcs as [RpcClient, RpcClient, RpcClient, RpcClient];
  t.teardown(() => first.close());

  await net.waitHeight(2n);
  const { chainId } = await first.status();
  const start = await first.commit(1n);
  const light = await LightClient.create({
    chainId,
    trusted: { height: 1n, hash: headerHash(start.header) },
    primary: first,
    witnesses: [second, third],
    trustingPeriod: 3600n,
  });

  const sent = await first.broadcastTxSync(new TextEncoder().encode("name=satoshi"));
  t.equal(sent.code, 0);
  const tx = await waitForTx(first, sent.hash);
  t.equal(tx.result.code, 0);
  await net.waitHeight(tx.height + 2n);
  const block = await light.verifyHeight(tx.height + 1n);
  t.equal(block.header.height, tx.height + 1n);
  t.equal(block.validators.length, 4);
  const latest = await light.verifyLatest();
  t.ok(latest.header.height >= tx.height + 1n);

  const heights: bigint[] = [];
  let wanted = 3;
  let reached = () => {};
  const blocks = () =>
    new Promise<void>((resolve) => {
      reached = resolve;
    });
  let waiting = blocks();
  first.subscribe("tm.event='NewBlock'", ({ data }) => {
    heights.push(data.at("value").at("block").at("header").at("height").bigint());
    if (heights.length >= wanted) reached();
  });
  await waiting;
  t.strictSame(
    heights.slice(0, 3),
    [heights[0], heights[0]! + 1n, heights[0]! + 2n],
    "each block once, in order",
  );

  const lost = new Promise<void>((resolve) => {
    heard = resolve;
  });
  net.kill(0, "comet");
  await lost;
  t.equal(states[0], "lost");
  await t.rejects(first.status(), { code: "unreachable" });
  await t.rejects(light.verifyLatest(), RpcError);
  const last = heights.at(-1)!;
  wanted = heights.length + 1;
  waiting = blocks();
  await net.restart(0);
  await waiting;
  t.ok(heights.at(-1)! > last, "blocks are heard of again");
  t.equal(states.at(-1), "back");
  const after = await light.verifyLatest();
  t.ok(after.header.height > latest.header.height);
});
