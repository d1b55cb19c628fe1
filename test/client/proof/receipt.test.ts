import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { receiptKey, rootKey } from "../../../chain/modules/inference/keys.ts";
import { merkleRoot } from "../../../client/light/index.ts";
import {
  formatReport,
  type ReceiptExpectation,
  VerificationError,
  type VerificationStep,
  verifyKeptReceipt,
  verifyReceipt,
} from "../../../client/proof/index.ts";
import { type NamedTensor, tensorFromJson, tensorsHash } from "../../../client/tensor.ts";
import { Mode, Receipt, ReceiptsRoot, Status } from "../../../proto/gen/opg.inference.v1.ts";
import { ProvenApp, utf8 } from "./app.ts";

const inputs: NamedTensor[] = [tensorFromJson("X", { dtype: "float32", dims: [1, 2], data: [1, 2] })];
const outputs: NamedTensor[] = [tensorFromJson("Y", { dtype: "int64", dims: [1], data: [2] })];
const modelHash = sha256(utf8("model"));

function receipt(changes: Partial<Receipt> = {}): Receipt {
  return Receipt.create({
    id: 7n,
    height: 1n,
    requester: "opg1asker",
    payer: "opg1asker",
    modelId: 3n,
    modelHash,
    inputHash: tensorsHash(inputs),
    outputHash: tensorsHash(outputs),
    engineId: sha256(utf8("engine")),
    computeUnits: 12n,
    unitPrice: "1000000000000000000",
    fee: { denom: "uopg", amount: "100" },
    split: { compute: "50", verification: "20", owner: "15", treasury: "10", burn: "5" },
    status: Status.STATUS_OK,
    mode: Mode.MODE_CONSENSUS,
    ...changes,
  });
}

async function stepOf(
  value: Uint8Array,
  expected: ReceiptExpectation = {},
): Promise<VerificationStep | "proven"> {
  const app = await ProvenApp.make(
    ["inference", "bank"],
    [
      [
        ["inference", receiptKey(7n), value],
        ["bank", utf8("a"), utf8("b")],
      ],
    ],
  );
  try {
    await verifyReceipt({ light: await app.light(), rpc: app, receiptId: 7n, ...expected });
    return "proven";
  } catch (error) {
    if (error instanceof VerificationError) return error.step;
    throw error;
  } finally {
    await app.stop();
  }
}

t.test("a receipt is proven with what was asked and answered, and the report says each step", async (t) => {
  const app = await ProvenApp.make(
    ["inference", "bank"],
    [
      [
        ["inference", receiptKey(7n), Receipt.encode(receipt())],
        ["bank", utf8("a"), utf8("b")],
      ],
      [],
      [],
    ],
  );
  t.teardown(() => app.stop());
  const light = await app.light();
  const proven = await verifyReceipt({
    light,
    rpc: app,
    receiptId: 7n,
    inputs,
    outputs,
    modelHash,
  });
  t.strictSame(proven.receipt, receipt());
  t.equal(proven.height, 3n, "in the newest state");
  t.strictSame(
    proven.report.steps.map(({ step, ok }) => [step, ok]),
    ["header", "answer", "store_root", "key", "receipt", "fields", "split", "model", "input", "output"].map(
      (step) => [step, true],
    ),
  );
  const text = formatReport(proven.report);
  t.match(text, "receipt 7: proven");
  t.match(text, "fee 100uopg: compute 50, verification 20, owner 15, treasury 10, burn 5");
  const older = await verifyReceipt({ light, rpc: app, receiptId: 7n, height: 1n });
  t.equal(older.header.height, 2n);
});

t.test("a receipt that is proven to be absent is said to be so", async (t) => {
  const app = await ProvenApp.make(
    ["inference", "bank"],
    [
      [
        ["inference", receiptKey(7n), Receipt.encode(receipt())],
        ["bank", utf8("a"), utf8("b")],
      ],
    ],
  );
  t.teardown(() => app.stop());
  const proving = verifyReceipt({ light: await app.light(), rpc: app, receiptId: 8n });
  await t.rejects(proving, { step: "receipt", message: /proven to be absent/ });
  const report = await proving.catch((error: VerificationError) => error.report);
  t.match(report, {
    ok: false,
    steps: [
      { ok: true },
      { ok: true },
      { ok: true },
      { step: "key", ok: true },
      { step: "receipt", ok: false },
    ],
  });
});

