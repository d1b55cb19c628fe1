/** gRPC, reflection and REST on a real application, by clients that are not ours where there are some. */
import { credentials, Metadata, makeClientConstructor } from "@grpc/grpc-js";
import t from "tap";
import { CanonicalEngine } from "../../../chain/engine/engine.ts";
import { pack } from "../../../client/index.ts";
import { startGateways } from "../../../node/gateway/index.ts";
import { openApi } from "../../../node/gateway/openapi.ts";
import { catalogueOf } from "../../../node/gateway/start.ts";
import type { AnyMethod, Method } from "../../../proto/codec.ts";
import { Query as AuthQuery } from "../../../proto/gen/cosmos.auth.v1beta1.ts";
import { Query as BankQuery, MsgSend } from "../../../proto/gen/cosmos.bank.v1beta1.ts";
import { Service as TxService } from "../../../proto/gen/cosmos.tx.v1beta1.ts";
import {
  ServerReflectionRequest as Request,
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from "../../../proto/gen/grpc.reflection.v1.ts";
import { DENOM, FUNDS, TestChain, testSigner } from "../../chain/chain.ts";

const engine = await CanonicalEngine.start();
t.teardown(() => engine.stop());
const chain = await TestChain.start({ engine });
t.teardown(() => chain.close());
await chain.block();
const alice = testSigner("alice").address;
await chain.run("alice", MsgSend, {
  fromAddress: alice,
  toAddress: testSigner("bob").address,
  amount: [{ denom: DENOM, amount: "7" }],
});

const deps = {
  app: chain.app,
  router: chain.router,
  // Nobody answers there: what needs CometBFT is tested with it, in test/e2e.
  rpcUrl: "http://127.0.0.1:9",
  prefix: "opg",
};
const gateways = await startGateways(
  {
    grpc: { address: "127.0.0.1:0", maxReceiveBytes: 1_000_000, maxSendBytes: 10_000_000 },
    rest: { host: "127.0.0.1", port: 0, cors: true, openApi: true, maxBodyBytes: 1_000_000 },
  },
  deps,
);
t.teardown(() => gateways.stop());

const clientOf = (methods: readonly AnyMethod[]) => {
  const definition = Object.fromEntries(
    methods.map((method) => [
      method.name,
      {
        path: method.path,
        requestStream: method.clientStreaming,
        responseStream: method.serverStreaming,
        requestSerialize: (value: unknown) => Buffer.from(method.request.encode(value)),
        requestDeserialize: (bytes: Buffer): unknown => method.request.decode(bytes),
        responseSerialize: (value: unknown) => Buffer.from(method.response.encode(value)),
        responseDeserialize: (bytes: Buffer): unknown => method.response.decode(bytes),
      },
    ]),
  );
  const Client = makeClientConstructor(definition, "Service");
  const client = new Client(gateways.grpcAddress!, credentials.createInsecure());
  t.teardown(() => client.close());
  return client;
};

interface Called<Response> {
  readonly response: Response | undefined;
  readonly code: number;
  readonly details: string;
  readonly height: string | undefined;
}

function call<Q, R>(method: Method<Q, R>, request: Partial<Q>, height?: string): Promise<Called<R>> {
  const metadata = new Metadata();
  if (height !== undefined) metadata.set("x-cosmos-block-height", height);
  const client = clientOf([method]);
  return new Promise((resolve) => {
    let seen: string | undefined;
    const stream = client[method.name]!(
      method.request.create(request),
      metadata,
      (error: { code: number; details: string } | null, response?: R) =>
        setImmediate(() =>
          resolve({ response, code: error?.code ?? 0, details: error?.details ?? "", height: seen }),
        ),
    );
    stream.on("metadata", (header: Metadata) => {
      seen = header.get("x-cosmos-block-height")[0]?.toString();
    });
  });
}

t.test("gRPC answers queries, at the height that is asked for, and says which", async (t) => {
  const { methods } = BankQuery;
  const newest = await call(methods.Balance, { address: alice, denom: DENOM });
  t.equal(newest.response!.balance!.amount, String(FUNDS - 5007n));
  t.equal(newest.height, "2");
  const before = await call(methods.Balance, { address: alice, denom: DENOM }, "1");
  t.equal(before.response!.balance!.amount, String(FUNDS));
  t.equal(before.height, "1");
});

t.test("gRPC says faults by its codes", async (t) => {
  const { methods } = AuthQuery;
  t.match(await call(methods.Account, { address: "x" }), { code: 3, details: /address/ });
  t.match(await call(methods.Account, { address: testSigner("nobody").address }), {
    code: 5,
    details: /codespace sdk code 22/,
  });
  t.match(await call(methods.Account, { address: alice }, "99"), { code: 3 });
  t.match(await call(methods.Account, { address: alice }, "-1"), {
    code: 3,
    details: /x-cosmos-block-height/,
  });
  t.match(await call(TxService.methods.GetTx, { hash: "zz" }), { code: 3, details: /64 hexadecimal/ });
  t.match(await call(TxService.methods.GetTx, { hash: "00".repeat(32) }), { code: 14 });
  t.match(await call(TxService.methods.BroadcastTx, { txBytes: Uint8Array.of(1) }), {
    code: 3,
    details: /BROADCAST_MODE_SYNC/,
  });
});

t.test("gRPC simulates", async (t) => {
  const message = pack(MsgSend, {
    fromAddress: alice,
    toAddress: testSigner("bob").address,
    amount: [{ denom: DENOM, amount: "7" }],
  });
  const txBytes = await chain.sign("alice", [message]);
  const { response } = await call(TxService.methods.Simulate, { txBytes });
  t.ok(response!.gasInfo!.gasUsed > 50_000n);
  const decoded = await call(TxService.methods.TxDecode, { txBytes });
  t.equal(decoded.response!.tx!.body!.messages[0]!.typeUrl, MsgSend.typeUrl);
  t.match(await call(TxService.methods.TxDecode, { txBytes: Uint8Array.of(255) }), { code: 3 });
});

t.test("reflection describes all that is served, as protobufjs understands it", async (t) => {
  const client = clientOf([ServerReflection.methods.ServerReflectionInfo]);
  const ask = (request: Partial<ServerReflectionRequest>): Promise<ServerReflectionResponse> =>
    new Promise((resolve, reject) => {
      const stream = client["ServerReflectionInfo"]!();
      stream.on("data", (response: ServerReflectionResponse) => {
        resolve(response);
        stream.end();
      });
      stream.on("error", reject);
      stream.write(Request.create(request));
    });
  const { listServicesResponse } = await ask({ listServices: "" });
  const names = listServicesResponse!.service.map(({ name }) => name);
  for (const name of [
    "cosmos.bank.v1beta1.Query",
    "cosmos.tx.v1beta1.Service",
    "grpc.reflection.v1alpha.ServerReflection",
    "opg.inference.v1.Query",
  ])
    t.ok(names.includes(name), name);
  const descriptor = (await import("protobufjs/ext/descriptor/index.js")).default as unknown as {
    readonly FileDescriptorProto: { decode(bytes: Uint8Array): unknown };
  };
  for (const symbol of names) {
    const { fileDescriptorResponse } = await ask({ fileContainingSymbol: symbol });
    const files = fileDescriptorResponse!.fileDescriptorProto;
    const file = files.map((bytes) => descriptor.FileDescriptorProto.decode(bytes));
    const { default: protobuf } = await import("protobufjs");
    const root = (
      protobuf.Root as unknown as { fromDescriptor(set: unknown): InstanceType<typeof protobuf.Root> }
    ).fromDescriptor({ file });
    root.resolveAll();
    t.ok(Object.keys(root.lookupService(symbol).methods).length > 0, symbol);
  }
  t.match(await ask({ fileContainingSymbol: "no.such.Thing" }), { errorResponse: { errorCode: 5 } });
  t.match(await ask({ fileByFilename: "cosmos/bank/v1beta1.proto" }), { fileDescriptorResponse: {} });
});

const get = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
  const response = await fetch(`${gateways.restUrl}${path}`, { headers });
  return { status: response.status, headers: response.headers, json: (await response.json()) as never };
};

