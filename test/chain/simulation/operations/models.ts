/** Models from draft to retirement, and inferences. */
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeTensors, type NamedTensor } from "../../../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../../../chain/engine/tensor-json.ts";
import { toHex } from "../../../../chain/runtime/bytes.ts";
import { pack } from "../../../../client/index.ts";
import { sampleModels } from "../../../../genesis/index.ts";
import { Mode, MsgInfer } from "../../../../proto/gen/opg.inference.v1.ts";
import {
  type Model,
  ModelStatus,
  MsgCreateModel,
  MsgDeleteDraft,
  MsgPublishModel,
  MsgRetireModel,
  MsgTransferModel,
  MsgUpdateModel,
  MsgUploadChunk,
} from "../../../../proto/gen/opg.models.v1.ts";
import { floats, INT64, model } from "../../engine/onnx/build.ts";
import type { Random } from "../../modules/random.ts";
import { chunksOf, matmul, vector } from "../../modules/samples.ts";
import type { Operation } from "../operation.ts";
import { AUTHORITY, addressOf, amount, coin, type View } from "../view.ts";

/** A file that may be registered, and what it takes. */
interface Shelf {
  readonly file: Uint8Array;
  /** @param batch of the inputs; by chance if it is not given */
  readonly inputs: (random: Random, batch?: number) => readonly NamedTensor[];
}

/** y[i] = w[x[i]]: an index past the table is an error of the engine, which is an outcome as any other. */
const table: Shelf = {
  file: model({
    nodes: [{ op: "Gather", in: ["w", "x"], out: ["y"] }],
    inputs: [{ name: "x", type: INT64, dims: ["N"] }],
    outputs: [{ name: "y" }],
    initializers: [floats("w", [1, 2, 3, 4])],
  }),
  inputs: (random, batch = 1 + random.below(4)) => {
    const indexes = Array.from({ length: batch }, () => BigInt(random.below(5)));
    const data = new Uint8Array(BigInt64Array.from(indexes).buffer);
    return [{ name: "x", dtype: "int64", dims: [indexes.length], data }];
  },
};

const widths = [3, 4, 140, 300];
const shelf: readonly Shelf[] = [
  table,
  ...widths.map((width) => ({
    file: matmul(width),
    inputs: (random: Random, batch?: number) => [
      vector(random.chance(95) ? width : width + 1, random.below(50), batch ?? 1 + random.below(4)),
    ],
  })),
];
const samples: readonly Shelf[] = sampleModels().map(({ file, sample }) => ({
  file,
  inputs: () => tensorsFromJson(sample.inputs),
}));
const known = new Map([...shelf, ...samples].map((each) => [toHex(sha256(each.file)), each]));

/** Inputs that a model may be run with, of a batch of that size; none of a model that nobody here knows. */
export function inputsOf(
  { hash }: Pick<Model, "hash">,
  random: Random,
  batch?: number,
): readonly NamedTensor[] {
  return known.get(toHex(hash))?.inputs(random, batch) ?? [];
}

const metadata = { name: "model", description: "", uri: "", license: "" };
const REFUSALS = ["models 2", "models 3", "models 4", "sdk 18"];

async function someModel(random: Random, view: View, status?: number): Promise<Model | undefined> {
  const all = await view.models();
  const fitting = all.filter((each) => each.status === status);
  if (status !== undefined && fitting.length > 0 && random.chance(94)) return random.pick(fitting);
  return all.length > 0 && (status === undefined || random.chance(15)) ? random.pick(all) : undefined;
}

/** Mostly the owner, sometimes somebody else who tries. */
function actor(random: Random, view: View, { owner: address }: Model): string {
  const owner = view.nameOf(address);
  return owner !== undefined && random.chance(93) ? owner : view.person(random);
}

