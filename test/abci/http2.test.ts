/** The HTTP/2 of the gRPC transport against Node's own client (nghttp2), RFC vectors and hostile bytes. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type ClientHttp2Session, connect as http2Connect } from "node:http2";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import t from "tap";
import { encodeHeaders, type Header, HpackDecoder } from "../../abci/http2/hpack.ts";
import { type Application, baseApplication, startServer } from "../../abci/index.ts";
import { RequestCheckTx, ResponseCheckTx, ResponseQuery } from "../../proto/gen/tendermint.abci.ts";
import { randomFrom } from "./random.ts";

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const runs = Number(process.env["ABCI_FUZZ_RUNS"] ?? 400);
const { below, seed } = randomFrom(process.env["ABCI_SEED"]);
t.setTimeout(60_000 + runs * 100);

const folder = await mkdtemp(join(tmpdir(), "abci-"));
t.teardown(() => rm(folder, { recursive: true, force: true }));

t.test("header blocks of RFC 7541, C.3 and C.4, decode with their dynamic table", async (t) => {
  const requests: readonly Header[][] = [
    [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", "www.example.com"],
    ],
    [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", "www.example.com"],
      ["cache-control", "no-cache"],
    ],
    [
      [":method", "GET"],
      [":scheme", "https"],
      [":path", "/index.html"],
      [":authority", "www.example.com"],
      ["custom-key", "custom-value"],
    ],
  ];
  const plain = [
    "828684410f7777772e6578616d706c652e636f6d",
    "828684be58086e6f2d6361636865",
    "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
  ];
  const huffman = [
    "828684418cf1e3c2e5f23a6ba0ab90f4ff",
    "828684be5886a8eb10649cbf",
    "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
  ];
  for (const blocks of [plain, huffman]) {
    const decoder = new HpackDecoder();
    for (const [index, block] of blocks.entries()) t.strictSame(decoder.decode(hex(block)), requests[index]);
  }
});

t.test("what we encode we decode, and malformed blocks are refused", async (t) => {
  const headers: Header[] = [
    [":status", "200"],
    ["content-type", "application/grpc"],
    ["grpc-status", "13"],
    ["grpc-message", "x".repeat(500)],
  ];
  t.strictSame(new HpackDecoder().decode(encodeHeaders(headers)), headers);
  for (const [block, what] of [
    ["80", "index 0"],
    ["ff00", "an index beyond the tables"],
    ["3fe2ff03", "a table larger than allowed"],
    ["0005", "a string without its bytes"],
    ["0001610a62", "a value that ends early"],
    ["ffffffffff7f", "an integer without end"],
    ["000161825555", "wrong padding"],
    ["00016184ffffffff", "the end-of-string code"],
  ] as const) {
    t.throws(() => new HpackDecoder().decode(hex(block)), { code: "BAD_FRAME" }, what);
  }
});

function grpcMessage(body: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

interface Reply {
  readonly status: string;
  readonly body: Buffer;
}

function call(session: ClientHttp2Session, method: string, body: Uint8Array, padding = 0): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": `/tendermint.abci.ABCI/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
      "x-padding": "é".repeat(padding),
    });
    const chunks: Buffer[] = [];
    let status = "none";
    stream.on("response", (headers) => {
      status = String(headers["grpc-status"] ?? status);
    });
    stream.on("trailers", (headers) => {
      status = String(headers["grpc-status"] ?? status);
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => resolve({ status, body: Buffer.concat(chunks).subarray(5) }));
    stream.on("error", reject);
    stream.end(grpcMessage(body));
  });
}

const app: Application = {
  ...baseApplication,
  checkTx: ({ tx }) => ResponseCheckTx.create({ gasUsed: BigInt(tx.length), data: tx.slice(0, 100) }),
  query: ({ path }) => ResponseQuery.create({ value: new Uint8Array(Number(path)).fill(7) }),
};

async function serve(name: string, limits = {}) {
  const server = await startServer(app, {
    address: `unix://${join(folder, name)}`,
    transport: "grpc",
    limits,
  });
  const open = (settings = {}): ClientHttp2Session =>
    http2Connect("http://abci", { settings, createConnection: () => connect(server.address.slice(7)) });
  return { server, open };
}

t.test("answers of every size arrive whole through windows of any size, many at once", async (t) => {
  const { server, open } = await serve("windows.sock");
  t.teardown(() => server.close());
  for (const initialWindowSize of [1, 100, 65_535, 1 << 20]) {
    const session = open({ initialWindowSize });
    const sizes = initialWindowSize === 1 ? [0, 1, 3, 50] : [0, 1, 1000, 16_379, 16_384, 65_530, 300_000];
    const replies = await Promise.all(
      sizes.map((size) =>
        call(
          session,
          "Query",
          Buffer.concat([Buffer.from([0x12, String(size).length]), Buffer.from(String(size))]),
        ),
      ),
    );
    for (const [index, { status, body }] of replies.entries()) {
      const { value } = ResponseQuery.decode(new Uint8Array(body));
      t.ok(
        status === "0" && value.length === sizes[index] && value.every((byte) => byte === 7),
        `${sizes[index]} bytes, window ${initialWindowSize}`,
      );
    }
    session.close();
  }
});

t.test("requests of every size arrive whole, with long headers and many on one connection", async (t) => {
  const { server, open } = await serve("requests.sock");
  t.teardown(() => server.close());
  const session = open();
  for (let run = 0; run < 60; run++) {
    const sizes = Array.from({ length: 1 + below(20) }, () =>
      below(4) === 0 ? below(400_000) : below(2000),
    );
    const replies = await Promise.all(
      sizes.map((size) =>
        call(
          session,
          "CheckTx",
          RequestCheckTx.encode({ tx: new Uint8Array(size).fill(3), type: 0 }),
          below(3000),
        ),
      ),
    );
    const gas = replies.map(({ body }) => Number(ResponseCheckTx.decode(new Uint8Array(body)).gasUsed));
    if (gas.join() !== sizes.join()) t.fail(`run ${run} of seed ${seed}: ${gas} for ${sizes}`);
  }
  const { status } = await call(session, "Nothing", new Uint8Array());
  t.equal(status, "12", "an unknown method is unimplemented");
  t.equal((await call(session, "Info", Uint8Array.from([0x0a, 0x7f]))).status, "3");
  session.close();
});

t.test("a request over the limit, and streams over the limit, are refused one by one", async (t) => {
  const { server, open } = await serve("limits.sock", { maxFrameBytes: 1000, maxPending: 2 });
  t.teardown(() => server.close());
  const session = open();
  t.equal((await call(session, "CheckTx", new Uint8Array(2000))).status, "8");
  t.equal((await call(session, "Echo", new Uint8Array())).status, "0", "the connection goes on");
  session.close();
});

/** The bytes that Node's client sends for some calls: good material for mutations. */
async function recordClient(): Promise<Buffer> {
  const { server, open: _ } = await serve("record.sock");
  const chunks: Buffer[] = [];
  const relayPath = join(folder, "relay.sock");
  const relay = createServer((near) => {
    const far = connect(server.address.slice(7));
    near.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      far.write(chunk);
    });
    far.pipe(near);
    near.on("close", () => far.destroy());
  });
  await new Promise<void>((resolve) => relay.listen(relayPath, resolve));
  const session = http2Connect("http://abci", { createConnection: () => connect(relayPath) });
  for (let i = 0; i < 6; i++) {
    await call(session, ["Info", "Echo", "CheckTx"][i % 3]!, new Uint8Array(), i * 3);
  }
  session.destroy();
  await new Promise((resolve) => relay.close(resolve));
  await server.close();
  return Buffer.concat(chunks);
}

