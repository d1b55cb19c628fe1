/** The embedded engine's RPC over HTTP and websocket, with CometBFT's JSON-RPC codes and words. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { WebSocket } from "ws";
import { merklePathRoot } from "../../../client/light/hash.ts";
import { BlockStore, SoloEngine } from "../../../node/solo/index.ts";
import { EventBus } from "../../../node/solo/rpc/events.ts";
import { type RpcServer, type RpcSettings, serveRpc } from "../../../node/solo/rpc/serve.ts";
import { Event } from "../../../proto/gen/tendermint.abci.ts";
import { Chain, genesis, key, pub, Signed, START } from "./counting.ts";

const SETTINGS: RpcSettings = {
  address: "tcp://127.0.0.1:0",
  maxBodyBytes: 10_000,
  maxBatch: 3,
  corsOrigins: ["http://page.example"],
  maxClients: 2,
  maxSubscriptions: 2,
  commitTimeoutMs: 30,
};

const path = mkdtempSync(join(tmpdir(), "opg-solo-rpc-"));
const chain = new Chain();
// Two events a transaction, so that conditions on one and on both can be told apart.
const finalize = chain.app.finalizeBlock;
const attribute = (name: string, value: string, index = true) => ({ key: name, value, index });
chain.app.finalizeBlock = async (request) => {
  const response = await finalize(request);
  const txResults = response.txResults.map((result, i) => ({
    ...result,
    events: [
      Event.create({
        type: "word",
        attributes: [attribute("text", Buffer.from(request.txs[i]!).toString())],
      }),
      Event.create({
        type: "place",
        attributes: [
          attribute("in", `${i}`),
          attribute("coins", `${i}uopg`),
          attribute("hidden", "x", false),
        ],
      }),
    ],
  }));
  const parity = attribute("parity", request.height % 2n === 0n ? "even" : "odd");
  return {
    ...response,
    txResults,
    events: [Event.create({ type: "count", attributes: [parity, attribute("zero", "0", false)] })],
  };
};
const store = await BlockStore.open(path);
let second = START;
const engine = await SoloEngine.open(
  { genesis, key, intervalMs: 1e9 },
  { app: chain.app, store, signed: new Signed(), now: () => ({ seconds: second++, nanos: 0 }) },
);
const events = new EventBus();
engine.onCommitted((committed) => events.publish(committed));
const server: RpcServer = await serveRpc(SETTINGS, {
  app: chain.app,
  engine,
  store,
  genesis,
  events,
  node: { id: "ab".repeat(20), moniker: "solo", rpcAddress: SETTINGS.address, validatorKey: pub },
  commitTimeoutMs: SETTINGS.commitTimeoutMs,
});
t.teardown(async () => {
  await server.close();
  await store.close();
  rmSync(path, { recursive: true, force: true });
});

const bytes = (text: string) => new TextEncoder().encode(text);
const hashOf = (text: string) =>
  Buffer.from(sha256(bytes(text)))
    .toString("hex")
    .toUpperCase();
const base64 = (text: string) => Buffer.from(text).toString("base64");

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are what is judged
  readonly json: any;
  readonly text: string;
}

async function ask(place: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${server.url}${place}`, init);
  const text = await response.text();
  return {
    status: response.status,
    json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : undefined,
    text,
  };
}

const post = (body: unknown) =>
  ask("/", { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
const call = (method: string, params: unknown = {}) => post({ jsonrpc: "2.0", id: 1, method, params });

for (const words of [["a", "b", "c"], [], ["d"]]) {
  for (const word of words) await engine.addTx(bytes(word));
  await engine.makeBlock();
}

t.test("faults of calls have CometBFT's codes, words and HTTP status", async (t) => {
  const cases: readonly (readonly [string, Promise<Answer>, number, object])[] = [
    ["no JSON", post("{"), 500, { error: { code: -32700, message: "Parse error. Invalid JSON" } }],
    ["a fraction as id", post({ id: 1.5, method: "health" }), 500, { error: { code: -32700 } }],
    ["no such method", call("nothing"), 200, { id: 1, error: { code: -32601, message: "Method not found" } }],
    ["subscribe over HTTP", call("subscribe", { query: "a=1" }), 200, { id: 1, error: { code: -32601 } }],
    [
      "a number for text",
      call("block", { height: 5 }),
      200,
      {
        error: {
          code: -32602,
          message: "Invalid params",
          data: /64-bit integer encoding 5, expected string/,
        },
      },
    ],
    ["bad base64", call("tx", { hash: "?" }), 200, { error: { code: -32602, data: /base64/ } }],
    [
      "too few by place",
      call("abci_query", ["x"]),
      200,
      { error: { code: -32602, data: /expected 4 parameters \(path data height prove\), got 1/ } },
    ],
    ["text for params", call("health", "x"), 200, { error: { code: -32602 } }],
    [
      "a height to come",
      call("block", { height: "9" }),
      200,
      {
        error: {
          code: -32603,
          message: "Internal error",
          data: "height 9 must be less than or equal to the current blockchain height 3",
        },
      },
    ],
    [
      "height 0",
      ask("/block?height=0"),
      500,
      { id: -1, error: { code: -32603, data: "height must be greater than 0, but got 0" } },
    ],
    [
      "no number",
      ask("/block?height=x"),
      500,
      { id: -1, error: { code: -32602, data: /^error converting http params/ } },
    ],
    ["no quotes", ask("/tx_search?query=x"), 500, { id: -1, error: { code: -32602, data: /quotes/ } }],
    [
      "no query",
      ask('/tx_search?query="tx.height>"'),
      500,
      { error: { code: -32603, data: "offset 10: EOF" } },
    ],
    ["no such tx", ask("/tx?hash=0x00"), 500, { error: { code: -32603, data: "tx (00) not found" } }],
    [
      "no such page",
      ask("/validators?page=2"),
      500,
      { error: { data: "page should be within [1, 1] range, given 2" } },
    ],
    ["order", ask('/tx_search?query="tx.height>0"&order_by="up"'), 500, { error: { data: /order_by/ } }],
    [
      "a list too long",
      post([1, 2, 3, 4].map((id) => ({ id, method: "health" }))),
      200,
      { error: { code: -32600, data: "batch request exceeds maximum (3) allowed number of requests" } },
    ],
    ["a body too long", post(" ".repeat(10_001)), 400, { error: { code: -32600, data: /too large/ } }],
  ];
  for (const [name, answer, status, wanted] of cases) {
    const got = await answer;
    t.equal(got.status, status, name);
    t.match(got.json, wanted, name);
  }
  t.notHas((await call("nothing")).json.error, "data", "nothing to add is nothing sent");
  const unknown = await ask("/nothing");
  t.same([unknown.status, unknown.text], [404, "404 page not found\n"]);
  t.equal((await ask("/subscribe")).status, 404);
});

t.test("calls come by name, by place, in lists and as URIs; a notification gets no answer", async (t) => {
  t.same((await call("health")).json, { jsonrpc: "2.0", id: 1, result: {} });
  t.same((await post({ id: "x", method: "health" })).json, { jsonrpc: "2.0", id: "x", result: {} });
  t.same(
    (
      await post([
        { id: 1, method: "health" },
        { id: 2, method: "health" },
      ])
    ).json.length,
    2,
  );
  t.same((await post({ jsonrpc: "2.0", method: "health" })).text, "");
  t.same((await post([])).text, "");
  const [named, placed, uri] = [
    await call("block", { height: "2" }),
    await call("block", ["2"]),
    await ask("/block?height=2"),
  ];
  t.equal(named.json.result.block.header.height, "2");
  t.same(placed.json.result, named.json.result);
  t.same(uri.json.result, named.json.result);
  t.match((await ask("/")).text, /broadcast_tx_commit\?tx=_/);
});

t.test("blocks are found by height and hash, alone and in lists", async (t) => {
  const { result } = (await call("block", { height: "1" })).json;
  const hash = result.block_id.hash;
  t.same((await ask(`/block_by_hash?hash=0x${hash}`)).json.result, result);
  t.same((await ask(`/header_by_hash?hash=0x${hash}`)).json.result.header, result.block.header);
  t.same((await call("header_by_hash", { hash })).json.result.header, result.block.header, "hex in a body");
  t.same((await ask("/header?height=1")).json.result.header, result.block.header);
  t.same((await ask("/block_by_hash?hash=0x00")).json.result.block, null);
  t.same((await ask("/header_by_hash?hash=0x00")).json.result.header, null);
  t.equal((await call("commit", { height: "1" })).json.result.canonical, true);
  t.equal((await call("commit")).json.result.canonical, false, "the newest is not in a block yet");
  const { block_metas: metas, last_height: last } = (await ask("/blockchain?minHeight=1&maxHeight=2")).json
    .result;
  t.same([last, metas.map((meta: { header: { height: string } }) => meta.header.height)], ["3", ["2", "1"]]);
  t.same([metas[1].num_txs, metas[1].block_id], ["3", result.block_id]);
  t.same(
    (await ask("/block_results?height=2")).json.result.finalize_block_events[0].attributes,
    [
      { key: "parity", value: "even", index: true },
      { key: "zero", value: "0" },
    ],
    "only what Go leaves out is left out",
  );
  t.match(
    (await ask("/blockchain?minHeight=3&maxHeight=2")).json.error.data,
    /min height 3 can't be greater than max height 2/,
  );
  const heights = async (query: string, more = "") =>
    (await ask(`/block_search?query="${query}"${more}`)).json.result.blocks.map(
      (each: { block: { header: { height: string } } }) => each.block.header.height,
    );
  t.same(await heights("count.parity='odd'"), ["3", "1"], "newest first");
  t.same(await heights("count.parity='odd'", '&order_by="asc"&per_page=1&page=2'), ["3"]);
  t.same(await heights("block.height<3 AND count.parity EXISTS"), ["2", "1"]);
  t.same(await heights("count.parity CONTAINS 'v'"), ["2"]);
  t.same((await ask("/block_results?height=2")).json.result.txs_results, null);
  t.equal((await ask("/validators")).json.result.block_height, "4", "also of the block to come");
  t.match((await ask("/consensus_params")).json.result, {
    block_height: "4",
    consensus_params: { block: { max_bytes: "200000" } },
  });
});

t.test("transactions are found by hash and events of one kind, and proven", async (t) => {
  const found = async (query: string, more = "") => {
    const { txs, total_count: total } = (await ask(`/tx_search?query="${encodeURIComponent(query)}"${more}`))
      .json.result;
    t.equal(total, `${txs.length}`);
    return txs.map(({ tx }: { tx: string }) => Buffer.from(tx, "base64").toString());
  };
  t.same(await found("tx.height>0"), ["a", "b", "c", "d"]);
  t.same(await found("tx.height=1", '&order_by="desc"'), ["c", "b", "a"]);
  t.same(await found("word.text='b'"), ["b"]);
  t.same(await found("place.in='0'"), ["a", "d"]);
  t.same(await found("place.in='0' AND tx.height>1"), ["d"]);
  t.same(await found("place.in>0"), ["b", "c"]);
  t.same(await found("place.in=2"), ["c"]);
  t.same(await found("place.coins=2"), [], "a search compares numbers with whole values only");
  t.same(await found("place.coins>=0"), []);
  t.same(await found("place.coins='2uopg'"), ["c"]);
  t.same(await found("word.text='b' AND place.in='1'"), [], "conditions hold in one event or not at all");
  t.same(await found("place.hidden='x'"), [], "what is not marked to be found is not");
  t.same(await found(`tx.hash='${hashOf("c")}'`), ["c"]);
  t.same(await found(`tx.hash='${hashOf("z")}'`), []);
  const { result } = (
    await call("tx", { hash: Buffer.from(hashOf("b"), "hex").toString("base64"), prove: true })
  ).json;
  t.match(result, { hash: hashOf("b"), height: "1", index: 1, tx: base64("b") });
  const { proof, root_hash: root } = result.proof;
  const aunts = proof.aunts.map((each: string) => Buffer.from(each, "base64"));
  const led = merklePathRoot(sha256(bytes("b")), Number(proof.index), Number(proof.total), aunts);
  t.equal(Buffer.from(led!).toString("hex").toUpperCase(), root);
  t.equal(root, (await call("header", { height: "1" })).json.result.header.data_hash);
  t.notHas((await ask(`/tx?hash=0x${hashOf("b")}`)).json.result, "proof");
});

t.test("broadcasts answer at once, after CheckTx, or after the block", async (t) => {
  t.same((await call("broadcast_tx_sync", { tx: base64("a") })).json.error, {
    code: -32603,
    message: "Internal error",
    data: "tx already exists in cache",
  });
  t.match((await call("broadcast_tx_sync", { tx: base64("e") })).json.result, { code: 0, hash: hashOf("e") });
  t.match((await ask("/unconfirmed_txs")).json.result, {
    n_txs: "1",
    total: "1",
    total_bytes: "1",
    txs: [base64("e")],
  });
  t.match((await ask("/num_unconfirmed_txs")).json.result, { n_txs: "1", txs: null });
  t.match((await ask('/check_tx?tx="f"')).json.result, { code: 0 });
  t.equal((await ask("/num_unconfirmed_txs")).json.result.total, "1", "check_tx keeps nothing");
  t.match((await ask('/broadcast_tx_async?tx="g"')).json.result, { hash: hashOf("g") });
  const waiting = call("broadcast_tx_commit", { tx: base64("h") });
  while (engine.mempool.size < 3) await new Promise(setImmediate);
  await engine.makeBlock();
  t.match((await waiting).json.result, { check_tx: { code: 0 }, hash: hashOf("h"), height: "4" });
  t.equal(
    (await call("broadcast_tx_commit", { tx: base64("i") })).json.error.data,
    "timed out waiting for tx to be included in a block",
  );
  await engine.makeBlock();
});

class Socket {
  readonly #socket = new WebSocket(`${server.url.replace("http", "ws")}/websocket`);
  readonly received: {
    id?: unknown;
    result?: { query?: string; data?: { type: string; value: never }; events?: object };
    error?: object;
  }[] = [];
  readonly #opened = new Promise((resolve) => this.#socket.once("open", resolve));
  constructor() {
    this.#socket.on("message", (data) => this.received.push(JSON.parse(String(data))));
  }
  async ask(id: number, method: string, query?: string): Promise<object> {
    await this.#opened;
    const from = this.received.length;
    this.#socket.send(
      JSON.stringify({ jsonrpc: "2.0", id, method, params: query === undefined ? {} : { query } }),
    );
    for (;;) {
      const answer = this.received.slice(from).find((each) => each.id === id);
      if (answer) return answer;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  async raw(text: string): Promise<void> {
    await this.#opened;
    this.#socket.send(text);
  }
  async until(count: number): Promise<void> {
    while (this.received.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  close(): Promise<unknown> {
    const closed = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.close();
    return closed;
  }
}

t.test("a websocket is told of blocks and transactions that its queries match", async (t) => {
  const socket = new Socket();
  t.same(await socket.ask(1, "subscribe", "tm.event='NewBlock'"), { jsonrpc: "2.0", id: 1, result: {} });
  t.same(await socket.ask(2, "subscribe", "tm.event='Tx' AND word.text='k'"), {
    jsonrpc: "2.0",
    id: 2,
    result: {},
  });
  t.match(await socket.ask(3, "subscribe", "tm.event='Tx'"), {
    error: { data: "max_subscriptions_per_client 2 reached" },
  });
  t.match(await socket.ask(4, "health"), { id: 4, result: {} }, "every other method is there too");
  t.match(await socket.ask(5, "nothing"), { id: 5, error: { code: -32601 } });
  for (const word of ["j", "k"]) await engine.addTx(bytes(word));
  const { header } = await engine.makeBlock();
  await socket.until(7);
  const [block, tx] = socket.received.slice(5);
  t.match(block, {
    id: 1,
    result: {
      query: "tm.event='NewBlock'",
      data: {
        type: "tendermint/event/NewBlock",
        value: { block: { header: { height: `${header.height}` } } },
      },
      events: { "tm.event": ["NewBlock"] },
    },
  });
  t.match(tx, {
    id: 2,
    result: {
      data: {
        type: "tendermint/event/Tx",
        value: { TxResult: { height: `${header.height}`, index: 1, tx: base64("k") } },
      },
      events: { "tx.hash": [hashOf("k")], "word.text": ["k"] },
    },
  });
  t.match(await socket.ask(6, "unsubscribe", "tm.event='Tx'"), {
    error: { code: -32603, data: "subscription not found" },
  });
  t.match(await socket.ask(7, "unsubscribe", "tm.event='NewBlock'"), { result: {} });
  t.match(await socket.ask(8, "subscribe", "tm.event="), {
    error: { data: "failed to parse query: offset 9: EOF" },
  });
  t.match(await socket.ask(9, "unsubscribe_all"), { result: {} });
  t.match(await socket.ask(10, "unsubscribe_all"), { error: { data: "subscription not found" } });
  const before = socket.received.length;
  await engine.makeBlock();
  t.match(await socket.ask(11, "health"), { result: {} });
  t.equal(socket.received.length, before + 1, "nothing more is told");
  await socket.raw("{");
  await socket.until(before + 2);
  t.match(socket.received.at(-1), { error: { code: -32700 } });
  await socket.close();
});

t.test("no more clients subscribe than allowed, and those that leave make room", async (t) => {
  const sockets = [new Socket(), new Socket(), new Socket()] as const;
  for (const socket of sockets.slice(0, 2))
    t.match(await socket.ask(1, "subscribe", "a.b=1"), { result: {} });
  t.match(await sockets[0].ask(2, "subscribe", "a.b=1"), { error: { data: "already subscribed" } });
  t.match(await sockets[2].ask(1, "subscribe", "a.b=1"), {
    error: { data: "max_subscription_clients 2 reached" },
  });
  await sockets[0].close();
  for (;;) {
    const answer = (await sockets[2].ask(2, "subscribe", "a.b=1")) as { error?: object };
    if (!answer.error) break;
  }
  await Promise.all([sockets[1].close(), sockets[2].close()]);
});

t.test("web pages may ask if their origin is allowed", async (t) => {
  const from = (origin: string) => fetch(`${server.url}/health`, { headers: { origin } });
  t.equal(
    (await from("http://page.example")).headers.get("access-control-allow-origin"),
    "http://page.example",
  );
  t.equal((await from("http://other.example")).headers.get("access-control-allow-origin"), null);
  const open = (origin: string) =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${server.url.replace("http", "ws")}/websocket`, { origin });
      socket.once("open", () => {
        socket.close();
        resolve("open");
      });
      socket.once("error", () => resolve("refused"));
    });
  t.equal(await open("http://page.example"), "open");
  t.equal(await open("http://other.example"), "refused");
});
