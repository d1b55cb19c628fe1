/** Jobs judged by a node's own engine and settled by what it says in its votes: the whole way, on the real application. */
import t from "tap";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { encodeTensors } from "../../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../../chain/engine/tensor-json.ts";
import { boundsOf } from "../../../chain/modules/compute/bounds.ts";
import { commitmentOf, leavesOf, resultRootOf } from "../../../chain/modules/compute/hashes.ts";
import { AddressCodec } from "../../../chain/runtime/address.ts";
import { sha256 } from "../../../chain/store/sha256.ts";
import { pack } from "../../../client/index.ts";
import { sampleModels } from "../../../genesis/index.ts";
import { withDecoys } from "../../../node/operator/decoy.ts";
import type { MessageType } from "../../../proto/codec.ts";
import {
  type Job,
  JobStatus,
  MsgChallenge,
  MsgCommit,
  MsgOpen,
  MsgPostJob,
  MsgRegisterOperator,
  MsgReveal,
  MsgSetOffer,
  MsgSetTolerance,
  Query,
  Verification,
} from "../../../proto/gen/opg.compute.v1.ts";
import { DENOM, TestChain, testSigner } from "../chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
t.setTimeout(300_000);

const samples = sampleModels();
const IRIS = samples.findIndex(({ name }) => name === "iris");
const MODEL_ID = BigInt(IRIS + 1);
const SALT = new Uint8Array(32).fill(9);
const TOLERANCE = { absolute: "100000000000000", relative: "0" };
const STATUS_NAMES = new Map<number, string>(
  Object.entries(JobStatus).map(([name, value]) => [value, name.slice(11)]),
);
const address = (name: string) => testSigner(name).address;
const coin = (amount: bigint) => ({ denom: DENOM, amount: amount.toString() });
const OPERATOR = {
  metadata: { moniker: "op", endpoint: "", details: "" },
  capacity: 10,
  bond: coin(10_000_000_000n),
};

/** Items that differ: the sample's numbers, moved a little. */
function items(count: number): Uint8Array[] {
  const { inputs } = samples[IRIS]!.sample;
  return Array.from({ length: count }, (_, index) => {
    const [tensor] = tensorsFromJson(inputs);
    const data = new Float32Array(new Float32Array(tensor!.data.slice().buffer).map((x) => x + index / 8));
    return encodeTensors([{ ...tensor!, data: new Uint8Array(data.buffer) }]);
  });
}

async function answersOf(inputs: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const bytes = samples[IRIS]!.file;
  const model = { hash: sha256(bytes), bytes: () => bytes };
  return Promise.all(
    inputs.map(async (encoded) => {
      const outcome = await engine.run(model, { bytes: encoded, hash: sha256(encoded) });
      return outcome.status === "ok" ? outcome.encoded : new Uint8Array(0);
    }),
  );
}

class Market {
  readonly chain: TestChain;

  constructor(chain: TestChain) {
    this.chain = chain;
  }

  /** One validator, whose word is all there is; bob is the operator. */
  static async start(): Promise<Market> {
    const chain = await TestChain.start({
      engine,
      extensions: true,
      votes: "first secret",
      accounts: ["alice", "bob", "carol", "owner"],
      appState: (made) => {
        const { compute } = made as unknown as { compute: { params: { terms: object } } };
        const terms = { ...compute.params.terms, verdict_blocks: 6, reveal_blocks: 6, challenge_blocks: 3 };
        const params = { ...compute.params, terms, assign_blocks: 100, unbonding_blocks: 1_000 };
        return { ...made, compute: { ...compute, params } };
      },
    });
    const market = new Market(chain);
    await chain.block();
    await market.send("bob", MsgRegisterOperator, { ...OPERATOR, operator: address("bob") });
    await market.send("owner", MsgSetTolerance, { owner: address("owner"), modelId: MODEL_ID, ...TOLERANCE });
    for (const verification of [Verification.VERIFICATION_EXACT, Verification.VERIFICATION_TOLERANCE])
      await market.send("bob", MsgSetOffer, {
        operator: address("bob"),
        modelId: MODEL_ID,
        verification,
        unitPrice: "0",
        itemPrice: "100",
        maxItems: 100,
      });
    return market;
  }

