/** Class labels of the classifiers of ai.onnx.ml: integers or strings, one of the two. */
import type { NodeView } from "../node-view.ts";

export interface Labels {
  readonly dtype: "int64" | "string";
  readonly count: number;
}

export function readLabels(n: NodeView, intsName: string, stringsName: string): Labels {
  const ints = n.ints(intsName)?.length ?? 0;
  const strings = n.strings(stringsName)?.length ?? 0;
  if (ints > 0 === strings > 0) n.fail("malformed", `one of "${intsName}" and "${stringsName}" is needed`);
  const count = ints + strings;
  if (count < 2) n.fail("unsupportedAttribute", `one class label: a classifier needs two`);
  return { dtype: ints > 0 ? "int64" : "string", count };
}
