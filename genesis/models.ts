/** The sample models that a new chain starts with. scripts/sample-models.py makes the files. */
import { readdirSync, readFileSync } from "node:fs";
import { sha256 } from "../chain/store/sha256.ts";
import {
  type GenesisChunk,
  type Model,
  ModelStatus,
  Model as ModelType,
} from "../proto/gen/opg.models.v1.ts";

const FOLDER = new URL("./models/", import.meta.url);

export interface SampleModel {
  readonly name: string;
  readonly description: string;
  readonly license: string;
  /** Meaning of the classes, by index. */
  readonly classes: readonly string[];
  /** Name of the output that tells the class. */
  readonly label: string;
  readonly sample: { readonly inputs: Readonly<Record<string, unknown>>; readonly expected: string };
  readonly file: Uint8Array;
}

/** All sample models, by name. */
export function sampleModels(): readonly SampleModel[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".onnx"))
    .sort()
    .map((name) => {
      const about = JSON.parse(readFileSync(new URL(name.replace(/onnx$/, "json"), FOLDER), "utf8")) as Omit<
        SampleModel,
        "file"
      >;
      return { ...about, file: new Uint8Array(readFileSync(new URL(name, FOLDER))) };
    });
}

/** A model and its chunks as a genesis has them, published; its profile is made when the chain starts. */
export function genesisModel(
  sample: Pick<SampleModel, "name" | "description" | "license" | "file">,
  place: {
    readonly id: bigint;
    readonly owner: string;
    readonly chunkSize: number;
    readonly price: Model["price"];
  },
): { readonly model: Model; readonly chunks: readonly GenesisChunk[] } {
  const { file, name, description, license } = sample;
  const { id: modelId, chunkSize } = place;
  const model = ModelType.create({
    ...place,
    metadata: { name, description, uri: "", license },
    hash: sha256(file),
    size: BigInt(file.length),
    status: ModelStatus.MODEL_STATUS_PUBLISHED,
  });
  const chunks = Array.from({ length: Math.ceil(file.length / chunkSize) }, (_, index) => ({
    modelId,
    index,
    data: file.slice(index * chunkSize, (index + 1) * chunkSize),
  }));
  return { model, chunks };
}
