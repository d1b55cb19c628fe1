/** Reading NodeProto and AttributeProto. Subgraphs, references and sparse tensors are refused by name. */
import { Reader, WireType } from "../../../proto/wire.ts";
import { EngineError } from "../errors.ts";
import { checkEntry, eachField, type FieldReader, plainFloats, unknownField } from "./fields.ts";
import type { EngineLimits } from "./limits.ts";
import type { Attribute, AttributeType, ModelNode } from "./model.ts";
import { parseTensor } from "./stored-tensor.ts";

const ATTRIBUTE_TYPES: Readonly<Record<number, AttributeType>> = {
  1: "float",
  2: "int",
  3: "string",
  4: "tensor",
  6: "floats",
  7: "ints",
  8: "strings",
  9: "tensors",
};

/** "ai.onnx" is the long name of the default domain. */
export function canonicalDomain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}

/** Reads a NodeProto. `edgesLeft` bounds its inputs and outputs. Throws EngineError. */
export function readNode(
  bytes: Uint8Array,
  index: number,
  limits: EngineLimits,
  edgesLeft: number,
): ModelNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  let name = "";
  let domain = "";
  let opType = "";
  const edge = (f: FieldReader, list: string[]): void => {
    if (inputs.length + outputs.length >= edgesLeft) {
      throw new EngineError("limitExceeded", `the graph has more than ${limits.maxEdges} edges`);
    }
    list.push(f.string(limits.maxNameBytes));
  };
  const attributeBytes: Uint8Array[] = [];
  eachField(bytes, "NodeProto", [3, 4, 6, 7, 8], (f) => {
    switch (f.number) {
      case 1:
        edge(f, inputs);
        break;
      case 2:
        edge(f, outputs);
        break;
      case 3:
        name = f.string(limits.maxNameBytes);
        break;
      case 4:
        opType = f.string(limits.maxNameBytes);
        break;
      case 5:
        if (attributeBytes.length >= 256)
          throw new EngineError("limitExceeded", `node ${index} has over 256 attributes`);
        attributeBytes.push(f.view());
        break;
      case 7:
        domain = canonicalDomain(f.string(limits.maxNameBytes));
        break;
      case 8:
        if (f.string(limits.maxNameBytes) !== "") {
          throw new EngineError(
            "unsupportedFeature",
            `node ${index} selects a function overload: inline functions`,
          );
        }
        break;
      case 10:
        throw new EngineError("unsupportedFeature", `node ${index} has a device configuration: remove it`);
      case 6:
        f.skip();
        break;
      case 9:
        checkEntry(f.view());
        break;
      default:
        unknownField("NodeProto", f.number);
    }
  });
  const label = nodeLabel({ index, name, domain, opType });
  for (const view of attributeBytes) {
    const attribute = readAttribute(view, label, limits);
    if (attributes.has(attribute.name)) {
      throw new EngineError("malformed", `${label} has the attribute "${attribute.name}" twice`);
    }
    attributes.set(attribute.name, attribute);
  }
  return { index, name, domain, opType, inputs, outputs, attributes };
}

/** How messages name a node. */
export function nodeLabel(node: {
  readonly index: number;
  readonly name: string;
  readonly domain: string;
  readonly opType: string;
}): string {
  const operator = node.domain === "" ? node.opType : `${node.domain}.${node.opType}`;
  return node.name === ""
    ? `operator ${operator} (node ${node.index})`
    : `operator ${operator} "${node.name}"`;
}

function readAttribute(bytes: Uint8Array, label: string, limits: EngineLimits): Attribute {
  let name = "";
  let code = 0;
  let f = 0;
  let i = 0n;
  let s = "";
  let tensorBytes: Uint8Array | undefined;
  const floats: number[] = [];
  const ints: bigint[] = [];
  const strings: string[] = [];
  const tensorViews: Uint8Array[] = [];
  const forms = new Set<number>();
  const refuse = (what: string, remedy: string): never => {
    throw new EngineError("unsupportedFeature", `${label} has ${what} in attribute "${name}": ${remedy}`);
  };
  eachField(bytes, "AttributeProto", [1, 2, 3, 4, 5, 6, 13, 14, 20, 21, 22], (field) => {
    if (field.number >= 2 && field.number <= 11) forms.add(field.number);
    switch (field.number) {
      case 1:
        name = field.string(limits.maxNameBytes);
        break;
      case 2:
        f = field.float();
        break;
      case 3:
        i = field.int64();
        break;
      case 4:
        s = field.string(limits.maxNameBytes);
        break;
      case 5:
        tensorBytes = field.view();
        break;
      case 6:
      case 11:
        refuse("a subgraph", "control flow is not taken; unroll it or trace the model");
        break;
      case 7:
        if (field.type === WireType.bytes) {
          const view = field.view();
          // A length that is no multiple of 4 ends in a WireError below.
          plainFloats(
            "float32",
            view.subarray(0, view.length - (view.length % 4)),
            `attribute "${name}" of ${label}`,
          );
          const packed = new Reader(view);
          while (!packed.done) floats.push(packed.float());
        } else floats.push(field.float());
        break;
      case 8:
        if (field.type === WireType.bytes) {
          const packed = new Reader(field.view(), { strict: true });
          while (!packed.done) ints.push(packed.int64());
        } else ints.push(field.int64());
        break;
      case 9:
        strings.push(field.string(limits.maxStringBytes));
        break;
      case 10:
        tensorViews.push(field.view());
        break;
      case 13:
        field.skip();
        break;
      case 14:
      case 15:
        refuse("a type", "sequences and optionals are not taken");
        break;
      case 20:
        code = field.int32();
        break;
      case 21:
        if (field.string(limits.maxNameBytes) !== "")
          refuse("a reference", "local functions are not taken; inline them");
        break;
      case 22:
      case 23:
        refuse("a sparse tensor", "store it dense");
        break;
      default:
        unknownField("AttributeProto", field.number);
    }
  });
  if (code === 5 || code === 10)
    refuse("a subgraph", "control flow is not taken; unroll it or trace the model");
  const type = ATTRIBUTE_TYPES[code];
  if (type === undefined) {
    throw new EngineError(
      "malformed",
      `${label}: attribute "${name}" has the type ${code}, which is not taken`,
    );
  }
  // The field that belongs to the type: 2 float, 3 int, 4 string, 5 tensor, 7 floats, 8 ints, 9 strings, 10 tensors.
  const own = { float: 2, int: 3, string: 4, tensor: 5, floats: 7, ints: 8, strings: 9, tensors: 10 }[type];
  for (const form of forms) {
    if (form !== own) {
      throw new EngineError(
        "malformed",
        `${label}: attribute "${name}" of type ${type} has a value of another type`,
      );
    }
  }
  const owner = `${label}, attribute "${name}"`;
  if (type === "tensor" && tensorBytes === undefined)
    throw new EngineError("malformed", `${owner} has no tensor`);
  return {
    name,
    type,
    f,
    i,
    s,
    t: tensorBytes === undefined ? undefined : parseTensor(tensorBytes, owner, limits),
    floats,
    ints,
    strings,
    tensors: tensorViews.map((view) => parseTensor(view, owner, limits)),
  };
}