  async send<T>(name: string, type: MessageType<T>, message: Partial<T>): Promise<void> {
    const tx = await this.chain.sign(name, [pack(type, message)]);
    const { txResults } = await this.chain.block([tx]);
    // Votes may stand before it.
    const result = txResults.at(-1)!;
    if (result.code !== 0) throw new RangeError(`${type.typeName}: ${result.log}`);
  }

  async post(verification: number, inputs: readonly Uint8Array[], maxPrice = 1_000_000n): Promise<bigint> {
    await this.send("alice", MsgPostJob, {
      requester: address("alice"),
      modelId: MODEL_ID,
      verification,
      items: inputs,
      maxPrice: coin(maxPrice),
    });
    const { jobs } = await this.chain.query(Query.methods.Jobs, { requester: address("alice") });
    return jobs.at(-1)!.id;
  }

  async job(jobId: bigint): Promise<Job> {
    return (await this.chain.query(Query.methods.Job, { jobId })).job;
  }

  async until(jobId: bigint, status: string, most = 30): Promise<Job> {
    for (let blocks = 0; blocks < most; blocks++) {
      const job = await this.job(jobId);
      if (STATUS_NAMES.get(job.status) === status) return job;
      await this.chain.block();
    }
    throw new RangeError(
      `job ${jobId} is ${STATUS_NAMES.get((await this.job(jobId)).status)}, not ${status}`,
    );
  }

  async verdicts(jobId: bigint) {
    return (await this.chain.query(Query.methods.Verdicts, { jobId })).verdicts;
  }

  /** Blocks until the validator's word stands, as `isThere` has it. */
  async said(jobId: bigint, isThere = (choices: Uint8Array) => choices.length === 0): Promise<void> {
    for (let blocks = 0; blocks < 15; blocks++) {
      const verdicts = await this.verdicts(jobId);
      if (verdicts.length === 1 && isThere(verdicts[0]!.choices)) return;
      await this.chain.block();
    }
    throw new RangeError(`nothing was said of job ${jobId}`);
  }

  async commit(jobId: bigint, inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]): Promise<void> {
    const leaves = leavesOf(outputs, inputs.map(sha256));
    const operator = new AddressCodec("opg").parse(address("bob"), "operator");
    const commitment = commitmentOf({ jobId, operator, root: resultRootOf(leaves), salt: SALT });
    await this.send("bob", MsgCommit, { hotAddress: address("bob"), jobId, commitment });
  }
}

function flipped(outputs: readonly Uint8Array[]): Uint8Array[] {
  const [first, ...others] = outputs;
  const wrong = first!.slice();
  wrong[wrong.length - 1]! ^= 1;
  return [wrong, ...others];
}

t.test("an EXACT job is judged by the engine, said in a vote, and settles", async (t) => {
  const market = await Market.start();
  t.teardown(() => market.chain.close());
  const inputs = items(5);
  const outputs = await answersOf(inputs);
  const id = await market.post(Verification.VERIFICATION_EXACT, inputs);
  await market.until(id, "ASSIGNED");
  await market.commit(id, inputs, outputs);
  await market.said(id);
  await market.send("bob", MsgReveal, { hotAddress: address("bob"), jobId: id, salt: SALT, items: outputs });
  await market.until(id, "VERIFIED");
  t.ok((await market.verdicts(id))[0]!.agrees);
  await market.until(id, "SETTLED");
});

