/** Reading ModelProto. Everything that ONNX has and the engine does not take is refused here, by name. */
import { Reader, WireError, WireType } from "../../../proto/wire.ts";
import { dtypeFromCode, dtypeName } from "../dtype.ts";
import { EngineError } from "../errors.ts";
import { checkEntry, eachField, type FieldReader, unknownField } from "./fields.ts";
import type { EngineLimits } from "./limits.ts";
import type {
  Attribute,
  AttributeType,
  DeclaredDim,
  DeclaredValue,
  Graph,
  Model,
  ModelNode,
  StoredTensor,
} from "./model.ts";
import { parseTensor } from "./stored-tensor.ts";

const MIN_IR_VERSION = 3;
/** onnxruntime 1.30 loads no later one. */
const MAX_IR_VERSION = 13;

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

/** Reads a model. Throws EngineError for everything that is no model or more than the engine takes. Linear in bytes. */
export function parseModel(bytes: Uint8Array, limits: EngineLimits): Model {
  if (bytes.length > limits.maxModelBytes) {
    throw new EngineError(
      "limitExceeded",
      `the model has ${bytes.length} bytes; the limit is ${limits.maxModelBytes}`,
    );
  }
  try {
    return readModel(bytes, limits);
  } catch (error) {
    if (error instanceof WireError) {
      throw new EngineError("malformed", `the model is not a protobuf encoding: ${error.message}`);
    }
    throw error;
  }
}

function readModel(bytes: Uint8Array, limits: EngineLimits): Model {
  let irVersion = 0;
  let graphBytes: Uint8Array | undefined;
  const opsets = new Map<string, number>();
  eachField(bytes, "ModelProto", [1, 2, 3, 4, 5, 6, 7], (f) => {
    switch (f.number) {
      case 1: {
        const version = f.int64();
        if (version < BigInt(MIN_IR_VERSION) || version > BigInt(MAX_IR_VERSION)) {
          throw new EngineError(
            "unsupportedFeature",
            `IR version ${version}: ${MIN_IR_VERSION} to ${MAX_IR_VERSION} are taken`,
          );
        }
        irVersion = Number(version);
        break;
      }
      case 7:
        graphBytes = f.view();
        break;
      case 8: {
        let domain = "";
        let version = 0n;
        eachField(f.view(), "OperatorSetIdProto", [1, 2], (g) => {
          if (g.number === 1) domain = g.string(limits.maxNameBytes);
          else if (g.number === 2) version = g.int64();
          else unknownField("OperatorSetIdProto", g.number);
        });
        domain = canonicalDomain(domain);
        // skl2onnx writes the same import twice.
        if ((opsets.get(domain) ?? Number(version)) !== Number(version)) {
          throw new EngineError("malformed", `operator set "${domain}" is imported in two versions`);
        }
        // Whether the version is one of ours is asked only of the domains that nodes use.
        if (version < 1n || version > 1_000_000n) {
          throw new EngineError("malformed", `operator set "${domain}" has the version ${version}`);
        }
        opsets.set(domain, Number(version));
        break;
      }
      case 20:
        throw new EngineError(
          "unsupportedFeature",
          "the model carries training information: export it for inference",
        );
      case 25:
        throw new EngineError(
          "unsupportedFeature",
          "the model carries local functions: inline them (onnx.inliner.inline_local_functions)",
        );
      case 26:
        throw new EngineError(
          "unsupportedFeature",
          "the model carries a multi-device configuration: remove it",
        );
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
        f.skip();
        break;
      case 14:
        checkEntry(f.view());
        break;
      default:
        unknownField("ModelProto", f.number);
    }
  });
  if (irVersion === 0)
    throw new EngineError("malformed", "the model has no ir_version: it is not an ONNX file");
  if (graphBytes === undefined) throw new EngineError("malformed", "the model has no graph");
  if (opsets.size === 0) throw new EngineError("malformed", "the model imports no operator set");
  return { irVersion, opsets, graph: readGraph(graphBytes, limits) };
}

/** "ai.onnx" is the long name of the default domain. */
export function canonicalDomain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}

