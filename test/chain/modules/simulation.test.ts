/**
 * Random operations on models, inference and validators: after every block all invariants hold, and a second run with the
 * same seed, one that remembers no model, gives the same state and gas. SIM_BLOCKS and SIM_SEED choose length and case.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import t from "tap";
import { DEFAULT_PARAMS } from "../../../chain/modules/inference/params.ts";
import { DEFAULT_PARAMS as MODELS_PARAMS } from "../../../chain/modules/models/params.ts";
import { moduleAddress } from "../../../chain/runtime/address.ts";
import { toHex } from "../../../chain/runtime/bytes.ts";
import { decToWire, ONE } from "../../../chain/runtime/decimal.ts";
import {
  GenesisState as InferenceGenesis,
  Msg as InferenceMsg,
  type SplitWeights,
} from "../../../proto/gen/opg.inference.v1.ts";
import { ModelStatus, GenesisState as ModelsGenesis, Msg } from "../../../proto/gen/opg.models.v1.ts";
import { Random, seedOf } from "./random.ts";
import { chunksOf, inferMessage, matmul, metadata, vector } from "./samples.ts";
import { account, codec, DENOM, type Delivered, okOutcome, Sandbox } from "./sandbox.ts";

const BLOCKS = Number(process.env["SIM_BLOCKS"] ?? 150);
const CHUNK = 1_024;
const NAMES = ["ann", "ben", "cat", "dan"];
/** Files that are registered again and again: width decides chunks and cost. */
const FILES = [3, 4, 140, 150, 300].map((width) => ({ width, file: matmul(width) }));
const validators = [
  { name: "v1", power: 7n },
  { name: "v2", power: 11n },
  { name: "v3", power: 13n },
];
const authority = codec.format(moduleAddress("gov"));
const { methods } = Msg;

/** Five weights that sum to exactly 1. */
function randomSplit(random: Random): SplitWeights {
  const cuts = [0n, ...Array.from({ length: 4 }, () => random.bigint(64) % (ONE + 1n)), ONE];
  cuts.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const [compute, verification, owner, treasury, burn] = cuts
    .slice(1)
    .map((cut, i) => (cut - cuts[i]!).toString());
  return { compute: compute!, verification: verification!, owner: owner!, treasury: treasury!, burn: burn! };
}

class Simulation {
  readonly sandbox: Sandbox;
  readonly #random: Random;
  /** How often each kind of operation passed. */
  readonly passed = new Map<string, number>();
  readonly codes = new Set<string>();
  gas = 0n;

  constructor(seed: number, modelCacheBytes?: number) {
    this.#random = new Random(seed);
    this.sandbox = new Sandbox({
      validators,
      funds: Object.fromEntries(NAMES.map((name) => [name, 1_000_000_000n])),
      genesis: {
        models: ModelsGenesis.create({
          params: { ...MODELS_PARAMS, chunkBytes: CHUNK, draftLifetimeBlocks: 6n },
          nextId: 1n,
        }),
        inference: InferenceGenesis.create({
          params: this.#params(),
          unitPrice: decToWire(ONE),
          nextReceiptId: 1n,
        }),
      },
      ...(modelCacheBytes === undefined ? {} : { modelCacheBytes }),
    });
    this.sandbox.compute.answer = ({ inputHash }) =>
      inputHash[0]! % 5 === 0
        ? { status: "engine_error" }
        : okOutcome([{ name: "y", dtype: "uint8", dims: [32], data: inputHash }]);
  }

