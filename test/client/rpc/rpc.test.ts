import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { base64 } from "@scure/base";
import t from "tap";
import { RpcClient, RpcError, type RpcErrorCode } from "../../../client/rpc/index.ts";
import { type Answer, FakeNode, NodeWebSocket, result } from "./fake-node.ts";

interface Recorded {
  readonly method: string;
  readonly params: Record<string, string | boolean>;
  readonly response: { readonly result?: Record<string, never> };
  readonly note?: string;
}

const { calls: recorded } = JSON.parse(
  readFileSync(new URL("../../vectors/rpc/cometbft.json", import.meta.url), "utf8"),
) as { calls: Recorded[] };

/** Answers as the recorded node did, if asked exactly as it was. */
async function recordedNode(): Promise<FakeNode> {
  return FakeNode.start((call) => {
    const found = recorded.find(
      ({ method, params }) => method === call.method && isDeepStrictEqual(params, call.params),
    );
    return found
      ? { body: found.response }
      : { status: 500, body: `nothing recorded for ${JSON.stringify(call)}` };
  });
}

async function codeOf(run: () => Promise<unknown>): Promise<RpcErrorCode | "answered"> {
  try {
    await run();
    return "answered";
  } catch (error) {
    if (error instanceof RpcError) return error.code;
    throw error;
  }
}

const paramsOf = (method: string, nth = 0) => recorded.filter((each) => each.method === method)[nth]!.params;

t.test("a real node's answers are read in full", async (t) => {
  const node = await recordedNode();
  t.teardown(() => node.stop());
  const rpc = new RpcClient(node.url);
  const sent = base64.decode(paramsOf("broadcast_tx_sync")["tx"] as string);
  const height = BigInt(paramsOf("commit")["height"] as string);

  const status = await rpc.status();
  t.match(status.chainId, /^test-chain-/);
  t.equal(status.votingPower, 10n);
  t.equal(status.catchingUp, false);
  t.ok(status.latestHeight > height);

  const admitted = await rpc.broadcastTxSync(sent);
  t.equal(admitted.code, 0);
  t.match(admitted.hash, /^[0-9A-F]{64}$/);
  const refused = await rpc.broadcastTxSync(new TextEncoder().encode("bad"));
  t.not(refused.code, 0, "the kvstore refuses what has no =");

  const tx = await rpc.tx(admitted.hash);
  t.equal(tx?.height, height);
  t.same(tx?.tx, sent);
  t.equal(tx?.result.code, 0);
  t.ok(
    tx?.result.events.some(({ attributes }) =>
      attributes.some(({ key, index }) => key === "creator" && index),
    ),
  );
  t.equal(await rpc.tx("00".repeat(32)), undefined);

  const commit = await rpc.commit(height);
  t.equal(commit.header.height, height);
  t.equal(commit.commit.signatures.length, 1);
  t.equal((await rpc.commit()).header.chainId, status.chainId);
  const { validators } = await rpc.validators(height);
  t.same(validators[0]?.address, commit.header.proposerAddress);

  const block = await rpc.block(height);
  t.same(block.txs, [sent]);
  t.same(block.blockId.hash, commit.commit.blockId.hash);
  t.equal(block.lastCommit?.height, height - 1n);
  t.equal((await rpc.block(1n)).lastCommit, undefined);

  const results = await rpc.blockResults(height);
  t.equal(results.txResults.length, 1);
  const updating = recorded.find(({ note }) => note === "validator update")!;
  const updates = await rpc.blockResults(BigInt(updating.params["height"] as string));
  t.equal(updates.validatorUpdates[0]?.power, 11n);
  t.equal(updates.validatorUpdates[0]?.pubKey.ed25519?.length, 32);

  const answer = await rpc.abciQuery({ path: "", data: new TextEncoder().encode("name") });
  t.match(new TextDecoder().decode(answer.value), /^satoshi/);
  const found = await rpc.txSearch({ query: "tx.height>0" });
  t.ok(found.total >= 1 && found.txs.length === found.total);
  const asynchronous = base64.decode(paramsOf("broadcast_tx_async")["tx"] as string);
  t.equal((await rpc.broadcastTxAsync(asynchronous)).code, 0);

  t.equal(await codeOf(() => rpc.commit(99_999_999n)), "not_found");
  t.equal(await codeOf(() => rpc.call("no_such_method")), "rejected");
  try {
    await rpc.call("no_such_method");
  } catch (error) {
    t.equal((error as RpcError).rpcCode, -32601);
    t.match(String(error), node.url);
  }
});

