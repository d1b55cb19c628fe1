import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { type Application, baseApplication, startServer } from "../../abci/index.ts";
import { ResponseCheckTx, ResponseInfo, ResponseQuery } from "../../proto/gen/tendermint.abci.ts";
import { AbciClient, frame, kindOf } from "./client.ts";

const folder = await mkdtemp(join(tmpdir(), "abci-"));
t.teardown(() => rm(folder, { recursive: true, force: true }));
let sockets = 0;
const unix = (): string => `unix://${join(folder, `${sockets++}.sock`)}`;

const info = { info: { version: "", blockVersion: 0n, p2pVersion: 0n, abciVersion: "" } };
const checkTx = (...tx: number[]) => ({ checkTx: { tx: Uint8Array.from(tx), type: 0 } });
const query = { query: { data: new Uint8Array(), path: "", height: 0n, prove: false } };

for (const address of ["unix", "tcp"] as const) {
  t.test(`requests that arrive together are answered in order over ${address}`, async (t) => {
    const app: Application = {
      ...baseApplication,
      // The first ends last.
      query: () =>
        new Promise((resolve) => setTimeout(() => resolve(ResponseQuery.create({ log: "q" })), 20)),
      checkTx: ({ tx }) => ResponseCheckTx.create({ gasWanted: BigInt(tx[0]!) }),
    };
    const server = await startServer(app, {
      address: address === "unix" ? unix() : "tcp://127.0.0.1:0",
      transport: "socket",
    });
    t.teardown(() => server.close());
    const client = await AbciClient.open(server.address);
    client.send({ echo: { message: "hi" } }, query, checkTx(1), checkTx(2), { flush: {} }, info);
    const responses = await client.responses(6);
    t.strictSame(responses.map(kindOf), ["echo", "query", "checkTx", "checkTx", "flush", "info"]);
    t.equal(responses[0]?.echo?.message, "hi");
    t.strictSame([responses[2]?.checkTx?.gasWanted, responses[3]?.checkTx?.gasWanted], [1n, 2n]);
    client.close();
  });
}

t.test("answers of every size, joined into one write or not, arrive whole and in order", async (t) => {
  const app: Application = {
    ...baseApplication,
    query: ({ height }) => ResponseQuery.create({ height, value: new Uint8Array(Number(height)).fill(7) }),
  };
  const server = await startServer(app, { address: unix(), transport: "socket" });
  t.teardown(() => server.close());
  const client = await AbciClient.open(server.address);
  t.teardown(() => client.close());
  const batches = [
    [1, 2],
    [16_300, 16_400, 3],
    Array.from({ length: 90 }, (_, i) => 700 + i),
    [70_000, 0, 300_000],
  ];
  for (const sizes of batches) {
    const before = client.received.length;
    client.send(...sizes.map((size) => ({ query: { ...query.query, height: BigInt(size) } })), { flush: {} });
    const answers = (await client.responses(before + sizes.length + 1)).slice(before);
    const values = answers.slice(0, -1).map((answer) => answer.query?.value);
    t.same(
      values,
      sizes.map((size) => new Uint8Array(size).fill(7)),
      `${sizes.length} answers from ${sizes[0]} bytes`,
    );
    t.equal(kindOf(answers.at(-1)!), "flush");
  }
});

t.test("four connections are served at once, and a slow query holds up none of the others", async (t) => {
  let release = (): void => {};
  const app: Application = {
    ...baseApplication,
    query: () =>
      new Promise((resolve) => {
        release = () => resolve(ResponseQuery.create());
      }),
  };
  const server = await startServer(app, { address: unix(), transport: "socket" });
  t.teardown(() => server.close());
  const [one, two, three, four] = await Promise.all([1, 2, 3, 4].map(() => AbciClient.open(server.address)));
  one!.send(query);
  t.equal(kindOf((await two!.call(info))!), "info");
  t.equal(kindOf((await three!.call(checkTx(1)))!), "checkTx");
  t.equal(kindOf((await four!.call({ listSnapshots: {} }))!), "listSnapshots");
  t.equal(one!.received.length, 0);
  release();
  t.equal(kindOf((await one!.responses(1))[0]!), "query");
});

t.test(
  "a malformed frame ends its own connection with an exception after what is owed, and no other",
  async (t) => {
    const server = await startServer(baseApplication, { address: unix(), transport: "socket" });
    t.teardown(() => server.close());
    const bystander = await AbciClient.open(server.address);
    const client = await AbciClient.open(server.address);
    client.raw(
      Buffer.concat([frame({ echo: { message: "a" } }), Uint8Array.from([3, 0x0a, 9, 9]), frame(info)]),
    );
    await client.end();
    t.strictSame(client.received.map(kindOf), ["echo", "exception"]);
    t.match(client.received[1]?.exception?.error, /not a tendermint.abci.Request/);
    t.equal(kindOf((await bystander.call(info))!), "info");
  },
);

t.test("a frame over the limit is refused by its length alone", async (t) => {
  const server = await startServer(baseApplication, {
    address: unix(),
    transport: "socket",
    limits: { maxFrameBytes: 1000 },
  });
  t.teardown(() => server.close());
  const client = await AbciClient.open(server.address);
  client.raw(Uint8Array.from([0xe9, 0x07]));
  await client.end();
  t.match(client.received[0]?.exception?.error, /1001 is over|of 1001 bytes is over the limit of 1000/);
});

