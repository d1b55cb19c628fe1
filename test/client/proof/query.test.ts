import { readFileSync } from "node:fs";
import t from "tap";
import { fromHex } from "../../../chain/runtime/bytes.ts";
import { headerHash, LightClient } from "../../../client/light/index.ts";
import {
  formatReport,
  queryVerified,
  VerificationError,
  type VerificationStep,
} from "../../../client/proof/index.ts";
import type { AbciQueryResponse } from "../../../client/rpc/index.ts";
import { BlockSource, makeBlock, members } from "../light/chain.ts";
import { ProvenApp, utf8 } from "./app.ts";

const stores = ["acc", "bank", "inference"];
const put = (store: string, key: string, value: string) => [store, utf8(key), utf8(value)] as const;
const NONE = new Uint8Array(0);

async function stepOf(run: () => Promise<unknown>): Promise<VerificationStep | "proven"> {
  try {
    await run();
    return "proven";
  } catch (error) {
    if (error instanceof VerificationError) return error.step;
    throw error;
  }
}

t.test(
  "values and absences of a real store are proven at every height that has a header after it",
  async (t) => {
    const app = await ProvenApp.make(stores, [
      [put("bank", "a", "1"), put("bank", "c", "3"), put("acc", "x", "y"), put("inference", "i", "j")],
      [put("bank", "a", "2"), put("bank", "e", "5")],
      [["bank", utf8("c"), NONE]],
    ]);
    t.teardown(() => app.stop());
    const light = await app.light();
    const cases: [store: string, key: string, height: bigint | undefined, value: string | undefined][] = [
      ["bank", "a", 1n, "1"],
      ["bank", "a", 2n, "2"],
      ["bank", "a", undefined, "2"],
      ["bank", "c", 2n, "3"],
      ["bank", "c", 3n, undefined],
      ["bank", "b", 1n, undefined],
      ["bank", "0", undefined, undefined],
      ["bank", "z", undefined, undefined],
      ["acc", "x", 3n, "y"],
      ["inference", "i", undefined, "j"],
    ];
    for (const [store, key, height, value] of cases) {
      const proven = await queryVerified({
        light,
        rpc: app,
        store,
        key: utf8(key),
        ...(height === undefined ? {} : { height }),
      });
      t.strictSame(
        proven.value,
        value === undefined ? undefined : utf8(value),
        `${store}/${key} at ${height}`,
      );
      t.equal(proven.height, height ?? 3n);
      t.equal(proven.header.height, proven.height + 1n);
      t.strictSame(
        proven.report.steps.map(({ step }) => step),
        ["header", "answer", "store_root", "key"],
      );
      t.match(formatReport(proven.report), /: proven\n {2}✓ header/);
    }
  },
);

t.test("every lie about an answer is found at its step", async (t) => {
  const app = await ProvenApp.make(stores, [
    [put("bank", "a", "1"), put("bank", "c", "3"), put("acc", "a", "1"), put("inference", "i", "j")],
    [put("bank", "a", "2")],
  ]);
  t.teardown(() => app.stop());
  const light = await app.light();
  const ask = (height: bigint, key: string, store: string) =>
    app.abciQuery({ path: `/store/${store}/key`, data: utf8(key), height, prove: true });
  const older = await ask(1n, "a", "bank");
  const other = await ask(2n, "c", "bank");
  const absent = await ask(2n, "b", "bank");
  const otherStore = await ask(2n, "a", "acc");
  const flip = (bytes: Uint8Array, at: number) =>
    bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
  const withOps = (r: AbciQueryResponse, ops: AbciQueryResponse["proofOps"]) => ({ ...r, proofOps: ops });
  const cases: [string, VerificationStep, (r: AbciQueryResponse) => AbciQueryResponse][] = [
    ["another value", "key", (r) => ({ ...r, value: utf8("9") })],
    ["an older value with the new proof", "key", (r) => ({ ...r, value: older.value })],
    ["an older value and proof", "store_root", (r) => ({ ...older, height: r.height })],
    [
      "an older first step",
      "key",
      (r) => withOps({ ...r, value: older.value }, [older.proofOps[0]!, r.proofOps[1]!]),
    ],
    ["the proof of another key", "key", (r) => ({ ...other, key: r.key })],
    ["another key", "answer", () => other],
    ["said to be absent, with the proof of presence", "key", (r) => ({ ...r, value: NONE })],
    ["said to be absent, with the absence of another key", "key", (r) => ({ ...absent, key: r.key })],
    ["another store's proof", "store_root", (r) => withOps(r, otherStore.proofOps)],
    ["another height", "answer", (r) => ({ ...r, height: r.height - 1n })],
    ["a refusal", "answer", (r) => ({ ...r, code: 5, codespace: "sdk", log: "no" })],
    ["no proof", "answer", (r) => withOps(r, [])],
    ["one step", "answer", (r) => withOps(r, r.proofOps.slice(0, 1))],
    ["steps swapped", "answer", (r) => withOps(r, [...r.proofOps].reverse())],
    ["a step more", "answer", (r) => withOps(r, [...r.proofOps, r.proofOps[1]!])],
    [
      "a second step that is no proof",
      "store_root",
      (r) => withOps(r, [r.proofOps[0]!, { ...r.proofOps[1]!, data: utf8("junk") }]),
    ],
    [
      "a first step that is no proof",
      "key",
      (r) => withOps(r, [{ ...r.proofOps[0]!, data: utf8("junk") }, r.proofOps[1]!]),
    ],
    [
      "an empty second step",
      "store_root",
      (r) => withOps(r, [r.proofOps[0]!, { ...r.proofOps[1]!, data: NONE }]),
    ],
  ];
  const query = { light, rpc: app, store: "bank", key: utf8("a"), height: 2n };
  t.equal(await stepOf(() => queryVerified(query)), "proven");
  for (const [name, step, tamper] of cases) {
    app.tamper = tamper;
    t.equal(await stepOf(() => queryVerified(query)), step, name);
  }
  // Every bit of both proofs matters.
  app.tamper = (r) => r;
  const good = await app.abciQuery({ path: "/store/bank/key", data: utf8("a"), height: 2n });
  for (const op of [0, 1]) {
    for (let at = 0; at < good.proofOps[op]!.data.length; at++) {
      app.tamper = (r) =>
        withOps(
          r,
          r.proofOps.map((each, i) => (i === op ? { ...each, data: flip(each.data, at) } : each)),
        );
      const step = await stepOf(() => queryVerified(query));
      if (step === "proven") t.fail(`step ${op}, byte ${at}: a changed proof is accepted`);
    }
  }
});

