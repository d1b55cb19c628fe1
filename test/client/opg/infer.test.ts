import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import {
  addressOf,
  encodeTensors,
  keySigner,
  type NamedTensor,
  OpgClient,
  PrivateKey,
  singlePublicKey,
  tensorFromJson,
} from "../../../client/index.ts";
import * as inference from "../../../proto/gen/opg.inference.v1.ts";
import { FakeChain } from "./chain.ts";

const key = new PrivateKey(sha256(Uint8Array.of(1)));
const me = addressOf(singlePublicKey(key.publicKey), "opg");
const inputs = [tensorFromJson("X", { dtype: "float32", dims: [1, 4], data: [5.1, 3.5, 1.4, 0.2] })];
const outputs: NamedTensor[] = [tensorFromJson("label", { dtype: "int64", dims: [1], data: [2] })];

async function connect(
  answer: Partial<inference.MsgInferResponse>,
): Promise<{ chain: FakeChain; client: OpgClient; asked: inference.MsgInfer[] }> {
  const chain = new FakeChain(me);
  const asked: inference.MsgInfer[] = [];
  chain.on(inference.Query.methods.Quote, () => ({
    computeUnits: 10n,
    fee: { denom: "uopg", amount: "1001" },
  }));
  chain.execute = ({ value }) => {
    asked.push(inference.MsgInfer.decode(value));
    const response = inference.MsgInferResponse.create({
      receiptId: 4n,
      fee: { denom: "uopg", amount: "900" },
      computeUnits: 10n,
      ...answer,
    });
    return {
      typeUrl: inference.MsgInferResponse.typeUrl,
      value: inference.MsgInferResponse.encode(response),
    };
  };
  const client = await OpgClient.connect("http://fake", {
    signer: keySigner(key, "opg"),
    rpc: { fetch: chain.fetch },
  });
  return { chain, client, asked };
}

const encoded = encodeTensors(outputs);
const ok = { status: inference.Status.STATUS_OK, outputs: encoded, outputHash: sha256(encoded) };

t.test(
  "inputs are encoded, at most a quarter over the quote is offered, and the answer is decoded",
  async (t) => {
    const { client, asked } = await connect(ok);
    const answer = await client.infer({ modelId: 3n, inputs, tags: ["a"], app: "shop" });
    t.match(answer, {
      receiptId: 4n,
      ok: true,
      computeUnits: 10n,
      height: 6n,
      fee: { denom: "uopg", amount: "900" },
    });
    t.strictSame(answer.outputs, outputs);
    t.match(asked.at(-1), {
      requester: me,
      modelId: 3n,
      maxFee: { denom: "uopg", amount: "1252" },
      app: "shop",
      tags: ["a"],
      mode: 1,
    });
    t.strictSame(asked.at(-1)?.inputs, encodeTensors(inputs));
  },
);

t.test("a maxFee that is given is the one offered, without asking for a quote", async (t) => {
  const { client, asked, chain } = await connect(ok);
  chain.on(inference.Query.methods.Quote, () => ({ code: 1, codespace: "x", log: "not asked" }));
  await client.infer({ modelId: 3n, inputs, maxFee: { denom: "uopg", amount: "5" } });
  t.equal(asked.at(-1)?.maxFee.amount, "5");
});

t.test("an engine error is an answer without outputs", async (t) => {
  const { client } = await connect({ status: inference.Status.STATUS_ENGINE_ERROR });
  const answer = await client.infer({ modelId: 3n, inputs });
  t.match(answer, { ok: false, outputs: [], receiptId: 4n });
});

t.test("outputs that do not have their hash are refused", async (t) => {
  const { client } = await connect({ ...ok, outputHash: sha256(Uint8Array.of(1)) });
  await t.rejects(client.infer({ modelId: 3n, inputs }), {
    code: "unexpected_response",
    message: /do not have the hash/,
  });
});

t.test("inputs that are no tensors are refused before anything is sent", async (t) => {
  const { client, chain } = await connect(ok);
  const broken = { name: "X", dtype: "float32", dims: [2], data: new Uint8Array(4) } as const;
  await t.rejects(client.infer({ modelId: 3n, inputs: [broken] }), /X/);
  t.equal(chain.sent.length, 0);
});
