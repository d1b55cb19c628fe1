/**
 * The market under real CometBFT: four validators, of whom one lies and one is silent. A right job settles and pays those
 * who said so; one that is wrong by one bit is refuted by the referee, and who vouched for what nobody found is slashed.
 */
import t from "tap";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { encodeTensors } from "../../chain/engine/tensor.ts";
import { commitmentOf, leavesOf, resultRootOf } from "../../chain/modules/compute/hashes.ts";
import { AddressCodec } from "../../chain/runtime/address.ts";
import { bytesEqual } from "../../chain/runtime/bytes.ts";
import { sha256 } from "../../chain/store/sha256.ts";
import { OpgClient, type PostedJob, pack, statusName, tensorFromJson } from "../../client/index.ts";
import { type GenesisDocument, sampleModels } from "../../genesis/index.ts";
import { consensusAddress } from "../../node/comet/index.ts";
import {
  MsgCommit,
  MsgRegisterOperator,
  MsgReveal,
  MsgSetOffer,
  type Verdict,
  Verification,
} from "../../proto/gen/opg.compute.v1.ts";
import { DENOM, testSigner } from "../chain/chain.ts";
import { type NodePlace, testBinary, tsx } from "./net.ts";
import { opgdGenesis, startOpgdNet } from "./opgd-net.ts";

t.setTimeout(280_000);
const skip = (await testBinary()) === undefined ? "no CometBFT and no Go to build it" : false;

const ODD: readonly (string | undefined)[] = [undefined, undefined, "silent", "liar"];
const [SILENT, LIAR] = [2, 3];
/** The honest two have more than two thirds. */
const POWERS = [10n, 10n, 3n, 3n];
const POWER_REDUCTION = 1_000_000n;
const SALT = new Uint8Array(32).fill(5);
const waiting = { intervalMs: 100, timeoutMs: 200_000 };

/** Windows in which a slow machine is in time. */
function marketGenesis(nodes: readonly NodePlace[]): GenesisDocument {
  const document = opgdGenesis(nodes, POWERS);
  const { params } = (document.app_state as unknown as { compute: { params: { terms: object } } }).compute;
  Object.assign(params, { assign_blocks: 2_000, max_deadline_blocks: 2_000, unbonding_blocks: 100_000 });
  Object.assign(params, { output_retention_blocks: "10000", job_retention_blocks: "10000" });
  Object.assign(params.terms, { verdict_blocks: 2_000, reveal_blocks: 2_000, challenge_blocks: 3 });
  return document;
}