t.test("a client that sends without end and takes nothing is not read beyond the limits", async (t) => {
  const gates: (() => void)[] = [];
  const app: Application = {
    ...baseApplication,
    query: () => new Promise((resolve) => gates.push(() => resolve(ResponseQuery.create()))),
  };
  const server = await startServer(app, {
    address: unix(),
    transport: "socket",
    limits: { maxPending: 10 },
  });
  t.teardown(() => server.close());
  const client = await AbciClient.open(server.address);
  client.send(...Array.from({ length: 500 }, () => query));
  const other = await AbciClient.open(server.address);
  for (let i = 0; i < 5; i++) await other.call(info);
  t.equal(gates.length, 10, "ten are running, the rest is not taken");
  let done = 0;
  while (done < 500) {
    const gate = gates.shift();
    if (gate) {
      gate();
      done++;
    } else await new Promise((resolve) => setImmediate(resolve));
    if (gates.length > 10) t.fail(`${gates.length} at once`);
  }
  t.equal((await client.responses(500)).length, 500, "all are answered in the end");
});

t.test("a client that reads no answers stops being read, and gets every answer once it reads", async (t) => {
  let ran = 0;
  const value = new Uint8Array(10_000);
  const app: Application = {
    ...baseApplication,
    query: () => {
      ran++;
      return ResponseQuery.create({ value });
    },
  };
  const server = await startServer(app, {
    address: unix(),
    transport: "socket",
    limits: { maxUnsentBytes: 50_000 },
  });
  t.teardown(() => server.close());
  const client = await AbciClient.open(server.address);
  client.socket.pause();
  client.send(...Array.from({ length: 2000 }, () => query));
  const other = await AbciClient.open(server.address);
  for (let i = 0; i < 50; i++) await other.call(info);
  t.ok(ran < 500, `of 2000 queries ${ran} ran while nothing was read`);
  client.socket.resume();
  t.equal((await client.responses(2000)).length, 2000);
});

t.test(
  "a fault in FinalizeBlock closes every connection without an answer and tells whoever waits",
  async (t) => {
    const lines: string[] = [];
    const log = { info: () => {}, warn: () => {}, error: (_: object, line: string) => lines.push(line) };
    const app: Application = {
      ...baseApplication,
      info: () => ResponseInfo.create({ lastBlockHeight: 4n }),
      finalizeBlock: () => {
        throw new RangeError("tree is torn");
      },
    };
    const address = unix();
    const server = await startServer(app, { address, transport: "socket", log });
    const client = await AbciClient.open(server.address);
    const other = await AbciClient.open(server.address);
    await client.call(info);
    client.raw(frameOfFinalizeBlock());
    await Promise.all([client.end(), other.end()]);
    t.equal(client.received.length, 1, "there is no answer, right or wrong");
    const fault = await server.halted;
    t.match(fault, { code: "APPLICATION_FAULT", call: "finalizeBlock" });
    t.match(lines.join(), /failed in finalizeBlock.*tree is torn/);
    t.notOk(existsSync(address.slice(7)), "the socket is gone");
  },
);

function frameOfFinalizeBlock(): Uint8Array {
  // Field 20 of Request, an empty message.
  return Uint8Array.from([3, 0xa2, 0x01, 0]);
}

t.test("a socket file that a killed process left is taken over, one that is in use is not", async (t) => {
  const address = unix();
  const path = address.slice(7);
  const leftOver = createServer();
  await new Promise<void>((resolve) => leftOver.listen(path, resolve));
  await t.rejects(startServer(baseApplication, { address, transport: "socket" }), { code: "BAD_ADDRESS" });
  await t.rejects(startServer(baseApplication, { address, transport: "grpc" }), { code: "BAD_ADDRESS" });
  await new Promise((resolve) => leftOver.close(resolve));
  await writeFile(path, "");
  for (const transport of ["socket", "grpc"] as const) {
    const server = await startServer(baseApplication, { address, transport }).catch(
      (error: unknown) => error,
    );
    if (server instanceof Error) t.match(server, { code: "BAD_ADDRESS" }, "a plain file is not removed");
    else t.fail("a plain file was removed");
  }
  await rm(path);
  for (const transport of ["socket", "grpc"] as const) {
    // What a kill leaves is a socket that refuses connections.
    const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", script]);
    t.ok(existsSync(path));
    const again = await startServer(baseApplication, { address, transport });
    await again.close();
  }
  const server = await startServer(baseApplication, { address, transport: "socket" });
  t.teardown(() => server.close());
  t.equal((await stat(path)).mode & 0o777, 0o660, "owner and group only");
});

t.test("addresses that cannot be are refused with what is wrong", async (t) => {
  for (const address of [
    "",
    "localhost:1",
    "tcp://x",
    "tcp://127.0.0.1:70000",
    "unix://",
    `unix:///${"x".repeat(200)}`,
  ]) {
    await t.rejects(
      startServer(baseApplication, { address, transport: "socket" }),
      { code: "BAD_ADDRESS" },
      address,
    );
  }
});
