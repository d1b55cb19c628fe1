/** Why operators that people ask for are not on the allow-list, and what to do instead. */

const CONTROL = "control flow is not taken: trace or unroll the model";
const RANDOM = "it is random: export for inference, or pass the noise as an input";
const DATA = "the shape of its output depends on data of the run: move it behind the model";
const SEQUENCE = "sequences, maps and optionals are not taken: use tensors";
const TEXT = "text processing is not taken: do it before the model";

/** By operator key (domain prefix unless the default one). */
export const REFUSALS: Readonly<Record<string, string>> = {
  If: CONTROL,
  Loop: CONTROL,
  Scan: CONTROL,
  RandomNormal: RANDOM,
  RandomNormalLike: RANDOM,
  RandomUniform: RANDOM,
  RandomUniformLike: RANDOM,
  Multinomial: RANDOM,
  Bernoulli: RANDOM,
  NonZero: DATA,
  Unique: DATA,
  Compress: DATA,
  NonMaxSuppression: DATA,
  SequenceConstruct: SEQUENCE,
  SequenceEmpty: SEQUENCE,
  SequenceAt: SEQUENCE,
  SequenceInsert: SEQUENCE,
  SequenceErase: SEQUENCE,
  SequenceLength: SEQUENCE,
  SequenceMap: SEQUENCE,
  SplitToSequence: SEQUENCE,
  ConcatFromSequence: SEQUENCE,
  Optional: SEQUENCE,
  OptionalGetElement: SEQUENCE,
  OptionalHasElement: SEQUENCE,
  StringNormalizer: TEXT,
  StringConcat: TEXT,
  StringSplit: TEXT,
  RegexFullMatch: TEXT,
  TfIdfVectorizer: TEXT,
  "ai.onnx.ml.ZipMap": "it makes a list of maps: convert with options={'zipmap': False} in skl2onnx",
  "ai.onnx.ml.DictVectorizer": SEQUENCE,
  "ai.onnx.ml.CastMap": SEQUENCE,
};
