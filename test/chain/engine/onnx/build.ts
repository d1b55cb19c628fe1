/** Writing small ONNX models by hand, well formed or not, for tests. */
import { WireType, Writer } from "../../../../proto/wire.ts";

export type Attribute =
  | { readonly i: bigint | number }
  | { readonly f: number }
  | { readonly s: string }
  | { readonly ints: readonly (bigint | number)[] }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly t: Uint8Array }
  | { readonly raw: Uint8Array };

export interface NodeSpec {
  readonly op: string;
  readonly in: readonly string[];
  readonly out: readonly string[];
  readonly domain?: string;
  readonly name?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface ValueSpecIn {
  readonly name: string;
  readonly type?: number;
  readonly dims?: readonly (number | string | undefined)[];
}

export interface ModelSpec {
  readonly nodes: readonly NodeSpec[];
  readonly inputs?: readonly ValueSpecIn[];
  readonly outputs?: readonly ValueSpecIn[];
  readonly initializers?: readonly Uint8Array[];
  readonly valueInfo?: readonly ValueSpecIn[];
  readonly opsets?: readonly (readonly [domain: string, version: number])[];
  readonly ir?: number;
  /** Bytes appended to the graph and to the model. */
  readonly graphExtra?: Uint8Array;
  readonly modelExtra?: Uint8Array;
}

export const FLOAT = 1;
export const INT32 = 6;
export const INT64 = 7;

function message(write: (w: Writer) => void): Uint8Array {
  const w = new Writer();
  write(w);
  return w.finish();
}

export function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return message((w) => w.tag(field, WireType.bytes).bytes(bytes));
}

export function varintField(field: number, value: bigint | number): Uint8Array {
  return message((w) => w.tag(field, WireType.varint).int64(BigInt(value)));
}

export function textField(field: number, text: string): Uint8Array {
  return bytesField(field, new TextEncoder().encode(text));
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return message((w) => {
    for (const part of parts) w.raw(part);
  });
}

/** A TensorProto with raw data. */
export function tensor(
  name: string,
  type: number,
  dims: readonly (number | bigint)[],
  raw: Uint8Array,
): Uint8Array {
  return join(
    ...dims.map((dim) => varintField(1, dim)),
    varintField(2, type),
    textField(8, name),
    bytesField(9, raw),
  );
}

export function int64s(
  name: string,
  values: readonly (bigint | number)[],
  dims = [values.length],
): Uint8Array {
  return tensor(name, INT64, dims, new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
}

export function floats(name: string, values: readonly number[], dims = [values.length]): Uint8Array {
  return tensor(name, FLOAT, dims, new Uint8Array(Float32Array.from(values).buffer));
}

export function attribute(name: string, value: Attribute): Uint8Array {
  const head = textField(1, name);
  if ("raw" in value) return join(head, value.raw);
  if ("i" in value) return join(head, varintField(3, value.i), varintField(20, 2));
  if ("f" in value)
    return join(
      head,
      message((w) => w.tag(2, WireType.fixed32).float(value.f)),
      varintField(20, 1),
    );
  if ("s" in value) return join(head, textField(4, value.s), varintField(20, 3));
  if ("t" in value) return join(head, bytesField(5, value.t), varintField(20, 4));
  if ("ints" in value) return join(head, ...value.ints.map((i) => varintField(8, i)), varintField(20, 7));
  if ("strings" in value) return join(head, ...value.strings.map((s) => textField(9, s)), varintField(20, 8));
  const list = value.floats.map((f) => message((w) => w.tag(7, WireType.fixed32).float(f)));
  return join(head, ...list, varintField(20, 6));
}

export function node(spec: NodeSpec): Uint8Array {
  return join(
    ...spec.in.map((name) => textField(1, name)),
    ...spec.out.map((name) => textField(2, name)),
    spec.name === undefined ? new Uint8Array(0) : textField(3, spec.name),
    textField(4, spec.op),
    ...Object.entries(spec.attributes ?? {}).map(([name, value]) => bytesField(5, attribute(name, value))),
    spec.domain === undefined ? new Uint8Array(0) : textField(7, spec.domain),
  );
}

function valueInfo(spec: ValueSpecIn): Uint8Array {
  const dims = (spec.dims ?? []).map((dim) =>
    bytesField(
      1,
      dim === undefined
        ? new Uint8Array(0)
        : typeof dim === "number"
          ? varintField(1, dim)
          : textField(2, dim),
    ),
  );
  const shape = spec.dims === undefined ? new Uint8Array(0) : bytesField(2, join(...dims));
  const type = bytesField(1, join(varintField(1, spec.type ?? FLOAT), shape));
  return join(textField(1, spec.name), bytesField(2, type));
}

export function model(spec: ModelSpec): Uint8Array {
  const graph = join(
    ...spec.nodes.map((n) => bytesField(1, node(n))),
    textField(2, "g"),
    ...(spec.initializers ?? []).map((t) => bytesField(5, t)),
    ...(spec.inputs ?? []).map((v) => bytesField(11, valueInfo(v))),
    ...(spec.outputs ?? []).map((v) => bytesField(12, valueInfo(v))),
    ...(spec.valueInfo ?? []).map((v) => bytesField(13, valueInfo(v))),
    spec.graphExtra ?? new Uint8Array(0),
  );
  return join(
    varintField(1, spec.ir ?? 8),
    bytesField(7, graph),
    ...(spec.opsets ?? [["", 17]]).map(([domain, version]) =>
      bytesField(8, join(textField(1, domain), varintField(2, version))),
    ),
    spec.modelExtra ?? new Uint8Array(0),
  );
}

/** One node from x of the given shape to y. */
export function single(
  op: string,
  options: {
    readonly dims?: readonly (number | string)[];
    readonly type?: number;
    readonly more?: readonly Uint8Array[];
    readonly names?: readonly string[];
    readonly attributes?: Readonly<Record<string, Attribute>>;
    readonly domain?: string;
    readonly opsets?: ModelSpec["opsets"];
  } = {},
): Uint8Array {
  return model({
    nodes: [
      {
        op,
        in: ["x", ...(options.names ?? [])],
        out: ["y"],
        attributes: options.attributes ?? {},
        ...(options.domain === undefined ? {} : { domain: options.domain }),
      },
    ],
    inputs: [{ name: "x", type: options.type ?? FLOAT, dims: options.dims ?? [2, 3] }],
    outputs: [{ name: "y" }],
    initializers: options.more ?? [],
    ...(options.opsets === undefined ? {} : { opsets: options.opsets }),
  });
}
