"""Writes chain/engine/onnx/operators/signatures.ts: for every operator that may be admitted, each version's inputs,
outputs, element types and attributes.

Facts come from the ONNX schema registry (package onnx) narrowed to the element types for which onnxruntime registers a
CPU kernel (package onnxruntime). Run by hand when either pin moves:

    pip install onnx==1.23.2 onnxruntime==1.30.0
    python scripts/onnx-signatures.py
"""

import pathlib
import re

import onnx
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as ort

MIN_OPSET = {"": 7, "ai.onnx.ml": 1}
MAX_OPSET = {"": 26, "ai.onnx.ml": 5}

OPERATORS = {
    "": """Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization BitShift
        BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu Clip Concat Constant ConstantOfShape Conv
        ConvInteger ConvTranspose Cos Cosh CumSum DepthToSpace DequantizeLinear Div Dropout DynamicQuantizeLinear
        Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm
        GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish
        Hardmax Identity InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log
        LogSoftmax LpNormalization LpPool MatMul MatMulInteger Max MaxPool Mean MeanVarianceNormalization Min Mish Mod
        Mul Neg Not OneHot Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization RNN Range
        Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
        ReduceSumSquare Relu Reshape Resize ReverseSequence Round ScatterElements ScatterND Selu Shape
        Shrink Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum
        Tan Tanh ThresholdedRelu Tile TopK Transpose Trilu Unsqueeze Upsample Where Xor""",
    "ai.onnx.ml": """ArrayFeatureExtractor Binarizer FeatureVectorizer Imputer LabelEncoder LinearClassifier
        LinearRegressor Normalizer OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsemble TreeEnsembleClassifier
        TreeEnsembleRegressor""",
}

# Operators that onnxruntime expands into others instead of registering a kernel: float32 is what is tested.
EXPANDED = {"CastLike", "GroupNormalization", "HardSwish", "Mish", "Constant"}

SHORT = {
    "tensor(float)": "f32", "tensor(double)": "f64", "tensor(float16)": "f16", "tensor(int8)": "i8",
    "tensor(int16)": "i16", "tensor(int32)": "i32", "tensor(int64)": "i64", "tensor(uint8)": "u8",
    "tensor(uint16)": "u16", "tensor(uint32)": "u32", "tensor(uint64)": "u64", "tensor(bool)": "bool",
    "tensor(string)": "str",
}
ORDER = list(SHORT.values())
ATTRIBUTE = {
    "FLOAT": "float", "INT": "int", "STRING": "string", "TENSOR": "tensor", "FLOATS": "floats", "INTS": "ints",
    "STRINGS": "strings", "TENSORS": "tensors",
}


def kernel_types():
    table = {}
    for k in ort.get_all_opkernel_def():
        if k.provider == "CPUExecutionProvider":
            table.setdefault((k.domain, k.op_name), []).append((k.version_range, k.type_constraints))
    return table


def short(types):
    found = {SHORT[t] for t in types if t in SHORT}
    return [t for t in ORDER if t in found]


def signature(schema, kernels):
    name, version = schema.name, schema.since_version
    top = MAX_OPSET[schema.domain]
    later = [s.since_version for s in onnx.defs.get_all_schemas_with_history()
             if s.domain == schema.domain and s.name == name and s.since_version > version]
    end = min([v - 1 for v in later] + [top])
    # Within the allowed opsets, the newest opset at which this version holds decides the kernel.
    fitting = [t for (lo, hi), t in kernels if lo <= end <= hi]
    constraints = []
    for c in schema.type_constraints:
        allowed = short(c.allowed_type_strs)
        if name in EXPANDED:
            allowed = [t for t in allowed if t == "f32"] if name not in ("CastLike", "Constant") else allowed
        else:
            if not fitting:
                return None
            named = [t[c.type_param_str] for t in fitting if c.type_param_str in t]
            if named:
                union = set(short([x for n in named for x in n]))
                allowed = [t for t in allowed if t in union]
        constraints.append(f"{c.type_param_str}: {' '.join(allowed) or 'none'}")

    def argument(a):
        text = a.type_str
        if text in SHORT:
            text = SHORT[text]
        elif "(" in text:
            text = "other"
        mark = {"Single": "", "Optional": "?", "Variadic": "*"}[a.option.name]
        return f"{a.name}: {text}{mark}"

    attributes = [f"{a.name}: {ATTRIBUTE.get(a.type.name, 'other')}{'!' if a.required else ''}"
                  for _, a in sorted(schema.attributes.items())]
    prefix = "" if schema.domain == "" else schema.domain + "."
    return (f"{prefix}{name}@{version} ({', '.join(map(argument, schema.inputs))})"
            f" -> ({', '.join(map(argument, schema.outputs))})"
            f" {{{'; '.join(constraints)}}} [{', '.join(attributes)}]")


def main():
    kernels = kernel_types()
    lines = []
    schemas = sorted(onnx.defs.get_all_schemas_with_history(), key=lambda s: (s.domain, s.name, s.since_version))
    for domain, names in OPERATORS.items():
        for name in sorted(names.split()):
            versions = [s for s in schemas if s.domain == domain and s.name == name]
            for i, s in enumerate(versions):
                after = versions[i + 1].since_version if i + 1 < len(versions) else 1 << 30
                if s.since_version > MAX_OPSET[domain] or after <= MIN_OPSET[domain]:
                    continue
                if s.deprecated:
                    prefix = "" if domain == "" else domain + "."
                    lines.append(f"{prefix}{name}@{s.since_version} removed")
                    continue
                line = signature(s, kernels.get((domain, name), []))
                if line is None:
                    print("no kernel:", domain, name, s.since_version)
                else:
                    lines.append(line)
    kept = []
    for line in lines:
        # A version that changes nothing of what is admitted adds nothing: the earlier line goes on.
        head, rest = re.match(r"([^@]+)@\d+(.*)", line).groups()
        if kept and re.match(r"([^@]+)@\d+(.*)", kept[-1]).groups() == (head, rest):
            continue
        kept.append(line)
    lines = kept
    out = pathlib.Path(__file__).parent.parent / "chain/engine/onnx/operators/signatures.ts"
    body = "\n".join(f'  "{re.sub(chr(34), chr(39), line)}",' for line in lines)
    out.write_text(
        "/**\n"
        " * Generated by scripts/onnx-signatures.py; do not edit.\n"
        f" * Facts of onnx {onnx.__version__} (schemas) and onnxruntime {onnxruntime.__version__} (kernels of the CPU provider).\n"
        " *\n"
        " * name@version (inputs) -> (outputs) {types of each type parameter} [attributes]; `?` is optional, `*` variadic,\n"
        " * `!` required, `none` a type parameter that has no admitted type.\n"
        " */\n"
        f"export const SIGNATURES: readonly string[] = [\n{body}\n];\n")


main()
