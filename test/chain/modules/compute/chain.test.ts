/** A job through the whole application: transactions, the real engine, a referee in blocks, restarts. */
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { CanonicalEngine } from "../../../../chain/engine/engine.ts";
import { encodeTensors } from "../../../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../../../chain/engine/tensor-json.ts";
import { commitmentOf, leavesOf, resultRootOf } from "../../../../chain/modules/compute/hashes.ts";
import { AddressCodec } from "../../../../chain/runtime/address.ts";
import { pack } from "../../../../client/index.ts";
import { sampleModels } from "../../../../genesis/index.ts";
import {
  JobStatus,
  MsgChallenge,
  MsgCommit,
  MsgPostJob,
  MsgRegisterOperator,
  MsgReveal,
  MsgSetOffer,
  Query,
  Verification,
} from "../../../../proto/gen/opg.compute.v1.ts";
import { DENOM, TestChain, testSigner } from "../../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());

const samples = sampleModels();
const iris = samples.findIndex(({ name }) => name === "iris");
const modelId = BigInt(iris + 1);
const [sample] = tensorsFromJson(samples[iris]!.sample.inputs);
const [alice, bob] = [testSigner("alice").address, testSigner("bob").address];
const ITEMS = 200;
const salt = sha256(new TextEncoder().encode("salt"));

/** The sample's first row, moved a little for each item. */
function item(index: number): Uint8Array {
  const width = sample!.dims[1]!;
  const row = new Float32Array(sample!.data.slice(0, 4 * width).buffer).map((value) => value + index / 100);
  return encodeTensors([{ ...sample!, dims: [1, width], data: new Uint8Array(row.buffer) }]);
}

const inputs = Array.from({ length: ITEMS }, (_, index) => item(index));

async function answers(): Promise<Uint8Array[]> {
  const file = samples[iris]!.file;
  const model = { hash: sha256(file), bytes: () => file };
  const outcomes = await Promise.all(
    inputs.map((bytes) => engine.run(model, { bytes, hash: sha256(bytes), units: 1n })),
  );
  return outcomes.map((outcome) => (outcome.status === "ok" ? outcome.encoded : new Uint8Array(0)));
}

const GAS = { amount: [{ denom: DENOM, amount: "500000" }], gasLimit: 20_000_000n };

class Net {
  readonly chains: readonly TestChain[];

  constructor(chains: readonly TestChain[]) {
    this.chains = chains;
  }

  /** The same block on all. @returns the first one's results */
  async block(name?: string, ...messages: ReturnType<typeof pack>[]) {
    const all = [];
    for (const chain of this.chains) {
      const txs = name ? [await chain.sign(name, messages, { fee: GAS })] : [];
      all.push(await chain.block(txs, { propose: true }));
    }
    const [first] = all;
    for (const { appHash } of all)
      if (!same(appHash, first!.appHash)) throw new RangeError("app hashes differ");
    for (const { code, log } of first!.txResults) if (code !== 0) throw new RangeError(log);
    return first!;
  }

  async job(jobId = 1n) {
    return (await this.chains[0]!.query(Query.methods.Job, { jobId })).job;
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

for (const isWrong of [false, true])
  t.test(
    `${ITEMS} items, ${isWrong ? "one of them wrong" : "all right"}, are refereed alike by a node that restarts`,
    async (t) => {
      const net = new Net(await Promise.all([TestChain.start({ engine }), TestChain.start({ engine })]));
      t.teardown(() => Promise.all(net.chains.map((chain) => chain.close())));
      await net.block();
      await net.block(
        "bob",
        pack(MsgRegisterOperator, {
          operator: bob,
          metadata: { moniker: "bob", endpoint: "", details: "" },
          capacity: 3,
          bond: { denom: DENOM, amount: "2000000000" },
        }),
        pack(MsgSetOffer, {
          operator: bob,
          modelId,
          verification: Verification.VERIFICATION_EXACT,
          unitPrice: "0",
          itemPrice: "100",
          maxItems: 10_000,
        }),
      );
      const posted = await net.block(
        "alice",
        pack(MsgPostJob, {
          requester: alice,
          modelId,
          verification: Verification.VERIFICATION_EXACT,
          items: inputs,
          maxPrice: { denom: DENOM, amount: "5000000" },
        }),
      );
      t.comment(`post: ${posted.txResults[0]!.gasUsed} gas`);
      while ((await net.job()).status === JobStatus.JOB_STATUS_POSTED) await net.block();
      const right = await answers();
      const said = right.map((output, index) => (isWrong && index === 150 ? flipped(output) : output));
      const leaves = leavesOf(said, inputs.map(sha256));
      const root = resultRootOf(leaves);
      const commitment = commitmentOf({
        jobId: 1n,
        operator: new AddressCodec("opg").parse(bob),
        root,
        salt,
      });
      await net.block("bob", pack(MsgCommit, { hotAddress: bob, jobId: 1n, commitment }));
      const { committedHeight, terms } = await net.job();
      while (net.chains[0]!.height < committedHeight + BigInt(terms.verdictBlocks)) await net.block();
      const revealed = await net.block(
        "bob",
        pack(MsgReveal, { hotAddress: bob, jobId: 1n, salt, items: said }),
      );
      t.comment(`reveal: ${revealed.txResults[0]!.gasUsed} gas`);
      t.equal(
        (await net.job()).status,
        JobStatus.JOB_STATUS_DISPUTED,
        "nobody judged: no votes carry verdicts here",
      );
      // What the engine knows by now is forgotten by one of them.
      await net.chains[1]!.reopen({ engine: await another(t) });
      while ((await net.job()).status === JobStatus.JOB_STATUS_DISPUTED) await net.block();
      t.equal(
        (await net.job()).status,
        isWrong ? JobStatus.JOB_STATUS_REFUTED : JobStatus.JOB_STATUS_SETTLED,
      );
      if (isWrong) return;
      const { items } = await net.chains[0]!.query(Query.methods.JobOutputs, { jobId: 1n });
      t.equal(items.length, ITEMS);
      await t.rejects(
        net.block("bob", pack(MsgChallenge, { challenger: bob, jobId: 1n })),
        /cannot be challenged/,
      );
    },
  );

async function another(t: { teardown: (end: () => unknown) => void }): Promise<CanonicalEngine> {
  const fresh = await CanonicalEngine.start();
  t.teardown(() => fresh.stop());
  return fresh;
}

function flipped(output: Uint8Array): Uint8Array {
  const other = output.slice();
  other[other.length - 4]! ^= 1;
  return other;
}
