/**
 * The slice that everything stands on, under real CometBFT and through the SDK alone: coins are sent, a model is uploaded
 * and published, every validator runs it inside a block, the fee is split, and the receipt is proven.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { createModules } from "../../chain/modules/index.ts";
import {
  addressOf,
  defaultRegistry,
  formatReport,
  headerHash,
  keySigner,
  LightClient,
  OpgClient,
  PrivateKey,
  queryVerified,
  singlePublicKey,
  tensorsFromJson,
  verifyKeptReceipt,
  verifyReceipt,
} from "../../client/index.ts";
import { addGenesisValidator, type GenesisDocument } from "../../genesis/index.ts";
import { type JsonObject, toJson } from "../../proto/json.ts";
import { type NodePlace, startNet, testBinary, tsx } from "../e2e/net.ts";
import { plainGenesis } from "../e2e/places.ts";

t.setTimeout(300_000);
const skip = (await testBinary()) === undefined ? "no CometBFT and no Go to build it" : false;
const CHAIN = "slice-1";
const key = new PrivateKey(sha256(Uint8Array.of(42)));
const me = addressOf(singlePublicKey(key.publicKey), "opg");
const other = addressOf(singlePublicKey(new PrivateKey(sha256(Uint8Array.of(43))).publicKey), "opg");

function genesis(nodes: readonly NodePlace[]): object {
  const document = plainGenesis(nodes, CHAIN) as {
    validators: { pub_key: { value: string }; power: string }[];
  };
  const coins = [{ denom: "uopg", amount: "1000000000000" }];
  const account = {
    "@type": "/cosmos.auth.v1beta1.BaseAccount",
    address: me,
    pub_key: null,
    account_number: "0",
    sequence: "0",
  };
  const bare = {
    ...document,
    app_state: appState({
      auth: { accounts: [account] },
      bank: { balances: [{ address: me, coins }], supply: coins },
    }),
  } as unknown as GenesisDocument;
  return document.validators.reduce(
    (genesis, { pub_key, power }, index) =>
      addGenesisValidator(genesis, {
        moniker: `v${index}`,
        consensusKey: new Uint8Array(Buffer.from(pub_key.value, "base64")),
        power: BigInt(power),
        operator: addressOf(
          singlePublicKey(new PrivateKey(sha256(Uint8Array.of(100 + index))).publicKey),
          "opg",
        ),
      }),
    bare,
  );
}

/** Every module's default, with what is given over it. */
function appState(given: Readonly<Record<string, JsonObject>>): JsonObject {
  const registry = defaultRegistry();
  const defaults = createModules().all.flatMap(({ name, genesis: part }) =>
    part
      ? [[name, { ...(toJson(part.type, part.default(), registry) as JsonObject), ...given[name] }] as const]
      : [],
  );
  return Object.fromEntries(defaults);
}

t.test("a model is sold and its answer proven on a chain of two validators", { skip }, async (t) => {
  const net = await startNet({
    validators: 2,
    chainId: CHAIN,
    genesis,
    app: (node) => {
      const address = `tcp://127.0.0.1:${node.abciPort}`;
      return {
        ...tsx("test/client/chain-app.ts", address, "grpc", join(node.home, "app"), CHAIN),
        address,
        transport: "grpc",
      };
    },
  });
  t.teardown(() => net.stop());
  await net.waitHeight(2n, { timeoutMs: 90_000 });
  const url = `http://127.0.0.1:${net.nodes[0]!.rpcPort}`;
  const client = await OpgClient.connect(url, { signer: keySigner(key, "opg"), gasPrice: "0.025uopg" });
  t.equal(client.chainId, CHAIN);

  const sent = await client.send(other, [{ denom: "uopg", amount: "5000" }]);
  t.equal(await client.balance("uopg", other), 5000n);
  t.ok(sent.height > 0n);
  await t.rejects(client.send(other, [{ denom: "uopg", amount: "9000000000000" }]), {
    name: "TxFailedError",
    stage: "simulate",
    codespace: "sdk",
    code: 5,
  });

  const bytes = readFileSync("genesis/models/iris.onnx");
  const sample = JSON.parse(readFileSync("genesis/models/iris.json", "utf8")) as {
    sample: { inputs: object };
  };
  const modelId = await client.uploadModel({
    bytes,
    metadata: { name: "iris", description: "", uri: "", license: "" },
    price: { denom: "uopg", amount: "100" },
  });
  const [model] = await client.models();
  t.equal(model?.id, modelId);
  const inputs = tensorsFromJson(sample.sample.inputs);
  const answer = await client.infer({ modelId, inputs });
  t.ok(answer.ok && answer.outputs.length > 0);

  const start = await client.rpc.commit(1n);
  const light = await LightClient.create({
    chainId: CHAIN,
    trusted: { height: 1n, hash: headerHash(start.header) },
    primary: client.rpc,
    trustingPeriod: 86_400n,
  });
  const { receiptId, outputs, height } = answer;
  const proven = await verifyReceipt({
    light,
    rpc: client.rpc,
    receiptId,
    inputs,
    outputs,
    modelHash: sha256(bytes),
    height,
  });
  t.comment(formatReport(proven.report));
  t.equal(proven.receipt.requester, me);
  t.equal(proven.receipt.fee.amount, answer.fee.amount);
  t.strictSame(proven.receipt.outputHash, answer.outputHash);

  const kept = await client.query.inference.receiptProof({ receiptId });
  const again = await verifyKeptReceipt({ light, rpc: client.rpc, kept, inputs });
  t.strictSame(again.receipt, proven.receipt);
  const absent = await queryVerified({
    light,
    rpc: client.rpc,
    store: "inference",
    key: new TextEncoder().encode("no such key"),
  });
  t.equal(absent.value, undefined);

  const many = await Promise.all(Array.from({ length: 12 }, () => client.infer({ modelId, inputs })));
  t.equal(new Set(many.map((each) => each.receiptId)).size, 12);
  t.equal(new Set(many.map((each) => each.outputHash.join())).size, 1, "the same bytes every time");
  await net.waitBlocks(1);
  await net.compareAppHashes();
});