export const modelsOperations: readonly Operation[] = [
  {
    name: "create-model",
    weight: 5,
    refusals: ["models 8", "models 10", "models 11", "models 12"],
    make: async (random, view) => {
      const name = view.person(random);
      const { file } = random.pick(shelf);
      const wrong = random.chance(4);
      const message = {
        owner: addressOf(name),
        metadata: random.chance(3) ? { ...metadata, name: " " } : metadata,
        hash: wrong ? new Uint8Array(32).fill(random.below(256)) : sha256(file),
        size: BigInt(file.length),
        price: coin(random.bigint(random.below(20))),
      };
      return { signers: [name], messages: [pack(MsgCreateModel, message)] };
    },
  },
  {
    name: "upload-and-publish",
    weight: 7,
    refusals: [...REFUSALS, "models 5", "models 6", "models 7", "models 8"],
    make: async (random, view) => {
      const draft = await someModel(random, view, ModelStatus.MODEL_STATUS_DRAFT);
      if (!draft) return undefined;
      const file = known.get(toHex(draft.hash))?.file ?? new Uint8Array(Number(draft.size));
      const name = actor(random, view, draft);
      const owner = addressOf(name);
      const chunks = chunksOf(file, draft.chunkSize).flatMap((data, index) => {
        if (random.chance(4)) return [];
        const bytes = random.chance(2) ? new Uint8Array(data.length) : data;
        return [pack(MsgUploadChunk, { owner, modelId: draft.id, index, data: bytes })];
      });
      const publish = random.chance(90) ? [pack(MsgPublishModel, { owner, modelId: draft.id })] : [];
      const messages = [...chunks, ...publish];
      return messages.length === 0 ? undefined : { signers: [name], messages, gas: 20_000_000n };
    },
  },
  {
    name: "update-model",
    weight: 3,
    refusals: [...REFUSALS, "models 10", "models 11"],
    make: async (random, view) => {
      const chosen = await someModel(random, view);
      if (!chosen) return undefined;
      const name = actor(random, view, chosen);
      const message = {
        owner: addressOf(name),
        modelId: chosen.id,
        price: coin(random.bigint(random.below(20))),
        ...(random.chance(30) ? { metadata: { ...metadata, description: `of ${view.height}` } } : {}),
      };
      return { signers: [name], messages: [pack(MsgUpdateModel, message)] };
    },
  },
  {
    name: "transfer-model",
    weight: 2,
    refusals: REFUSALS,
    make: async (random, view) => {
      const chosen = await someModel(random, view);
      if (!chosen) return undefined;
      const name = actor(random, view, chosen);
      const newOwner = random.chance(95) ? addressOf(view.receiver(random)) : AUTHORITY;
      const message = { owner: addressOf(name), modelId: chosen.id, newOwner };
      return { signers: [name], messages: [pack(MsgTransferModel, message)] };
    },
  },
  {
    name: "retire-model",
    weight: 2,
    refusals: REFUSALS,
    make: async (random, view) => {
      const chosen = await someModel(random, view, ModelStatus.MODEL_STATUS_PUBLISHED);
      // The sample of the genesis stays, so that there is always something to ask.
      if (!chosen || chosen.id === 1n) return undefined;
      const name = actor(random, view, chosen);
      const message = { owner: addressOf(name), modelId: chosen.id };
      return { signers: [name], messages: [pack(MsgRetireModel, message)] };
    },
  },
  {
    name: "delete-draft",
    weight: 2,
    refusals: REFUSALS,
    make: async (random, view) => {
      const chosen = await someModel(random, view, ModelStatus.MODEL_STATUS_DRAFT);
      if (!chosen) return undefined;
      const name = actor(random, view, chosen);
      const message = { owner: addressOf(name), modelId: chosen.id };
      return { signers: [name], messages: [pack(MsgDeleteDraft, message)] };
    },
  },
  {
    name: "infer",
    weight: 12,
    refusals: ["inference 3", "inference 4", "inference 5", "inference 9", "models 2", "models 4", "sdk 18"],
    make: async (random, view) => {
      const name = view.person(random);
      const chosen = await someModel(random, view, ModelStatus.MODEL_STATUS_PUBLISHED);
      if (!chosen) return undefined;
      const inputs = inputsOf(chosen, random);
      const payer = random.chance(15) ? view.person(random) : undefined;
      const message = {
        requester: addressOf(name),
        ...(payer === undefined ? {} : { payer: addressOf(payer) }),
        modelId: chosen.id,
        inputs: random.chance(3)
          ? Uint8Array.from({ length: random.below(60) }, () => random.below(256))
          : encodeTensors(inputs),
        maxFee: coin(random.chance(92) ? 10_000_000n : amount(random, 1_000n)),
        mode: Mode.MODE_CONSENSUS,
      };
      const signers = payer === undefined || payer === name ? [name] : [name, payer];
      return { signers, messages: [pack(MsgInfer, message)], gas: 20_000_000n };
    },
  },
];
