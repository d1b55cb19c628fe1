/**
 * ResNet-18 for 224 by 224 images as PyTorch exports it, batch normalisation folded in, with seeded random weights: 47 MB,
 * made anew in each bench. Source: He et al., Deep Residual Learning for Image Recognition (2015), table 1.
 */
import { floats, model, type NodeSpec, type ValueSpecIn } from "../../test/chain/engine/onnx/build.ts";

/** Numbers from -1 to 1 by xorshift32, the same on every machine. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 0x8000_0000;
  };
}

const STAGES = [64, 128, 256, 512] as const;
const CLASSES = 1000;

/** The ONNX file. */
export function resnet18(seed = 18): Uint8Array {
  const next = random(seed);
  const nodes: NodeSpec[] = [];
  const initializers: Uint8Array[] = [];
  const weights = (name: string, dims: number[], fanIn: number): string => {
    const scale = Math.sqrt(3 / fanIn);
    const count = dims.reduce((a, b) => a * b, 1);
    initializers.push(
      floats(
        name,
        Array.from({ length: count }, () => next() * scale),
        dims,
      ),
    );
    return name;
  };
  const add = (op: string, inputs: readonly string[], attributes: NodeSpec["attributes"] = {}): string => {
    const out = `v${nodes.length}`;
    nodes.push({ op, in: inputs, out: [out], attributes });
    return out;
  };
  const conv = (x: string, from: number, to: number, kernel: number, stride: number): string => {
    const pad = (kernel - 1) / 2;
    const name = `c${nodes.length}`;
    const fanIn = from * kernel * kernel;
    return add(
      "Conv",
      [x, weights(`${name}.w`, [to, from, kernel, kernel], fanIn), weights(`${name}.b`, [to], fanIn)],
      {
        kernel_shape: { ints: [kernel, kernel] },
        strides: { ints: [stride, stride] },
        pads: { ints: [pad, pad, pad, pad] },
      },
    );
  };
  let x = add("MaxPool", [add("Relu", [conv("image", 3, 64, 7, 2)])], {
    kernel_shape: { ints: [3, 3] },
    strides: { ints: [2, 2] },
    pads: { ints: [1, 1, 1, 1] },
  });
  let from = 64;
  for (const width of STAGES) {
    for (const block of [0, 1]) {
      const stride = block === 0 && width !== 64 ? 2 : 1;
      const inner = add("Relu", [conv(x, from, width, 3, stride)]);
      const branch = conv(inner, width, width, 3, 1);
      const straight = from === width ? x : conv(x, from, width, 1, stride);
      x = add("Relu", [add("Add", [branch, straight])]);
      from = width;
    }
  }
  const pooled = add("Flatten", [add("GlobalAveragePool", [x])]);
  nodes.push({
    op: "Gemm",
    in: [pooled, weights("fc.w", [CLASSES, 512], 512), weights("fc.b", [CLASSES], 512)],
    out: ["logits"],
    attributes: { transB: { i: 1 } },
  });
  const input: ValueSpecIn = { name: "image", dims: ["batch", 3, 224, 224] };
  return model({
    nodes,
    inputs: [input],
    outputs: [{ name: "logits", dims: ["batch", CLASSES] }],
    initializers,
  });
}

/** An image of the given number: float32 [1, 3, 224, 224], or its first elements. */
export function image(seed: number, count = 3 * 224 * 224): Float32Array {
  const next = random(seed * 2_654_435_761 || 1);
  return Float32Array.from({ length: count }, next);
}
