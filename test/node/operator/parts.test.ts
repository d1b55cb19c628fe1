/** The daemon's parts: settings, model files, what follows the chain, and what it tells. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { sha256 } from "../../../chain/store/sha256.ts";
import { RpcError, type RpcEvent } from "../../../client/index.ts";
import { OPERATOR_TOML, readOperatorConfig } from "../../../node/operator/config.ts";
import type { DaemonStatus } from "../../../node/operator/daemon.ts";
import { Follower } from "../../../node/operator/follow.ts";
import { OperatorMetrics } from "../../../node/operator/metrics.ts";
import { ModelCache } from "../../../node/operator/models.ts";
import { serveStatus } from "../../../node/operator/serve.ts";
import { Operator, OperatorRecord } from "../../../proto/gen/opg.compute.v1.ts";

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "operator-parts-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

t.test("operator.toml says its defaults, and refuses what it does not know", (t) => {
  const path = join(folderOf(t), "operator.toml");
  const defaults = readOperatorConfig(path);
  writeFileSync(path, OPERATOR_TOML);
  t.strictSame(readOperatorConfig(path), defaults, "the file as it is written says the defaults");
  const cases: readonly [text: string, fault: RegExp][] = [
    ["paralel-jobs = 2", /paralel-jobs is no setting; did you mean parallel-jobs\?/],
    ["[native]\nthread = 2", /native\.thread is no setting; did you mean threads\?/],
    ["[nativ]\nthreads = 2", /nativ is no setting/],
    ["parallel-jobs = 0", /parallel-jobs: 0 is not allowed/],
    ['metrics-address = "here"', /metrics-address: "here" is not allowed; give host:port/],
    [
      "[native]\nexecution-providers = []",
      /native\.execution-providers: \[\] is not allowed|execution-providers/,
    ],
    ["from = ", /not TOML/],
  ];
  for (const [text, fault] of cases) {
    writeFileSync(path, text);
    t.throws(() => readOperatorConfig(path), { code: "config", message: fault });
  }
  t.end();
});

t.test(
  "model files are fetched once, checked, fetched again when damaged, and make room for others",
  async (t) => {
    const folder = folderOf(t);
    const files = [1, 2, 3].map((value) => new Uint8Array(1000).fill(value));
    let fetched = 0;
    const source = {
      fetchModel: async (id: bigint) => {
        fetched++;
        const file = files[Number(id)]!;
        return [file.slice(0, 300), file.slice(300)];
      },
    };
    const cache = new ModelCache(folder, 2_500, source);
    const [first] = await Promise.all([cache.get(0n, sha256(files[0]!)), cache.get(0n, sha256(files[0]!))]);
    t.strictSame(first!.bytes(), files[0]);
    await cache.get(0n, sha256(files[0]!));
    t.equal(fetched, 1);
    await t.rejects(cache.get(1n, sha256(files[0]!.slice(1))), /not .*; use another node/);
    writeFileSync(first!.path, "damaged");
    const again = new ModelCache(folder, 2_500, source);
    t.strictSame((await again.get(0n, sha256(files[0]!))).bytes(), files[0]);
    t.equal(fetched, 3);
    await again.get(1n, sha256(files[1]!));
    await again.get(2n, sha256(files[2]!));
    t.equal(readdirSync(folder).length, 2, "the one that was used least lately is gone");
  },
);

interface Watched {
  readonly heights: bigint[];
  readonly lines: string[];
  /** Resolves when `heights` has this many. */
  seen(count: number): Promise<void>;
  fire(): void;
  /** What a question for the height does. */
  answer: () => bigint;
  readonly follower: Follower;
}

function watch(t: Test, pollMs: number, answer: () => bigint, subscribe = true): Watched {
  const heights: bigint[] = [];
  const lines: string[] = [];
  const checks = new Set<() => void>();
  let onEvent: () => void = () => undefined;
  const say = (_: object, message: string) => lines.push(message);
  const watched = {
    heights,
    lines,
    answer,
    fire: () => onEvent(),
    seen: (count: number) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (heights.length < count) return;
          checks.delete(check);
          resolve();
        };
        checks.add(check);
        check();
      }),
  };
  const follower = new Follower({
    rpc: {
      subscribe: (_query: string, event: (event: RpcEvent) => void) => {
        if (!subscribe) throw new RpcError("unsupported", "no WebSocket");
        onEvent = () => event(undefined as never);
        return () => undefined;
      },
    },
    height: async () => watched.answer(),
    onHeight: async (height) => {
      heights.push(height);
      for (const check of [...checks]) check();
    },
    log: { info: say, warn: say },
    pollMs,
  });
  t.teardown(() => follower.stop());
  return Object.assign(watched, { follower });
}

t.test("an event is a look at once; without events there is one for every new height", async (t) => {
  const quick = watch(t, 600_000, () => 1n);
  await quick.seen(1);
  quick.answer = () => 2n;
  quick.fire();
  await quick.seen(2);
  t.strictSame(quick.heights, [1n, 2n]);
  let height = 3n;
  const polled = watch(t, 1, () => height++ / 3n, false);
  await polled.seen(4);
  t.strictSame([...new Set(polled.heights)], polled.heights, "each height once");
});

t.test("a node that does not answer is asked again, and a fault of the program is told", async (t) => {
  let asked = 0n;
  const all = watch(t, 1, () => {
    if (asked++ < 3n) throw new RpcError("unreachable", "refused");
    return asked;
  });
  await all.seen(2);
  t.strictSame(
    all.lines.filter((line) => /does not answer|answers again/.test(line)),
    ["the node does not answer; asking again", "the node answers again"],
  );
  const broken = watch(t, 1, () => {
    throw new TypeError("a fault");
  });
  await t.rejects(broken.follower.ended, /a fault/);
});

t.test("metrics and status are told over HTTP", async (t) => {
  const metrics = new OperatorMetrics();
  metrics.messages.inc({ step: "commit", result: "ok" }, 3);
  metrics.operator(Operator.create({ bond: "77", record: OperatorRecord.create({ earned: "5" }) }));
  const status: DaemonStatus = {
    chain: "c",
    operator: "o",
    hot_address: "h",
    height: 12_345_678_901_234_567_890n,
    jobs: [],
    bound: [1n],
  };
  const server = await serveStatus("127.0.0.1:0", () => status, metrics);
  t.teardown(() => server.stop());
  const text = await (await fetch(`${server.url}/metrics`)).text();
  t.match(text, /opg_operator_messages_total\{step="commit",result="ok"\} 3/);
  t.match(text, /opg_operator_coins\{what="bond"\} 77/);
  t.match(await (await fetch(`${server.url}/status`)).json(), {
    height: "12345678901234567890",
    bound: ["1"],
  });
  t.equal((await fetch(`${server.url}/other`)).status, 404);
  const port = server.url.slice(server.url.lastIndexOf(":") + 1);
  await t.rejects(
    serveStatus(`127.0.0.1:${port}`, () => status, metrics),
    { code: "running", message: /EADDRINUSE/ },
  );
});
