/** How large a model and a run may be. Every limit is checked before anything is allocated for what it bounds. */

export interface EngineLimits {
  /** Bytes of the model file. */
  readonly maxModelBytes: number;
  readonly maxNodes: number;
  /** Longest chain of nodes from an input or initialiser to an output. */
  readonly maxDepth: number;
  /** Inputs and outputs of all nodes together. */
  readonly maxEdges: number;
  readonly maxInitializers: number;
  /** Graph inputs, and as many graph outputs. */
  readonly maxInputs: number;
  /** Elements of one tensor. */
  readonly maxTensorElements: number;
  readonly maxRank: number;
  /** UTF-8 bytes of the name of a value, node, operator or attribute. */
  readonly maxNameBytes: number;
  /** UTF-8 bytes of one element of a string tensor. */
  readonly maxStringBytes: number;
  /** The free dimension of a run. */
  readonly maxBatch: bigint;
  /** Bound on what a run may hold in memory: model, weights and all activations (see computeUnits). */
  readonly maxTotalBytes: bigint;
  readonly maxComputeUnits: bigint;
}

export const DEFAULT_LIMITS: EngineLimits = {
  /** BERT-base in float32 is 440 MB. Three copies (file, parsed, packed) still fit half of wasm's 4 GiB. */
  maxModelBytes: 512 * 1024 * 1024,
  /** BERT-large exports to about 3,000 nodes. A chain of 8,000 loads in under 2 s in wasm, one of 50,000 in over 12 s. */
  maxNodes: 8_192,
  /** The exporters' deepest (BERT-large) is about 1,600; passes of the engine recurse along chains. */
  maxDepth: 4_096,
  /** Eight a node. */
  maxEdges: 65_536,
  /** A node rarely has more than four weights; QDQ models have about two scalars an activation. */
  maxInitializers: 16_384,
  maxInputs: 256,
  /** 1 GiB of float32. */
  maxTensorElements: 2 ** 28,
  /** What onnxruntime's transposes and broadcasts take without slow paths; exporters use at most 6. */
  maxRank: 8,
  /** PyTorch names carry the whole module path. */
  maxNameBytes: 1_024,
  /** Class labels and categories. */
  maxStringBytes: 256,
  /** A batch is one transaction's inputs. */
  maxBatch: 65_536n,
  /** Half of wasm's 4 GiB, so that running out of memory is never the outcome of an admitted run. */
  maxTotalBytes: 2n * 1024n * 1024n * 1024n,
  /** Some 30 s of one core: nine BERT-base passes over 128 tokens. A block's budget is a parameter and far lower. */
  maxComputeUnits: 100_000_000_000n,
};