t.test("a validator set of many pages is read whole, from one height", async (t) => {
  const all = Array.from({ length: 250 }, (_, n) => ({
    address: n.toString(16).padStart(40, "0"),
    pub_key: { type: "tendermint/PubKeyEd25519", value: base64.encode(new Uint8Array(32)) },
    voting_power: String(n + 1),
    proposer_priority: "0",
  }));
  const node = await FakeNode.start(({ params }) => {
    const page = Number(params["page"]);
    return result({
      block_height: "8",
      validators: all.slice((page - 1) * 100, page * 100),
      count: "100",
      total: "250",
    });
  });
  t.teardown(() => node.stop());
  const { validators, height } = await new RpcClient(node.url).validators();
  t.equal(height, 8n);
  t.equal(validators.length, 250);
  t.equal(validators[249]?.votingPower, 250n);
  t.same(
    node.calls.map(({ params }) => [params["page"], params["height"]]),
    [
      ["1", undefined],
      ["2", "8"],
      ["3", "8"],
    ],
  );
});

t.test("a node that never ends its pages is refused", async (t) => {
  const node = await FakeNode.start(() =>
    result({ block_height: "8", validators: [], count: "0", total: "5" }),
  );
  t.teardown(() => node.stop());
  t.equal(await codeOf(() => new RpcClient(node.url).validators()), "invalid_response");
});

t.test("what is no answer is an error that says what to do", async (t) => {
  let answer: Answer = result({});
  const node = await FakeNode.start(() => answer);
  t.teardown(() => node.stop());
  const rpc = new RpcClient(node.url, { timeoutMs: 300 });
  const cases: [string, Answer, RpcErrorCode][] = [
    ["an empty object", result({}), "invalid_response"],
    ["null", result(null), "invalid_response"],
    ["a list", result([]), "invalid_response"],
    ["HTML", { body: "<html>" }, "invalid_response"],
    ["a 404 page", { status: 404, body: "<html>" }, "http_status"],
    ["no answer in time", "hang", "timeout"],
    ["a connection that breaks", "reset", "unreachable"],
    [
      "an error",
      { body: { jsonrpc: "2.0", id: 1, error: { code: -32603, message: "Internal error", data: "boom" } } },
      "rejected",
    ],
    ["an error without a code", { body: { jsonrpc: "2.0", id: 1, error: {} } }, "invalid_response"],
  ];
  for (const [name, given, code] of cases) {
    answer = given;
    t.equal(await codeOf(() => rpc.status()), code, name);
  }
  const gone = await FakeNode.start(() => result({}));
  const { url } = gone;
  await gone.stop();
  try {
    await new RpcClient(url).status();
    t.fail("reached a node that is gone");
  } catch (error) {
    t.equal((error as RpcError).code, "unreachable");
    t.match(String(error), url, "names the address");
    t.match(String(error), "ECONNREFUSED");
    t.match(String(error), "opgd status", "and the remedy");
  }
  t.throws(() => new RpcClient("ftp://x"), { code: "unsupported" });
  t.throws(() => new RpcClient("26657"), { code: "unsupported" });
  t.equal(new RpcClient("tcp://127.0.0.1:26657/").url, "http://127.0.0.1:26657");
});