t.test("a receipt that the chain holds but that is not sound ends at its step", async (t) => {
  const split = receipt().split;
  const cases: [string, Uint8Array, VerificationStep | "proven"][] = [
    ["sound", Receipt.encode(receipt()), "proven"],
    [
      "an engine error",
      Receipt.encode(receipt({ status: Status.STATUS_ENGINE_ERROR, outputHash: new Uint8Array(0) })),
      "proven",
    ],
    ["junk", utf8("junk"), "receipt"],
    ["an unknown field", Uint8Array.of(...Receipt.encode(receipt()), 0xa0, 0x06, 1), "receipt"],
    ["an explicit default", Uint8Array.of(...Receipt.encode(receipt({ mode: 0 })), 0x80, 0x01, 0), "receipt"],
    ["another id", Receipt.encode(receipt({ id: 8n })), "receipt"],
    ["from the future", Receipt.encode(receipt({ height: 2n })), "fields"],
    ["of height 0", Receipt.encode(receipt({ height: 0n })), "fields"],
    ["a short model hash", Receipt.encode(receipt({ modelHash: modelHash.slice(1) })), "fields"],
    ["no input hash", Receipt.encode(receipt({ inputHash: new Uint8Array(0) })), "fields"],
    ["no engine", Receipt.encode(receipt({ engineId: new Uint8Array(0) })), "fields"],
    ["ok without an output", Receipt.encode(receipt({ outputHash: new Uint8Array(0) })), "fields"],
    ["an error with an output", Receipt.encode(receipt({ status: Status.STATUS_ENGINE_ERROR })), "fields"],
    ["no status", Receipt.encode(receipt({ status: 0 })), "fields"],
    ["an unknown mode", Receipt.encode(receipt({ mode: 9 })), "fields"],
    ["no requester", Receipt.encode(receipt({ requester: "" })), "fields"],
    ["a coin too many", Receipt.encode(receipt({ split: { ...split, burn: "6" } })), "split"],
    ["a coin too few", Receipt.encode(receipt({ split: { ...split, owner: "14" } })), "split"],
    ["a negative part", Receipt.encode(receipt({ split: { ...split, owner: "-15", burn: "35" } })), "split"],
    ["a part that is no number", Receipt.encode(receipt({ split: { ...split, owner: "" } })), "split"],
    [
      "a fee with zeros before it",
      Receipt.encode(receipt({ fee: { denom: "uopg", amount: "0100" } })),
      "split",
    ],
  ];
  for (const [name, value, step] of cases) t.equal(await stepOf(value), step, name);
});

t.test("what the caller has is compared by its hash", async (t) => {
  const value = Receipt.encode(receipt());
  const other = [tensorFromJson("X", { dtype: "float32", dims: [1, 2], data: [1, 2.5] })];
  const cases: [string, ReceiptExpectation, VerificationStep | "proven"][] = [
    ["all of it", { inputs, outputs, modelHash }, "proven"],
    ["another model", { modelHash: sha256(utf8("x")) }, "model"],
    ["other inputs", { inputs: other }, "input"],
    ["other outputs", { outputs: other }, "output"],
    ["inputs for outputs", { outputs: inputs }, "output"],
  ];
  for (const [name, expected, step] of cases) t.equal(await stepOf(value, expected), step, name);
});

t.test(
  "a receipt that was pruned is proven by the root of its block, and by its own path only",
  async (t) => {
    const block = [7n, 8n, 9n].map((id) => receipt({ id }));
    const leaves = block.map((each) => Receipt.encode(each));
    const root = ReceiptsRoot.encode({ height: 1n, root: merkleRoot(leaves), firstId: 7n, count: 3 });
    const app = await ProvenApp.make(
      ["inference", "bank"],
      [
        [
          ["inference", rootKey(1n), root],
          ["bank", utf8("a"), utf8("b")],
        ],
        [],
      ],
    );
    t.teardown(() => app.stop());
    const light = await app.light();
    const aunts = [merkleRoot(leaves.slice(0, 1)), merkleRoot(leaves.slice(2))];
    const kept = { receipt: block[1]!, index: 1, aunts };
    const proven = await verifyKeptReceipt({ light, rpc: app, kept, inputs, outputs, modelHash });
    t.strictSame(
      proven.report.steps.map(({ step }) => step),
      [
        "header",
        "answer",
        "store_root",
        "key",
        "root",
        "path",
        "fields",
        "split",
        "model",
        "input",
        "output",
      ],
    );
    const cases: [string, Partial<typeof kept>, VerificationStep][] = [
      ["a changed receipt", { receipt: receipt({ id: 8n, app: "another" }) }, "path"],
      ["another's path", { receipt: block[0]!, index: 0 }, "path"],
      ["another place", { index: 2 }, "path"],
      ["a place beyond the block", { receipt: receipt({ id: 10n }), index: 3 }, "path"],
      ["a hash less", { aunts: aunts.slice(1) }, "path"],
      ["a hash more", { aunts: [...aunts, aunts[0]!] }, "path"],
      ["a block without receipts", { receipt: receipt({ id: 8n, height: 2n }) }, "root"],
    ];
    for (const [name, change, step] of cases) {
      t.comment(name);
      await t.rejects(verifyKeptReceipt({ light, rpc: app, kept: { ...kept, ...change } }), {
        name: "VerificationError",
        step,
      });
    }
  },
);