function readGraph(bytes: Uint8Array, limits: EngineLimits): Graph {
  let name = "";
  const nodes: ModelNode[] = [];
  const initializers: StoredTensor[] = [];
  const inputs: DeclaredValue[] = [];
  const outputs: DeclaredValue[] = [];
  const valueInfo: DeclaredValue[] = [];
  let edges = 0;
  const atMost = (count: number, limit: number, what: string): void => {
    if (count >= limit) throw new EngineError("limitExceeded", `the graph has more than ${limit} ${what}`);
  };
  eachField(bytes, "GraphProto", [2, 10], (f) => {
    switch (f.number) {
      case 1: {
        atMost(nodes.length, limits.maxNodes, "nodes");
        const node = readNode(f.view(), nodes.length, limits, limits.maxEdges - edges);
        edges += node.inputs.length + node.outputs.length;
        nodes.push(node);
        break;
      }
      case 2:
        name = f.string(limits.maxNameBytes);
        break;
      case 5:
        atMost(initializers.length, limits.maxInitializers, "initialisers");
        initializers.push(parseTensor(f.view(), "the graph", limits));
        break;
      case 11:
        // Until IR version 3 every initialiser is an input as well.
        atMost(inputs.length, limits.maxInputs + limits.maxInitializers, "inputs");
        inputs.push(readValueInfo(f.view(), limits));
        break;
      case 12:
        atMost(outputs.length, limits.maxInputs, "outputs");
        outputs.push(readValueInfo(f.view(), limits));
        break;
      case 13:
        atMost(valueInfo.length, limits.maxEdges, "value infos");
        valueInfo.push(readValueInfo(f.view(), limits));
        break;
      case 15:
        throw new EngineError("unsupportedFeature", "the graph has a sparse initialiser: store it dense");
      case 10:
        f.skip();
        break;
      // Names of scale and zero-point tensors for tools; no kernel reads them.
      case 14:
        eachField(f.view(), "TensorAnnotation", [1], (g) => {
          if (g.number === 1) g.view();
          else if (g.number === 2) checkEntry(g.view());
          else unknownField("TensorAnnotation", g.number);
        });
        break;
      case 16:
        checkEntry(f.view());
        break;
      default:
        unknownField("GraphProto", f.number);
    }
  });
  return { name, nodes, initializers, inputs, outputs, valueInfo };
}

function readNode(bytes: Uint8Array, index: number, limits: EngineLimits, edgesLeft: number): ModelNode {
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
          const packed = new Reader(field.view());
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

function readValueInfo(bytes: Uint8Array, limits: EngineLimits): DeclaredValue {
  let name = "";
  let typeBytes: Uint8Array | undefined;
  eachField(bytes, "ValueInfoProto", [1, 2, 3], (f) => {
    if (f.number === 1) name = f.string(limits.maxNameBytes);
    else if (f.number === 2) typeBytes = f.view();
    else if (f.number === 3) f.skip();
    else if (f.number === 4) checkEntry(f.view());
    else unknownField("ValueInfoProto", f.number);
  });
  if (typeBytes === undefined) return { name, dtype: undefined, dims: undefined };
  let code: number | undefined;
  let shape: Uint8Array | undefined;
  eachField(typeBytes, "TypeProto", [1, 4, 5, 6, 7, 8, 9], (f) => {
    if (f.number === 6) f.skip();
    else if (f.number === 1) {
      eachField(f.view(), "TypeProto.Tensor", [1, 2], (g) => {
        if (g.number === 1) code = g.int32();
        else if (g.number === 2) shape = g.view();
        else unknownField("TypeProto.Tensor", g.number);
      });
    } else {
      const kind = { 4: "a sequence", 5: "a map", 7: "opaque", 8: "a sparse tensor", 9: "an optional" }[
        f.number
      ];
      throw new EngineError(
        "unsupportedType",
        `"${name}" is ${kind ?? "of an unknown type"}, not a tensor: convert with plain tensors (zipmap=False in skl2onnx)`,
      );
    }
  });
  if (code === undefined || code === 0)
    throw new EngineError("malformed", `"${name}" is declared without an element type`);
  const dtype = dtypeFromCode(code);
  if (dtype === undefined) {
    throw new EngineError(
      "unsupportedType",
      `"${name}" has the element type ${dtypeName(code)}: convert it to float32`,
    );
  }
  if (shape === undefined) return { name, dtype, dims: undefined };
  const dims: DeclaredDim[] = [];
  eachField(shape, "TensorShapeProto", [], (f) => {
    if (f.number !== 1) unknownField("TensorShapeProto", f.number);
    if (dims.length >= limits.maxRank) {
      throw new EngineError("limitExceeded", `"${name}" has a rank over ${limits.maxRank}`);
    }
    let dim: DeclaredDim;
    eachField(f.view(), "Dimension", [1, 2, 3], (g) => {
      if (g.number === 1) {
        const value = g.int64();
        if (value > 0x7fff_ffffn)
          throw new EngineError("limitExceeded", `"${name}" has the dimension ${value}`);
        // Some exporters write -1 where nothing is known.
        if (value >= 0n) dim = Number(value);
      } else if (g.number === 2) {
        const symbol = g.string(limits.maxNameBytes);
        if (symbol !== "") dim = { symbol };
      } else if (g.number === 3) g.skip();
      else unknownField("Dimension", g.number);
    });
    dims.push(dim);
  });
  return { name, dtype, dims };
}
