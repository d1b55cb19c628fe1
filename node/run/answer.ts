/** What a sample model's outputs mean. */
import { elementsOf, type NamedTensor } from "../../client/index.ts";
import type { SampleModel } from "../../genesis/models.ts";

/** The answer in words, where the model has classes. */
export function answerOf(
  sample: Pick<SampleModel, "classes" | "label">,
  outputs: readonly NamedTensor[],
): string {
  const label = outputs.find(({ name }) => name === sample.label);
  const [index] = label ? elementsOf(label) : [];
  return sample.classes[Number(index)] ?? String(index);
}