  #params() {
    return {
      ...DEFAULT_PARAMS,
      split: randomSplit(this.#random),
      blockComputeBudget: 2_000_000n + this.#random.bigint(21),
      outputRetentionBlocks: BigInt(1 + this.#random.below(10)),
      receiptRetentionBlocks: BigInt(10 + this.#random.below(20)),
    };
  }

  block(): void {
    const random = this.#random;
    const signed = validators.filter(() => random.chance(80));
    this.sandbox.begin({ proposer: random.chance(95) ? random.pick(validators).name : "stranger", signed });
    for (let i = random.below(30); i > 0; i--) this.#operation();
    this.sandbox.end();
  }

  #count(kind: string, { error, gasUsed }: Delivered<unknown>): void {
    this.gas += gasUsed;
    if (error) this.codes.add(`${error.codespace} ${error.code}`);
    else this.passed.set(kind, (this.passed.get(kind) ?? 0) + 1);
  }

  #operation(): void {
    const { sandbox } = this;
    const random = this.#random;
    const owner = account(random.pick(NAMES));
    const models = [...sandbox.modules.models.all(sandbox.context())];
    const model = models.length > 0 && random.chance(95) ? random.pick(models) : undefined;
    const modelId = model?.id ?? 9_999n;
    // Mostly the owner acts, sometimes somebody else tries.
    const actor = model && random.chance(90) ? model.owner : owner;
    const { width, file } =
      FILES.find((each) => model && toHex(sha256(each.file)) === toHex(model.hash)) ?? random.pick(FILES);
    const dice = random.below(100);
    if (dice < 12) {
      const made = random.pick(FILES).file;
      const price = { denom: DENOM, amount: random.bigint(12).toString() };
      const message = { owner, metadata, hash: sha256(made), size: BigInt(made.length), price };
      this.#count("create", sandbox.deliver(methods.CreateModel, message));
    } else if (dice < 40) {
      const draft =
        models.find(({ status }) => status === ModelStatus.MODEL_STATUS_DRAFT && random.chance(60)) ?? model;
      const of = FILES.find((each) => draft && toHex(sha256(each.file)) === toHex(draft.hash))?.file ?? file;
      for (const [index, data] of chunksOf(of, CHUNK).entries()) {
        if (random.chance(10)) continue;
        const bytes = random.chance(3) ? new Uint8Array(data.length) : data;
        const message = { owner: draft?.owner ?? owner, modelId: draft?.id ?? 0n, index, data: bytes };
        this.#count("upload", sandbox.deliver(methods.UploadChunk, message));
      }
      if (draft)
        this.#count(
          "publish",
          sandbox.deliver(methods.PublishModel, { owner: draft.owner, modelId: draft.id }),
        );
    } else if (dice < 80) {
      const callable = models.filter(({ status }) => status === ModelStatus.MODEL_STATUS_PUBLISHED);
      const called = callable.length > 0 && random.chance(95) ? random.pick(callable) : model;
      const wide =
        FILES.find((each) => called && toHex(sha256(each.file)) === toHex(called.hash))?.width ?? width;
      const message = inferMessage({
        requester: random.pick(NAMES),
        ...(random.chance(20) ? { payer: random.pick(NAMES) } : {}),
        modelId: called?.id ?? 0n,
        inputs: [vector(random.chance(95) ? wide : wide + 1, random.below(50), 1 + random.below(4))],
        maxFee: random.chance(90) ? 100_000_000n : random.bigint(20),
      });
      this.#count("infer", sandbox.deliver(InferenceMsg.methods.Infer, message));
    } else if (dice < 86) {
      const price = { denom: DENOM, amount: random.bigint(16).toString() };
      this.#count("update", sandbox.deliver(methods.UpdateModel, { owner: actor, modelId, price }));
    } else if (dice < 91) {
      const newOwner = random.chance(90) ? account(random.pick(NAMES)) : authority;
      this.#count("transfer", sandbox.deliver(methods.TransferModel, { owner: actor, modelId, newOwner }));
    } else if (dice < 94) {
      this.#count("retire", sandbox.deliver(methods.RetireModel, { owner: actor, modelId }));
    } else if (dice < 98) {
      const draft = models.find(({ status }) => status === ModelStatus.MODEL_STATUS_DRAFT) ?? model;
      const by = random.chance(90) && draft ? draft.owner : owner;
      this.#count("delete", sandbox.deliver(methods.DeleteDraft, { owner: by, modelId: draft?.id ?? 0n }));
    } else {
      const message = { authority, params: this.#params() };
      this.#count("params", sandbox.deliver(InferenceMsg.methods.UpdateParams, message));
    }
  }
}

t.test("random operations keep every invariant, and two runs come to the same state and gas", (t) => {
  const seed = seedOf("SIM_SEED");
  t.comment(`seed ${seed}, ${BLOCKS} blocks`);
  const [first, second] = [new Simulation(seed), new Simulation(seed, 1)];
  for (let block = 1; block <= BLOCKS; block++) {
    first.block();
    const broken = first.sandbox.broken();
    if (broken.length > 0) {
      t.fail(`block ${block}: ${broken.join("; ")}`);
      break;
    }
    second.block();
    if (toHex(first.sandbox.stateHash()) !== toHex(second.sandbox.stateHash())) {
      t.fail(`block ${block}: the states differ`);
      break;
    }
  }
  t.equal(first.gas, second.gas);
  t.comment([...first.passed].map(([kind, count]) => `${kind} ${count}`).join(", "));
  t.comment(`refused with ${[...first.codes].sort().join(", ")}`);
  for (const kind of [
    "create",
    "upload",
    "publish",
    "infer",
    "update",
    "transfer",
    "retire",
    "delete",
    "params",
  ])
    t.ok((first.passed.get(kind) ?? 0) > 0, `${kind} passes at least once`);
  t.end();
});

t.test("a state that is exported and taken in again is the same state", (t) => {
  const seed = seedOf("SIM_SEED");
  const simulation = new Simulation(seed);
  for (let block = 0; block < 40; block++) simulation.block();
  const exported = simulation.sandbox.exported();
  const again = new Sandbox({ validators, genesis: exported });
  t.strictSame(again.exported(), exported);
  t.strictSame(again.broken(), []);
  t.end();
});
