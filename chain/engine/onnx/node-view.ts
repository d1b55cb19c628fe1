/** A node as shape and cost functions see it: inputs with what is known of them, attributes by name, errors that name it. */
import { DTYPES, type DType } from "../dtype.ts";
import { EngineError, type EngineErrorKind } from "../errors.ts";
import type { EngineLimits } from "./limits.ts";
import type { Attribute, AttributeType, ModelNode, StoredTensor } from "./model.ts";
import { nodeLabel } from "./parse-node.ts";
import type { Signature } from "./signature.ts";
import { countElements } from "./stored-tensor.ts";
import { FOLD_ELEMENTS, type Value } from "./value.ts";

/** Sizes and indexes in attributes beyond this are no sizes of anything that is admitted. */
const MAX_SIZE = 0x7fff_ffffn;

export class NodeView {
  readonly node: ModelNode;
  readonly opset: number;
  readonly signature: Signature;
  readonly inputs: readonly (Value | undefined)[];
  readonly limits: EngineLimits;

  constructor(
    node: ModelNode,
    opset: number,
    signature: Signature,
    inputs: readonly (Value | undefined)[],
    limits: EngineLimits,
  ) {
    this.node = node;
    this.opset = opset;
    this.signature = signature;
    this.inputs = inputs;
    this.limits = limits;
  }

  get label(): string {
    return nodeLabel(this.node);
  }

  fail(kind: EngineErrorKind, message: string): never {
    throw new EngineError(kind, `${this.label}: ${message}`);
  }

  /** Input `index`; absent ones are an error. */
  input(index: number): Value {
    return this.inputs[index] ?? this.fail("malformed", `input ${index} is missing`);
  }

  has(index: number): boolean {
    return this.inputs[index] !== undefined;
  }

  hasOutput(index: number): boolean {
    return (this.node.outputs[index] ?? "") !== "";
  }

  get outputCount(): number {
    return this.node.outputs.length;
  }

  #attribute(name: string, type: AttributeType): Attribute | undefined {
    const attribute = this.node.attributes.get(name);
    if (attribute !== undefined && attribute.type !== type) {
      this.fail("malformed", `attribute "${name}" is of type ${attribute.type}, not ${type}`);
    }
    return attribute;
  }

  hasAttribute(name: string): boolean {
    return this.node.attributes.has(name);
  }

  int(name: string, fallback: number): number {
    const attribute = this.#attribute(name, "int");
    return attribute === undefined ? fallback : this.#size(attribute.i, name);
  }

  requiredInt(name: string): number {
    const attribute = this.#attribute(name, "int");
    if (attribute === undefined) this.fail("malformed", `attribute "${name}" is missing`);
    return this.#size(attribute.i, name);
  }

  /** A list of sizes or axes, or undefined where the attribute is absent. */
  ints(name: string): readonly number[] | undefined {
    return this.#attribute(name, "ints")?.ints.map((value) => this.#size(value, name));
  }

  bigints(name: string): readonly bigint[] | undefined {
    return this.#attribute(name, "ints")?.ints;
  }

  float(name: string, fallback: number): number {
    return this.#attribute(name, "float")?.f ?? fallback;
  }

  floats(name: string): readonly number[] | undefined {
    return this.#attribute(name, "floats")?.floats;
  }

  text(name: string, fallback: string): string {
    return this.#attribute(name, "string")?.s ?? fallback;
  }

  strings(name: string): readonly string[] | undefined {
    return this.#attribute(name, "strings")?.strings;
  }

  tensor(name: string): StoredTensor | undefined {
    return this.#attribute(name, "tensor")?.t;
  }

  /** A text attribute that must be one of `allowed`. */
  choice(name: string, allowed: readonly string[], fallback: string): string {
    const value = this.text(name, fallback);
    if (!allowed.includes(value)) {
      this.fail(
        "unsupportedAttribute",
        `"${name}" is "${value}"; taken are ${allowed.map((a) => `"${a}"`).join(", ")}`,
      );
    }
    return value;
  }

  #size(value: bigint, name: string): number {
    if (value > MAX_SIZE || value < -MAX_SIZE) {
      this.fail("unsupportedAttribute", `"${name}" is ${value}: beyond 2^31 - 1`);
    }
    return Number(value);
  }

  /** Contents of input `index`, which decide a shape and so must be known before the run. */
  knownInts(index: number, what: string): readonly bigint[] {
    const value = this.input(index);
    if (value.ints === undefined) {
      this.fail(
        "dynamicShape",
        `${what} (input ${index}, "${this.node.inputs[index]}") depends on data of the run or has over ` +
          `${FOLD_ELEMENTS} elements: make it a constant`,
      );
    }
    return value.ints;
  }

  /** As knownInts, as numbers, each within ±(2^53 - 1): larger ones are clamped there, which ONNX's "to the end" means. */
  knownSizes(index: number, what: string): readonly number[] {
    return this.knownInts(index, what).map(clampToNumber);
  }

  /** An axis within [-rank, rank) as one within [0, rank). */
  axis(axis: number, rank: number): number {
    if (axis < -rank || axis >= rank) this.fail("shapeMismatch", `axis ${axis} is outside rank ${rank}`);
    return axis < 0 ? axis + rank : axis;
  }

  /** Axes without repetition, as numbers within [0, rank). */
  axes(axes: readonly number[], rank: number): readonly number[] {
    const out = axes.map((axis) => this.axis(axis, rank));
    if (new Set(out).size !== out.length) this.fail("shapeMismatch", `axes [${axes.join(", ")}] repeat`);
    return out;
  }

  /** A value of this node with the given type and shape, checked against the limits. */
  value(dtype: DType, dims: readonly number[], known: Pick<Value, "ints" | "floats"> = {}): Value {
    const elements = countElements(dims, `${this.label}: an output`, this.limits);
    return { dtype, dims, elements, constant: this.constant, ...known };
  }

  /** An integer value whose contents are followed where they are small enough. */
  intValue(dtype: DType, dims: readonly number[], ints: readonly bigint[] | undefined): Value {
    return this.value(dtype, dims, ints !== undefined && ints.length <= FOLD_ELEMENTS ? { ints } : {});
  }

  /** All inputs are stored in the model. */
  get constant(): boolean {
    return this.inputs.every((input) => input === undefined || input.constant);
  }

  rank(index: number, min: number, max = min): readonly number[] {
    const dims = this.input(index).dims;
    if (dims.length < min || dims.length > max) {
      const wanted = min === max ? `${min}` : `${min} to ${max === Number.MAX_SAFE_INTEGER ? "any" : max}`;
      this.fail("shapeMismatch", `input ${index} has rank ${dims.length}; needed is ${wanted}`);
    }
    return dims;
  }

  /** The shape that all of `shapes` broadcast to (numpy's rule). */
  broadcast(...shapes: readonly (readonly number[])[]): readonly number[] {
    const rank = Math.max(0, ...shapes.map((s) => s.length));
    const out: number[] = [];
    for (let i = 0; i < rank; i++) {
      let dim = 1;
      for (const shape of shapes) {
        const d = shape[i - rank + shape.length] ?? 1;
        if (d === 1 || d === dim) continue;
        if (dim !== 1) {
          this.fail(
            "shapeMismatch",
            `shapes ${shapes.map((s) => `[${s.join(", ")}]`).join(" and ")} do not broadcast`,
          );
        }
        dim = d;
      }
      out.push(dim);
    }
    return out;
  }

  sizeOf(value: Value): number {
    return DTYPES[value.dtype].size;
  }
}

function clampToNumber(value: bigint): number {
  const max = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(value > max ? max : value < -max ? -max : value);
}
