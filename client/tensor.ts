/** Tensors as models take and give them: canonical bytes, hashes, and JSON. */
export {
  decodeStrings,
  decodeTensors,
  encodeStrings,
  encodeTensors,
  type NamedTensor,
  type Tensor,
  tensorsHash,
} from "../chain/engine/tensor.ts";
export {
  elementsOf,
  type TensorJson,
  tensorFromJson,
  tensorsFromJson,
  tensorToJson,
} from "../chain/engine/tensor-json.ts";
