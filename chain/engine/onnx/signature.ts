/** Signatures of operators by version: arity, element types and attributes, checked before any shape function runs. */
import { type DType, isDType } from "../dtype.ts";
import { EngineError } from "../errors.ts";
import type { AttributeType } from "./model.ts";
import { SIGNATURES } from "./operators/signatures.ts";

export interface Parameter {
  readonly name: string;
  readonly mark: "" | "?" | "*";
  /** Types taken; parameters of one `variable` must agree. */
  readonly types: readonly DType[];
  readonly variable: string | undefined;
}

export interface Signature {
  readonly operator: string;
  readonly since: number;
  readonly removed: boolean;
  readonly inputs: readonly Parameter[];
  readonly outputs: readonly Parameter[];
  readonly attributes: ReadonlyMap<string, { readonly type: AttributeType; readonly required: boolean }>;
}

const LONG: Readonly<Record<string, DType>> = {
  f32: "float32",
  f64: "float64",
  f16: "float16",
  i8: "int8",
  i16: "int16",
  i32: "int32",
  i64: "int64",
  u8: "uint8",
  u16: "uint16",
  u32: "uint32",
  u64: "uint64",
  bool: "bool",
  str: "string",
};

/** A line of signatures.ts that does not follow its grammar: a fault of the program, never of a model. */
class SignatureFault extends Error {
  override readonly name = "SignatureFault";
}

function dtypes(text: string): DType[] {
  return text
    .split(" ")
    .map((short) => LONG[short])
    .filter((type): type is DType => type !== undefined && isDType(type));
}

function parseSignature(line: string): Signature {
  const removed = /^(\S+)@(\d+) removed$/.exec(line);
  if (removed !== null) {
    return {
      operator: removed[1]!,
      since: Number(removed[2]),
      removed: true,
      inputs: [],
      outputs: [],
      attributes: new Map(),
    };
  }
  const match = /^(\S+)@(\d+) \((.*?)\) -> \((.*?)\) \{(.*?)\} \[(.*?)\]$/.exec(line);
  if (match === null) throw new SignatureFault(`signature "${line}" does not parse`);
  const [, operator, since, inputs, outputs, variables, attributes] = match;
  const types = new Map<string, DType[]>();
  for (const entry of split(variables!, "; ")) {
    const [name, list] = entry.split(": ");
    types.set(name!, dtypes(list!));
  }
  const parameters = (text: string): Parameter[] =>
    split(text, ", ").map((entry) => {
      const [name, type] = entry.split(": ");
      const mark = /[?*]$/.exec(type!)?.[0] ?? "";
      const bare = mark === "" ? type! : type!.slice(0, -1);
      const fixed = LONG[bare];
      return {
        name: name!,
        mark: mark as "" | "?" | "*",
        types: fixed === undefined ? (types.get(bare) ?? []) : [fixed],
        variable: fixed === undefined ? bare : undefined,
      };
    });
  return {
    operator: operator!,
    since: Number(since),
    removed: false,
    inputs: parameters(inputs!),
    outputs: parameters(outputs!),
    attributes: new Map(
      split(attributes!, ", ").map((entry) => {
        const [name, type] = entry.split(": ");
        const required = type!.endsWith("!");
        return [name!, { type: type!.replace("!", "") as AttributeType, required }];
      }),
    ),
  };
}

function split(text: string, by: string): string[] {
  return text === "" ? [] : text.split(by);
}

const BY_OPERATOR = new Map<string, Signature[]>();
for (const line of SIGNATURES) {
  const signature = parseSignature(line);
  const versions = BY_OPERATOR.get(signature.operator);
  if (versions === undefined) BY_OPERATOR.set(signature.operator, [signature]);
  else versions.push(signature);
}

/** Key of an operator in the tables: domain and type, the default domain without a prefix. */
export function operatorKey(domain: string, opType: string): string {
  return domain === "" ? opType : `${domain}.${opType}`;
}

/** All versions of an operator, oldest first. */
export function signaturesOf(key: string): readonly Signature[] {
  return BY_OPERATOR.get(key) ?? [];
}

/** The signature that holds at an opset. Throws EngineError where the operator does not exist there. */
export function signatureAt(key: string, opset: number, label: string): Signature {
  const versions = signaturesOf(key);
  const found = versions.findLast((s) => s.since <= opset);
  if (found === undefined) {
    const first = versions[0]?.since;
    throw new EngineError(
      "unsupportedOperator",
      first === undefined
        ? `${label} is not on the allow-list: see docs/operators.md`
        : `${label} exists from opset ${first} on and the model imports ${opset}: export with a later opset`,
    );
  }
  if (found.removed) {
    throw new EngineError(
      "unsupportedOperator",
      `${label} was removed in opset ${found.since}: use its successor`,
    );
  }
  return found;
}
