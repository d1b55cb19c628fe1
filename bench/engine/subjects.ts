/** The models that engine benchmarks run, with as many distinct inputs as wanted. */
import { sha256 } from "@noble/hashes/sha2.js";
import type { NamedTensor } from "../../chain/engine/tensor.ts";
import { tensorsFromJson } from "../../chain/engine/tensor-json.ts";
import { sampleModels } from "../../genesis/index.ts";
import { image, resnet18 } from "./resnet18.ts";

export interface Subject {
  readonly name: string;
  readonly model: Uint8Array;
  readonly hash: Uint8Array;
  /** Inputs number `index`: no two are equal. */
  readonly inputs: (index: number) => NamedTensor[];
  /** Runs that take about a second. */
  readonly runs: number;
}

function subject(name: string, model: Uint8Array, runs: number, inputs: Subject["inputs"]): Subject {
  return { name, model, hash: sha256(model), inputs, runs };
}

function floatInput(name: string, dims: readonly number[], index: number): NamedTensor[] {
  const values = image(
    index + 1,
    dims.reduce((a, b) => a * b, 1),
  );
  return [{ name, dtype: "float32", dims, data: new Uint8Array(values.buffer) }];
}

export function subjects(): readonly Subject[] {
  const file = (name: string) => sampleModels().find((sample) => sample.name === name)!.file;
  return [
    subject("iris", file("iris"), 5000, (index) => floatInput("X", [1, 4], index)),
    subject("digits-cnn", file("digits-cnn"), 3000, (index) => floatInput("image", [1, 1, 8, 8], index)),
    subject("tiny-transformer", file("tiny-transformer"), 1000, (index) =>
      tensorsFromJson({
        text: {
          dtype: "int64",
          dims: [1, 24],
          // Base 5, so that every index is another text.
          data: Array.from({ length: 24 }, (_, place) => Math.floor(index / 5 ** place) % 5),
        },
      }),
    ),
    subject("resnet18", resnet18(), 10, (index) => floatInput("image", [1, 3, 224, 224], index)),
  ];
}
