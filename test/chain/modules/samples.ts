/** Small models that tests register, and the way there. */
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeTensors, type NamedTensor } from "../../../chain/engine/tensor.ts";
import { Msg as InferenceMsg, Mode, type MsgInferResponse } from "../../../proto/gen/opg.inference.v1.ts";
import { Msg } from "../../../proto/gen/opg.models.v1.ts";
import { floats, single } from "../engine/onnx/build.ts";
import { account, DENOM, type Delivered, type Sandbox } from "./sandbox.ts";

/** y = x · w with x of [batch, width] and w of [width, 2]. `seed` makes files differ; width sets size and cost. */
export function matmul(width: number, seed = 0): Uint8Array {
  const weights = Array.from({ length: 2 * width }, (_, i) => i + seed);
  return single("MatMul", { dims: ["N", width], names: ["w"], more: [floats("w", weights, [width, 2])] });
}

export function vector(width: number, value: number, batch = 1): NamedTensor {
  const data = new Uint8Array(new Float32Array(width * batch).fill(value).buffer);
  return { name: "x", dtype: "float32", dims: [batch, width], data };
}

export function chunksOf(file: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(file.length / size) }, (_, i) =>
    file.slice(i * size, (i + 1) * size),
  );
}

export const metadata = { name: "model", description: "", uri: "", license: "" };

export function draftModel(sandbox: Sandbox, owner: string, file: Uint8Array, price = 0n): bigint {
  const { modelId } = sandbox.run(Msg.methods.CreateModel, {
    owner: account(owner),
    metadata,
    hash: sha256(file),
    size: BigInt(file.length),
    price: { denom: DENOM, amount: price.toString() },
  });
  return modelId;
}

export function uploadModel(sandbox: Sandbox, owner: string, modelId: bigint, file: Uint8Array): void {
  const { chunkBytes } = sandbox.modules.models.params(sandbox.context());
  for (const [index, data] of chunksOf(file, chunkBytes).entries())
    sandbox.run(Msg.methods.UploadChunk, { owner: account(owner), modelId, index, data });
}

/** Creates, uploads and publishes. */
export function publishModel(sandbox: Sandbox, owner: string, file: Uint8Array, price = 0n): bigint {
  const modelId = draftModel(sandbox, owner, file, price);
  uploadModel(sandbox, owner, modelId, file);
  sandbox.run(Msg.methods.PublishModel, { owner: account(owner), modelId });
  return modelId;
}

export interface Asked {
  readonly requester: string;
  readonly payer?: string;
  readonly modelId: bigint;
  readonly inputs: readonly NamedTensor[];
  readonly maxFee?: bigint;
  readonly tags?: readonly string[];
}

export function inferMessage({ requester, payer, modelId, inputs, maxFee = 1_000_000n, tags = [] }: Asked) {
  return {
    requester: account(requester),
    payer: payer === undefined ? "" : account(payer),
    modelId,
    inputs: encodeTensors(inputs),
    maxFee: { denom: DENOM, amount: maxFee.toString() },
    mode: Mode.MODE_CONSENSUS,
    tags,
  };
}

export function ask(sandbox: Sandbox, asked: Asked): Delivered<MsgInferResponse> {
  return sandbox.deliver(InferenceMsg.methods.Infer, inferMessage(asked));
}
