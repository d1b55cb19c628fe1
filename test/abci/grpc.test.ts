import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import t from "tap";
import { type Application, baseApplication, startServer } from "../../abci/index.ts";
import {
  ABCI,
  RequestCheckTx,
  RequestQuery,
  ResponseCheckTx,
  ResponseFinalizeBlock,
  ResponseQuery,
} from "../../proto/gen/tendermint.abci.ts";

const folder = await mkdtemp(join(tmpdir(), "abci-"));
t.teardown(() => rm(folder, { recursive: true, force: true }));

function unary(client: Client, path: string, bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const same = (value: Uint8Array): Buffer => Buffer.from(value);
    client.makeUnaryRequest(path, same, same, bytes, (error, value) => {
      if (error) reject(error);
      else resolve(value as Uint8Array);
    });
  });
}

const target = (address: string): string => address.replace(/^tcp:\/\//, "");
const open = (address: string): Client =>
  new Client(target(address), credentials.createInsecure(), { "grpc.max_send_message_length": -1 });

for (const kind of ["tcp", "unix"] as const) {
  t.test(`every method of the service answers over ${kind}`, async (t) => {
    const address = kind === "unix" ? `unix://${join(folder, "a.sock")}` : "tcp://127.0.0.1:0";
    const server = await startServer(baseApplication, { address, transport: "grpc" });
    t.teardown(() => server.close());
    const client = open(server.address);
    t.teardown(() => client.close());
    const methods = Object.values(ABCI.methods).sort(
      (a, b) => Number(b.name === "Info") - Number(a.name === "Info"),
    );
    for (const method of methods) {
      const answer = await unary(
        client,
        method.path,
        method.request.encode(method.request.create() as never),
      );
      t.type(method.response.decode(new Uint8Array(answer)), "object", method.name);
    }
  });
}

t.test(
  "a large request arrives, an application's error is that call's alone, and bad bytes are refused",
  async (t) => {
    const app: Application = {
      ...baseApplication,
      checkTx: ({ tx }) => ResponseCheckTx.create({ gasUsed: BigInt(tx.length) }),
      query: ({ path }) => {
        if (path === "/bad") throw new RangeError("no such path");
        return ResponseQuery.create({ value: new Uint8Array(path === "/large" ? 5 << 20 : 1) });
      },
    };
    const server = await startServer(app, { address: "tcp://127.0.0.1:0", transport: "grpc" });
    t.teardown(() => server.close());
    const client = open(server.address);
    t.teardown(() => client.close());
    const tx = new Uint8Array(20 << 20);
    const checked = await unary(client, ABCI.methods.CheckTx.path, RequestCheckTx.encode({ tx, type: 0 }));
    t.equal(ResponseCheckTx.decode(new Uint8Array(checked)).gasUsed, 20n << 20n);
    const ask = (path: string) =>
      unary(client, ABCI.methods.Query.path, RequestQuery.encode(RequestQuery.create({ path })));
    const failed = ResponseQuery.decode(new Uint8Array(await ask("/bad")));
    t.match(failed, { code: 1, codespace: "abci", log: "no such path" });
    await t.rejects(ask("/large"), { code: status.RESOURCE_EXHAUSTED });
    const refused = await unary(client, ABCI.methods.Query.path, Uint8Array.from([0x0a, 0x7f])).catch(
      (e: unknown) => e,
    );
    t.equal((refused as ServiceError).code, status.INVALID_ARGUMENT);
    t.equal(ResponseQuery.decode(new Uint8Array(await ask("/good"))).value.length, 1, "the server goes on");
  },
);

t.test("an answer to a block that CometBFT's client would refuse halts with the remedy", async (t) => {
  const app: Application = {
    ...baseApplication,
    finalizeBlock: () => ResponseFinalizeBlock.create({ appHash: new Uint8Array(5 << 20) }),
  };
  const server = await startServer(app, { address: "tcp://127.0.0.1:0", transport: "grpc" });
  const client = open(server.address);
  t.teardown(() => client.close());
  await unary(client, ABCI.methods.Info.path, new Uint8Array());
  const answer = await unary(client, ABCI.methods.FinalizeBlock.path, new Uint8Array()).catch(
    (e: unknown) => e,
  );
  t.type(answer, Error, "the connection is dropped");
  const fault = await server.halted;
  t.equal(fault.code, "ANSWER_TOO_LARGE");
  t.match(fault.message, /transport "socket"/);
});