t.test("REST answers by the gateway's routes, in its JSON", async (t) => {
  const { status, json, headers } = await get(`/cosmos/bank/v1beta1/balances/${alice}`);
  t.equal(status, 200);
  t.same(json, {
    balances: [{ denom: DENOM, amount: String(FUNDS - 5007n) }],
    pagination: { next_key: null, total: "1" },
  });
  t.equal(headers.get("grpc-metadata-x-cosmos-block-height"), "2");
  t.match((await get(`/cosmos/bank/v1beta1/balances/${alice}`, { "x-cosmos-block-height": "1" })).json, {
    balances: [{ amount: String(FUNDS) }],
  });
  t.match((await get(`/cosmos/auth/v1beta1/accounts/${alice}`)).json, {
    account: { "@type": "/cosmos.auth.v1beta1.BaseAccount", address: alice, sequence: "1" },
  });
  t.match((await get("/cosmos/bank/v1beta1/supply/by_denom?denom=uopg")).json, { amount: { denom: DENOM } });
  t.equal(
    (await get("/cosmos/bank/v1beta1/supply?pagination.limit=1&pagination.count_total=true")).status,
    200,
  );
});

t.test("REST says faults as the gateway does", async (t) => {
  t.match(await get("/cosmos/auth/v1beta1/accounts/x"), {
    status: 400,
    json: { code: 3, message: /address/, details: [] },
  });
  t.match(await get(`/cosmos/auth/v1beta1/accounts/${testSigner("nobody").address}`), {
    status: 404,
    json: { code: 5 },
  });
  t.match(await get("/ibc/core/client/v1/client_states"), {
    status: 501,
    json: { code: 12, message: /no route/ },
  });
  t.match(await get("/cosmos/bank/v1beta1/supply?colour=red"), {
    status: 400,
    json: { code: 3, message: /colour/ },
  });
  t.match(await get("/cosmos/base/tendermint/v1beta1/syncing"), { status: 503, json: { code: 14 } });
  const posted = await fetch(`${gateways.restUrl}/cosmos/tx/v1beta1/txs`, { method: "POST", body: "{" });
  t.equal(posted.status, 400);
  t.match(await posted.json(), { code: 3, message: /body: is not JSON/ });
});

t.test("pages of other origins may read where that is switched on", async (t) => {
  const response = await fetch(`${gateways.restUrl}/cosmos/bank/v1beta1/params`, { method: "OPTIONS" });
  t.equal(response.status, 204);
  t.equal(response.headers.get("access-control-allow-origin"), "*");
});

t.test("OpenAPI names every route", async (t) => {
  const { json } = await get("/openapi.json");
  const { paths } = json as { paths: Record<string, Record<string, unknown>> };
  const catalogue = catalogueOf(deps);
  for (const { method } of catalogue.endpoints) {
    for (const { verb, path } of method.http) t.ok(paths[path.replace("=**", "")]?.[verb], `${verb} ${path}`);
  }
  t.same(JSON.parse(JSON.stringify(openApi(catalogue))), json);
});