t.test("an EXACT job that is wrong by one bit goes to the referee, and is refuted", async (t) => {
  const market = await Market.start();
  t.teardown(() => market.chain.close());
  const inputs = items(3);
  const outputs = flipped(await answersOf(inputs));
  const id = await market.post(Verification.VERIFICATION_EXACT, inputs);
  await market.until(id, "ASSIGNED");
  await market.commit(id, inputs, outputs);
  await market.said(id);
  await market.send("bob", MsgReveal, { hotAddress: address("bob"), jobId: id, salt: SALT, items: outputs });
  await market.until(id, "REFUTED");
  const { operator } = await market.chain.query(Query.methods.Operator, { operator: address("bob") });
  t.equal(operator.record.refuted, 1n);
  t.not(operator.record.slashed, "0");
});

t.test("a right EXACT job that is challenged settles once the referee has run it", async (t) => {
  const market = await Market.start();
  t.teardown(() => market.chain.close());
  const inputs = items(3);
  const outputs = await answersOf(inputs);
  const id = await market.post(Verification.VERIFICATION_EXACT, inputs);
  await market.until(id, "ASSIGNED");
  await market.commit(id, inputs, outputs);
  await market.said(id);
  await market.send("bob", MsgReveal, { hotAddress: address("bob"), jobId: id, salt: SALT, items: outputs });
  await market.until(id, "VERIFIED");
  await market.send("carol", MsgRegisterOperator, { ...OPERATOR, operator: address("carol") });
  await market.send("carol", MsgChallenge, { challenger: address("carol"), jobId: id });
  await market.until(id, "SETTLED");
});

for (const isRight of [true, false])
  t.test(
    `a TOLERANCE job that is ${isRight ? "right" : "wrong"} is judged among decoys, also over a restart`,
    async (t) => {
      const market = await Market.start();
      t.teardown(() => market.chain.close());
      const inputs = items(4);
      const own = await answersOf(inputs);
      const outputs = isRight ? own : await answersOf(items(5).slice(1));
      const id = await market.post(Verification.VERIFICATION_TOLERANCE, inputs);
      await market.until(id, "ASSIGNED");
      await market.commit(id, inputs, outputs);
      await market.chain.block();
      const shown = withDecoys(
        outputs,
        { jobId: id, salt: SALT },
        boundsOf({ ...TOLERANCE, sameArgmax: false }),
      );
      await market.send("bob", MsgReveal, { hotAddress: address("bob"), jobId: id, items: shown });
      await market.said(id);
      await market.chain.reopen();
      await market.said(id, (choices) => choices.length === inputs.length);
      await market.send("bob", MsgOpen, { hotAddress: address("bob"), jobId: id, salt: SALT });
      const { choices } = (await market.verdicts(id))[0]!;
      t.ok(
        choices.every((choice) => (choice === 2) === !isRight),
        `${choices}`,
      );
      await market.until(id, isRight ? "SETTLED" : "REFUTED");
    },
  );

t.test(
  "while a job waits, contributions make a value in every block; who lost its secret is bound anew",
  async (t) => {
    const market = await Market.start();
    t.teardown(() => market.chain.close());
    const { chain } = market;
    /** Whether each of the next blocks has a value. */
    const values = async (blocks: number): Promise<boolean[]> => {
      const had: boolean[] = [];
      for (let i = 0; i < blocks; i++) {
        const events = (await chain.block()).txResults.flatMap((result) => result.events);
        const said = events.find(({ type }) => type === "vote_extensions")?.attributes ?? [];
        had.push(said.some(({ key }) => key === "beacon"));
      }
      return had;
    };
    await chain.block();
    t.notOk((await values(3)).includes(true), "nothing is told while no job waits");
    // Nobody offers it for so little.
    const id = await market.post(Verification.VERIFICATION_EXACT, items(1), 1n);
    t.strictSame(await values(7), [false, true, true, true, true, true, true]);
    await chain.reopen();
    t.notOk((await values(4)).includes(false), "a restart changes nothing");
    await chain.reopen({ votes: "another secret" });
    const after = await values(6);
    t.ok(after.includes(false));
    t.strictSame(after.slice(-3), [true, true, true]);
    t.equal(STATUS_NAMES.get((await market.job(id)).status), "POSTED");
  },
);
