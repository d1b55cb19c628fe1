/** opgd under real CometBFT: one validator and four, killed in the middle of load; the chain goes on with equal app hashes. */
import t, { type Test } from "tap";
import { OpgClient, tensorsFromJson } from "../../client/index.ts";
import { sampleModels } from "../../genesis/index.ts";
import { DENOM, FUNDS, testSigner } from "../chain/chain.ts";
import { type Net, type Part, testBinary } from "./net.ts";
import { startOpgdNet } from "./opgd-net.ts";

t.setTimeout(280_000);
const skip = (await testBinary()) === undefined ? "no CometBFT and no Go to build it" : false;
const iris = sampleModels().find(({ name }) => name === "iris")!;

/** Sends transfers and inferences to node 0 until it is told to stop; what fails while nodes are down is sent anew. */
async function load(
  net: Net,
  until: { done: boolean },
): Promise<{ readonly sent: number; readonly attempts: number; readonly inferred: number }> {
  const counts = { sent: 0, attempts: 0, inferred: 0 };
  const client = await OpgClient.connect(net.rpcUrl(0), { signer: testSigner("alice") });
  const modelId = (await client.models()).find(({ metadata }) => metadata.name === "iris")!.id;
  const to = testSigner("bob").address;
  for (let i = 0; !until.done; i++) {
    try {
      if (i % 3 === 0) {
        const inputs = tensorsFromJson({
          ...iris.sample.inputs,
          X: { dtype: "float32", dims: [1, 4], data: [5, 3, 1 + i / 100, 0.2] },
        });
        if ((await client.infer({ modelId, inputs })).ok) counts.inferred++;
      } else {
        counts.attempts++;
        await client.send(to, [{ denom: DENOM, amount: "1" }]);
        counts.sent++;
      }
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  client.close();
  return counts;
}

async function killUnderLoad(
  t: Test,
  validators: number,
  kills: readonly (readonly [node: number, part: Part])[],
): Promise<void> {
  const net = await startOpgdNet(validators);
  t.teardown(() => net.stop());
  await net.waitHeight(2);
  const until = { done: false };
  const loading = load(net, until);
  for (const [node, part] of kills) {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    net.kill(node, part, "SIGKILL");
    // One validator of one cannot go on without itself; of four, three can.
    if (validators > 1) await net.waitHeight((await net.status(0)).height + 2n, { nodes: [0] });
    await net.restart(node);
    await net.waitBlocks(2);
  }
  until.done = true;
  const { sent, attempts, inferred } = await loading;
  await net.waitBlocks(2);
  t.ok(sent > 0 && inferred > 0, `load went through: ${sent} transfers, ${inferred} inferences`);
  t.ok((await net.compareAppHashes()) > 6n, "all app hashes are equal");
  const client = await OpgClient.connect(net.rpcUrl(validators - 1));
  // A transfer whose node was killed before it could say so may have gone through: once, or not at all.
  const received = Number((await client.balance(DENOM, testSigner("bob").address)) - FUNDS);
  t.ok(received >= sent, `every transfer that was confirmed is there: ${received} of ${sent}`);
  t.ok(received <= attempts, `none is there twice: ${received} of ${attempts} attempts`);
  client.close();
}

t.test("one validator goes on after its application, CometBFT and both were killed", { skip }, (t) =>
  killUnderLoad(t, 1, [
    [0, "app"],
    [0, "comet"],
    [0, "both"],
  ]),
);

t.test("four validators go on, with inferences in their blocks, whoever is killed", { skip }, (t) =>
  killUnderLoad(t, 4, [
    [1, "app"],
    [2, "comet"],
    [3, "both"],
  ]),
);