t.test("a header that cannot be verified ends the proof at its first step", async (t) => {
  const app = await ProvenApp.make(stores, [
    [put("bank", "a", "1"), put("acc", "a", "1"), put("inference", "a", "1")],
    [],
  ]);
  t.teardown(() => app.stop());
  const light = await app.light();
  app.source.blocks.set(2n, {
    ...app.blocks[1]!,
    header: { ...app.blocks[1]!.header, appHash: new Uint8Array(32) },
  });
  try {
    await queryVerified({ light, rpc: app, store: "bank", key: utf8("a"), height: 1n });
    t.fail("proven");
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    t.equal(error.step, "header");
    t.match(error.message, /header's hash/);
    t.equal(error.report.ok, false);
    t.match(formatReport(error.report), /NOT proven\n {2}✗ header/);
  }
});

t.test("the header after the state is waited for, and not for ever", async (t) => {
  const app = await ProvenApp.make(stores, [
    [put("bank", "a", "1"), put("acc", "a", "1"), put("inference", "a", "1")],
  ]);
  t.teardown(() => app.stop());
  const light = await app.light();
  const last = app.blocks[1]!;
  app.source.blocks.delete(2n);
  const query = { light, rpc: app, store: "bank", key: utf8("a"), height: 1n };
  t.equal(await stepOf(() => queryVerified({ ...query, waitMs: 0 })), "header");
  const proving = queryVerified(query);
  app.source.blocks.set(2n, last);
  t.strictSame((await proving).value, utf8("1"));
});

interface Vector {
  readonly height: number;
  readonly store: string;
  readonly key: string;
  readonly value: string;
  readonly ops: readonly { type: string; key: string; data: string }[];
}

t.test("the SDK's own two-step proofs are accepted against headers with the SDK's app hashes", async (t) => {
  const file = new URL("../../vectors/iavl-and-multistore.json", import.meta.url);
  const { multistore } = JSON.parse(readFileSync(file, "utf8")) as {
    multistore: { queries: Vector[]; versions: { version: number; appHash: string }[] };
  };
  const set = members(1n);
  const hashes = new Map(multistore.versions.map(({ version, appHash }) => [version, fromHex(appHash)!]));
  const blocks = [1, 2, 3, 4, 5].map((height) =>
    makeBlock(BigInt(height), set, set, undefined, { header: { appHash: hashes.get(height - 1) ?? NONE } }),
  );
  const light = await LightClient.create({
    chainId: "made-1",
    trusted: { height: 1n, hash: headerHash(blocks[0]!.header) },
    primary: new BlockSource(blocks),
    trustingPeriod: 1_000_000n,
    now: () => blocks.at(-1)!.header.time,
  });
  t.ok(multistore.queries.length > 3);
  for (const { height, store, key, value, ops } of multistore.queries) {
    const rpc = {
      abciQuery: async (): Promise<AbciQueryResponse> => ({
        code: 0,
        codespace: "",
        log: "",
        key: fromHex(key)!,
        value: fromHex(value)!,
        height: BigInt(height),
        proofOps: ops.map((op) => ({ type: op.type, key: fromHex(op.key)!, data: fromHex(op.data)! })),
      }),
    };
    const proven = await queryVerified({ light, rpc, store, key: fromHex(key)!, height: BigInt(height) });
    t.strictSame(proven.value, value === "" ? undefined : fromHex(value), `${store}/${key} at ${height}`);
  }
});
