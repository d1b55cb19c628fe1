/** gRPC and REST of a node under real CometBFT: blocks, validators, transactions sent and found. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { credentials, makeClientConstructor } from "@grpc/grpc-js";
import { base64 } from "@scure/base";
import t from "tap";
import { defaultRegistry, OpgClient, pack, signTx } from "../../client/index.ts";
import { APP_TOML, withGateways } from "../../node/config/app-toml.ts";
import { freePorts } from "../../node/run/ports.ts";
import { MsgSend } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { Service as CometService } from "../../proto/gen/cosmos.base.tendermint.v1beta1.ts";
import { DENOM, testSigner } from "../chain/chain.ts";
import { testBinary } from "./net.ts";
import { CHAIN, startOpgdNet } from "./opgd-net.ts";

const skip = (await testBinary()) === undefined ? "no CometBFT and no Go to build it" : false;

t.test("what wallets and explorers ask of a node", { skip }, async (t) => {
  const [grpc, api] = (await freePorts(2)) as readonly [number, number];
  const net = await startOpgdNet(1, {
    prepare: ([node]) =>
      writeFileSync(join(node!.home, "config", "app.toml"), withGateways(APP_TOML, grpc, api)),
  });
  t.teardown(() => net.stop());
  await net.waitHeight(2);
  const url = `http://127.0.0.1:${api}`;
  const get = async (path: string) => {
    const response = await fetch(`${url}${path}`);
    return { status: response.status, json: (await response.json()) as never };
  };
  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
    return { status: response.status, json: (await response.json()) as never };
  };

  t.match(await get("/cosmos/base/tendermint/v1beta1/node_info"), {
    status: 200,
    json: { default_node_info: { network: CHAIN }, application_version: { app_name: "opgd" } },
  });
  t.same((await get("/cosmos/base/tendermint/v1beta1/syncing")).json, { syncing: false });
  t.match((await get("/cosmos/base/tendermint/v1beta1/blocks/1")).json, {
    block: { header: { height: "1", chain_id: CHAIN } },
    sdk_block: { header: { height: "1", proposer_address: /^opgvalcons1/ } },
  });
  t.match((await get("/cosmos/base/tendermint/v1beta1/blocks/latest")).json, {
    block: { data: { txs: [] } },
  });
  t.match(await get("/cosmos/base/tendermint/v1beta1/blocks/99999"), { status: 404, json: { code: 5 } });
  t.match((await get("/cosmos/base/tendermint/v1beta1/validatorsets/latest")).json, {
    validators: [
      {
        address: /^opgvalcons1/,
        pub_key: { "@type": "/cosmos.crypto.ed25519.PubKey" },
        voting_power: /^\d+$/,
      },
    ],
    pagination: { total: "1" },
  });
  t.match((await get("/cosmos/base/node/v1beta1/config")).json, { minimum_gas_price: /uopg$/ });

  const client = await OpgClient.connect(net.rpcUrl(0), { signer: testSigner("alice") });
  t.teardown(() => client.close());
  const alice = testSigner("alice").address;
  const { json: account } = await get(`/cosmos/auth/v1beta1/accounts/${alice}`);
  const { account_number, sequence } = (account as { account: { account_number: string; sequence: string } })
    .account;
  const tx = await signTx(
    {
      messages: [
        pack(MsgSend, {
          fromAddress: alice,
          toAddress: testSigner("bob").address,
          amount: [{ denom: DENOM, amount: "7" }],
        }),
      ],
      fee: { amount: [{ denom: DENOM, amount: "5000" }], gasLimit: 200_000n },
    },
    [
      {
        signer: testSigner("alice"),
        chainId: CHAIN,
        accountNumber: BigInt(account_number),
        sequence: BigInt(sequence),
      },
    ],
    defaultRegistry(),
  );
  t.match((await post("/cosmos/tx/v1beta1/simulate", { tx_bytes: base64.encode(tx) })).json, {
    gas_info: { gas_used: /^\d{5,6}$/ },
  });
  const sent = await post("/cosmos/tx/v1beta1/txs", {
    tx_bytes: base64.encode(tx),
    mode: "BROADCAST_MODE_SYNC",
  });
  const { txhash } = (sent.json as { tx_response: { code: number; txhash: string } }).tx_response;
  t.match(sent.json, { tx_response: { code: 0, txhash: /^[0-9A-F]{64}$/ } });
  await net.waitBlocks(2);
  const found = await get(`/cosmos/tx/v1beta1/txs/${txhash}`);
  t.match(found.json, {
    tx: { body: { messages: [{ "@type": MsgSend.typeUrl, amount: [{ amount: "7" }] }] } },
    tx_response: { txhash, code: 0, timestamp: /^20.*Z$/, tx: { "@type": "/cosmos.tx.v1beta1.Tx" } },
  });
  const { height } = (found.json as { tx_response: { height: string } }).tx_response;
  const query = encodeURIComponent(`message.sender='${alice}'`);
  t.match((await get(`/cosmos/tx/v1beta1/txs?query=${query}&limit=5`)).json, {
    tx_responses: [{ txhash }],
    total: "1",
  });
  t.match((await get(`/cosmos/tx/v1beta1/txs?events=${query}`)).json, { txs: [{ signatures: [/./] }] });
  t.match((await get(`/cosmos/tx/v1beta1/txs/block/${height}`)).json, {
    txs: [{ body: {} }],
    block: { header: { height } },
    pagination: { total: "1" },
  });
  t.match(await get(`/cosmos/tx/v1beta1/txs/${"0".repeat(64)}`), { status: 404, json: { code: 5 } });
  t.match(await post("/cosmos/tx/v1beta1/txs", { tx_bytes: base64.encode(tx), mode: 2 }), {
    status: 400,
    json: { message: /in cache|tx already/ },
  });

  const { GetSyncing } = CometService.methods;
  const Client = makeClientConstructor(
    {
      GetSyncing: {
        path: GetSyncing.path,
        requestStream: false,
        responseStream: false,
        requestSerialize: (value) => Buffer.from(GetSyncing.request.encode(value)),
        requestDeserialize: (bytes) => GetSyncing.request.decode(bytes),
        responseSerialize: (value) => Buffer.from(GetSyncing.response.encode(value)),
        responseDeserialize: (bytes) => GetSyncing.response.decode(bytes),
      },
    },
    "Service",
  );
  const caller = new Client(`127.0.0.1:${grpc}`, credentials.createInsecure());
  t.teardown(() => caller.close());
  const answer = await new Promise((resolve, reject) =>
    caller["GetSyncing"]!({}, (error: Error | null, response: unknown) =>
      error ? reject(error) : resolve(response),
    ),
  );
  t.same(answer, { syncing: false });
});