t.test("fields of wrong kinds are named by their place", async (t) => {
  const good = recorded.find(({ method }) => method === "commit")!.response.result as unknown as {
    signed_header: { header: Record<string, unknown>; commit: Record<string, unknown> };
  };
  const cases: [string, unknown, string][] = [
    ["height", "1.5", "header.height"],
    ["height", -1.5, "header.height"],
    ["time", "yesterday", "header.time"],
    ["app_hash", "xyz", "header.app_hash"],
    ["validators_hash", "AB", "header.validators_hash"],
    ["proposer_address", "AB", "header.proposer_address"],
    ["chain_id", 5, "header.chain_id"],
    ["last_block_id", null, "header.last_block_id"],
    ["version", [], "header.version"],
  ];
  for (const [name, value, path] of cases) {
    const body = structuredClone(good);
    body.signed_header.header[name] = value;
    const node = await FakeNode.start(() => result(body));
    await t.rejects(new RpcClient(node.url).commit(), {
      code: "invalid_response",
      message: new RegExp(path.replaceAll(".", "\\.")),
    });
    await node.stop();
  }
});

t.test("subscriptions deliver events, survive a lost connection and end when asked", async (t) => {
  const node = await FakeNode.start(() => result({}));
  t.teardown(() => node.stop());
  const query = "tm.event='NewBlock'";
  node.onSocketMessage = (socket, { id, method, params }) => {
    socket.send(JSON.stringify({ jsonrpc: "2.0", id, result: {} }));
    if (method === "subscribe") {
      socket.send(
        JSON.stringify({
          jsonrpc: "2.0",
          id,
          result: { query: params["query"], data: { type: "t", value: { n: "1" } }, events: {} },
        }),
      );
    }
  };
  const states: string[] = [];
  const rpc = new RpcClient(node.url, {
    WebSocket: NodeWebSocket,
    retryMs: [5],
    onConnection: (state) => states.push(state),
  });
  const seen: bigint[] = [];
  let notify = () => {};
  const next = () =>
    new Promise<void>((resolve) => {
      notify = resolve;
    });
  let waiting = next();
  const end = rpc.subscribe(query, ({ data }) => {
    seen.push(data.at("value").at("n").bigint());
    notify();
  });
  await waiting;
  t.same(seen, [1n]);
  waiting = next();
  node.dropSockets();
  await waiting;
  t.same(seen, [1n, 1n], "subscribed again after the connection was lost");
  t.same(states, ["lost", "back"]);

  waiting = next();
  const endSecond = rpc.subscribe("tm.event='Tx'", () => notify());
  await waiting;
  endSecond();
  end();
  await new Promise<void>((resolve) => {
    const look = () => (node.socketCount === 0 ? resolve() : setTimeout(look, 2));
    look();
  });
  t.same(
    node.calls.map(({ method }) => method),
    ["subscribe", "subscribe", "subscribe", "unsubscribe"],
  );
  rpc.close();
});

t.test("a refused subscription is told to whom it concerns", async (t) => {
  const node = await FakeNode.start(() => result({}));
  t.teardown(() => node.stop());
  node.onSocketMessage = (socket, { id }) => {
    socket.send(
      JSON.stringify({
        jsonrpc: "2.0",
        id,
        error: { code: -32603, message: "Internal error", data: "bad query" },
      }),
    );
  };
  const rpc = new RpcClient(node.url, { WebSocket: NodeWebSocket });
  t.teardown(() => rpc.close());
  const error = await new Promise<RpcError>((resolve) => rpc.subscribe("nonsense", () => {}, resolve));
  t.equal(error.code, "rejected");
  t.match(error.data, "bad query");
});

t.test("a platform without WebSocket is told so", async (t) => {
  if ((globalThis as { WebSocket?: unknown }).WebSocket) {
    t.comment("this platform has one");
    return;
  }
  t.throws(() => new RpcClient("http://127.0.0.1:1").subscribe("x", () => {}), { code: "unsupported" });
});