t.test("four validators, one lying and one silent, judge what an operator computes", { skip }, async (t) => {
  const net = await startOpgdNet(4, {
    genesis: marketGenesis,
    app: (node) => {
      const address = `tcp://127.0.0.1:${node.abciPort}`;
      const kind = ODD[node.index];
      const start = ["start", "--comet", "external", "--transport", "grpc", "--check-invariants"];
      const command = kind
        ? tsx("test/e2e/odd-node.ts", kind, node.home, address)
        : tsx("node/main.ts", ...start, "--home", node.home, "--address", address);
      return { ...command, address, transport: "grpc" };
    },
  });
  t.teardown(() => net.stop());
  const engine = await CanonicalEngine.start();
  t.teardown(() => engine.stop());
  const [alice, bob] = await Promise.all(
    ["alice", "bob"].map((name) => OpgClient.connect(net.rpcUrl(0), { signer: testSigner(name) })),
  );
  t.teardown(() => alice!.close());
  t.teardown(() => bob!.close());
  const names = net.nodes.map(({ comet }) => consensusAddress(comet.validator.pub));
  const iris = (await alice!.models()).find(({ metadata }) => metadata.name === "iris")!;
  const { file } = sampleModels().find(({ name }) => name === "iris")!;
  const items = Array.from({ length: 5 }, (_, index) => [
    tensorFromJson("X", { dtype: "float32", dims: [1, 4], data: [5 + index, 3, index / 2, 0.2] }),
  ]);
  const inputs = items.map(encodeTensors);
  const right = await Promise.all(
    inputs.map(async (bytes) => {
      const model = { hash: iris.hash, bytes: () => file };
      const outcome = await engine.run(model, { bytes, hash: sha256(bytes) });
      return outcome.status === "ok" ? outcome.encoded : new Uint8Array(0);
    }),
  );
  await bob!.execute([
    pack(MsgRegisterOperator, {
      operator: bob!.address,
      metadata: { moniker: "bob", endpoint: "", details: "" },
      capacity: 8,
      bond: { denom: DENOM, amount: "10000000000" },
    }),
    pack(MsgSetOffer, {
      operator: bob!.address,
      modelId: iris.id,
      verification: Verification.VERIFICATION_EXACT,
      unitPrice: "0",
      itemPrice: "1000",
      maxItems: 100,
    }),
  ]);

  const verdictsOf = async (jobId: bigint): Promise<readonly Verdict[]> =>
    (await alice!.query.compute.verdicts({ jobId })).verdicts;

  /** Who (by index of node) gave verdicts, and which of them agree with the answer. */
  const voices = (verdicts: readonly Verdict[]) =>
    verdicts
      .map(({ validator, agrees }) => ({
        node: names.findIndex((each) => bytesEqual(each, validator)),
        agrees,
      }))
      .sort((a, b) => a.node - b.node);

  /** A job, answered by bob when all but the silent validator have said what they found. */
  const answered = async (outputs: readonly Uint8Array[]): Promise<PostedJob> => {
    const posted = await alice!.market.postJob({ modelId: iris.id, items });
    const { jobId } = posted;
    for (let status = ""; status !== "assigned"; await net.waitBlocks(1))
      status = statusName((await alice!.market.job(jobId)).status);
    const operator = new AddressCodec("opg").parse(bob!.address, "operator");
    const leaves = leavesOf(outputs, inputs.map(sha256));
    const commitment = commitmentOf({ jobId, operator, root: resultRootOf(leaves), salt: SALT });
    await bob!.execute([pack(MsgCommit, { hotAddress: bob!.address, jobId, commitment })]);
    while ((await verdictsOf(jobId)).length < 3) await net.waitBlocks(1);
    await bob!.execute([
      pack(MsgReveal, { hotAddress: bob!.address, jobId, salt: SALT, items: [...outputs] }),
    ]);
    return posted;
  };

  const good = await answered(right);
  const settled = await alice!.market.waitForJob(good.jobId, waiting);
  t.equal(statusName(settled.status), "settled");
  const said = voices(await verdictsOf(good.jobId));
  t.strictSame(
    said,
    [
      { node: 0, agrees: true },
      { node: 1, agrees: true },
      { node: LIAR, agrees: false },
    ],
    "the honest agree, the liar does not, the silent one says nothing",
  );
  t.notOk(said.some(({ node }) => node === SILENT));

  const wrong = right.map((output) => output.slice());
  wrong[3]![wrong[3]!.length - 1]! ^= 1;
  const bad = await answered(wrong);
  const refuted = await alice!.market.waitForJob(bad.jobId, waiting);
  t.equal(statusName(refuted.status), "refuted");
  const { record } = await alice!.market.operator(bob!.address);
  t.match(record, { settled: 1n, refuted: 1n });
  t.ok(BigInt(record.slashed) > 0n, "a wrong answer costs the operator");

  const codec = new AddressCodec("opg");
  const stakes = await Promise.all(
    POWERS.map(async (_, index) => {
      const account = codec.parse(testSigner(`operator-${index}`).address, "operator");
      const validatorAddr = codec.operators.format(account);
      const { validator } = await alice!.query.staking.validator({ validatorAddr });
      return BigInt(validator!.tokens) / (POWERS[index]! * POWER_REDUCTION);
    }),
  );
  t.strictSame(stakes, [1n, 1n, 1n, 0n], "the liar's verdict costs it stake, and nobody else");
  await net.waitBlocks(2);
  t.ok((await net.compareAppHashes()) > 10n, "all app hashes are equal");
});