t.test("bytes of any kind harm nobody but the connection they come by", async (t) => {
  t.comment(`seed ${seed}, ${runs} connections`);
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const recorded = await recordClient();
  const { server, open } = await serve("fuzz.sock", { maxFrameBytes: 1 << 16, maxPending: 8 });
  t.teardown(() => server.close());
  let faulted = false;
  server.halted.then(() => {
    faulted = true;
  });
  const bystander = open();
  t.teardown(() => bystander.close());
  let heapBefore = 0;
  let goAways = 0;
  for (let run = 0; run < runs; run++) {
    const socket: Socket = connect(server.address.slice(7));
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      if (chunk.includes("HTTP/2:") || chunk.includes("HPACK:")) goAways++;
    });
    await once(socket, "connect");
    const bytes = [...recorded];
    for (let i = below(6); i >= 0; i--) {
      const at = below(4) === 0 ? below(24) : 24 + below(bytes.length - 24);
      const kind = below(4);
      if (kind === 0) bytes.splice(at, 1 + below(20));
      else if (kind === 1) bytes.splice(at, 0, ...Array.from({ length: 1 + below(20) }, () => below(256)));
      else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(at, at + below(200)));
      else bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    }
    const sent = Uint8Array.from(bytes);
    for (let at = 0; at < sent.length; ) {
      const size = below(2) === 0 ? 1 + below(100) : sent.length;
      socket.write(sent.subarray(at, at + size));
      at += size;
    }
    const { status } = await call(bystander, "Info", new Uint8Array());
    if (status !== "0") t.fail(`run ${run} of seed ${seed}: another connection got status ${status}`);
    socket.end();
    socket.destroySoon();
    await once(socket, "close");
    if (run === Math.floor(runs / 2)) {
      collect();
      heapBefore = process.memoryUsage().heapUsed;
    }
  }
  collect();
  const grown = process.memoryUsage().heapUsed - heapBefore;
  t.comment(
    `${goAways} connections refused, heap grew by ${Math.round(grown / 1024)} KiB in the second half`,
  );
  t.notOk(faulted, "the server did not halt");
  t.ok(goAways > 0, "malformed connections were among them");
  t.ok(grown < 4 << 20, "memory does not grow with what was sent");
});
