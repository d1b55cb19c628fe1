/** The market through the SDK, on a chain in memory: what is sent by default, what is waited for, and what is told. */
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import {
  addressOf,
  encodeTensors,
  keySigner,
  MarketError,
  type NamedTensor,
  OpgClient,
  PrivateKey,
  singlePublicKey,
  tensorFromJson,
} from "../../../client/index.ts";
import {
  Job,
  JobStatus,
  MsgPostJob,
  MsgPostJobResponse,
  Query,
  type QueryQuoteResponse,
  Verification,
} from "../../../proto/gen/opg.compute.v1.ts";
import { FakeChain } from "../opg/chain.ts";

const key = new PrivateKey(sha256(Uint8Array.of(1)));
const me = addressOf(singlePublicKey(key.publicKey), "opg");
const item = (value: number): NamedTensor[] => [
  tensorFromJson("X", { dtype: "float32", dims: [1, 1], data: [value] }),
];
const quoted = { operators: 2, lowest: 100n, highest: 900n };

interface Rig {
  readonly client: OpgClient;
  readonly posted: MsgPostJob[];
  /** Statuses that the next looks at a job find; the last one stays. */
  statuses: number[];
}

async function rig(quote = quoted): Promise<Rig> {
  const chain = new FakeChain(me);
  const posted: MsgPostJob[] = [];
  const coin = (amount: bigint) => ({ denom: "uopg", amount: amount.toString() });
  chain.on(
    Query.methods.Quote,
    (): Partial<QueryQuoteResponse> => ({
      operators: quote.operators,
      lowestPrice: coin(quote.lowest),
      highestPrice: coin(quote.highest),
    }),
  );
  const made: Rig = { client: undefined as never, posted, statuses: [] };
  chain.on(Query.methods.Job, ({ jobId }) => {
    const status = made.statuses.length > 1 ? made.statuses.shift()! : made.statuses[0]!;
    return { job: Job.create({ id: jobId, status, dueHeight: 44n }) };
  });
  chain.on(Query.methods.JobOutputs, () => ({ items: [encodeTensors(item(9)), new Uint8Array(0)] }));
  chain.execute = ({ value }) => {
    posted.push(MsgPostJob.decode(value));
    const response = MsgPostJobResponse.create({ jobId: 6n });
    return { typeUrl: MsgPostJobResponse.typeUrl, value: MsgPostJobResponse.encode(response) };
  };
  const client = await OpgClient.connect("http://fake", {
    signer: keySigner(key, "opg"),
    rpc: { fetch: chain.fetch },
  });
  return Object.assign(made, { client });
}

t.test(
  "a job goes out with canonical items, and by default at twice the lowest price and no more than the highest",
  async (t) => {
    const { client, posted } = await rig();
    const { jobId, maxPrice } = await client.market.postJob({
      modelId: 3n,
      items: [item(1), item(2)],
      app: "shop",
    });
    t.equal(jobId, 6n);
    t.strictSame(maxPrice, { denom: "uopg", amount: "200" });
    t.match(posted.at(-1), {
      requester: me,
      modelId: 3n,
      verification: Verification.VERIFICATION_EXACT,
      items: [encodeTensors(item(1)), encodeTensors(item(2))],
      deadlineBlocks: 0,
      app: "shop",
    });
    const narrow = await rig({ operators: 1, lowest: 100n, highest: 150n });
    t.equal((await narrow.client.market.postJob({ modelId: 3n, items: [item(1)] })).maxPrice.amount, "150");
  },
);

t.test("what nobody offers is not posted, unless a price is given", async (t) => {
  const { client, posted } = await rig({ operators: 0, lowest: 0n, highest: 0n });
  const job = { modelId: 3n, items: [item(1)] };
  await t.rejects(client.market.postJob(job), { name: "MarketError", code: "no_offer" });
  await t.rejects(client.market.postJob({ ...job, items: [] }), { code: "invalid_job" });
  t.equal(posted.length, 0);
  await client.market.postJob({ ...job, maxPrice: { denom: "uopg", amount: "5" } });
  t.equal(posted.at(-1)?.maxPrice.amount, "5");
});

t.test("a job is waited for until its end, or until a status that is asked for", async (t) => {
  const { POSTED, ASSIGNED, COMMITTED, VERIFIED, SETTLED } = {
    POSTED: JobStatus.JOB_STATUS_POSTED,
    ASSIGNED: JobStatus.JOB_STATUS_ASSIGNED,
    COMMITTED: JobStatus.JOB_STATUS_COMMITTED,
    VERIFIED: JobStatus.JOB_STATUS_VERIFIED,
    SETTLED: JobStatus.JOB_STATUS_SETTLED,
  };
  const made = await rig();
  const { market } = made.client;
  made.statuses = [POSTED, ASSIGNED, ASSIGNED, COMMITTED, VERIFIED, SETTLED];
  const seen: number[] = [];
  const onStatus = ({ status }: Job) => seen.push(status);
  await market.waitForJob(6n, { intervalMs: 1, onStatus });
  t.strictSame(seen, [POSTED, ASSIGNED, COMMITTED, VERIFIED, SETTLED]);
  made.statuses = [COMMITTED, VERIFIED, SETTLED];
  t.equal((await market.waitForJob(6n, { intervalMs: 1, until: [VERIFIED] })).status, VERIFIED);
  made.statuses = [SETTLED];
  t.strictSame(await market.result(6n), [item(9), undefined], "an item that could not be run is undefined");
});

t.test("another end, or none in time, is told with the job", async (t) => {
  const made = await rig();
  const { market } = made.client;
  made.statuses = [JobStatus.JOB_STATUS_REFUTED];
  await t.rejects(market.result(6n), { code: "not_settled", message: /job 6 is refuted; .*given back/ });
  made.statuses = [JobStatus.JOB_STATUS_COMMITTED];
  const late = await market.waitForJob(6n, { intervalMs: 1, timeoutMs: 5 }).catch((error: unknown) => error);
  t.ok(late instanceof MarketError);
  t.match(late, { code: "still_open", job: { id: 6n }, message: /committed after 5 ms; .*height 44/ });
});
