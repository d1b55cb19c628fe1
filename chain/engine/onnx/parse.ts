/** Reading ModelProto. Everything that ONNX has and the engine does not take is refused here, by name. */
import { WireError } from "../../../proto/wire.ts";
import { dtypeFromCode, dtypeName } from "../dtype.ts";
import { EngineError } from "../errors.ts";
import { checkEntry, eachField, unknownField } from "./fields.ts";
import type { EngineLimits } from "./limits.ts";
import type { DeclaredDim, DeclaredValue, Graph, Model, ModelNode, StoredTensor } from "./model.ts";
import { canonicalDomain, readNode } from "./parse-node.ts";
import { parseTensor } from "./stored-tensor.ts";

const MIN_IR_VERSION = 3;
/** onnxruntime 1.30 loads no later one. */
const MAX_IR_VERSION = 13;

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
