"""Writes test/vectors/onnx-backend/node-tests.bin.gz: the node tests of ONNX's backend suite in one compact file.

Origin: package onnx (Apache-2.0), onnx.backend.test.case.node; the version is in the file. Run by hand when the pin
moves:

    pip install onnx==1.23.2
    python scripts/onnx-backend-vectors.py

Layout of the unpacked file: a 4-byte little-endian length, that many bytes of JSON, then blobs. The JSON is
{"onnx": version, "cases": [{"name", "model": [offset, length], "rtol", "atol", "inputs": [tensor], "outputs": [tensor]}]}
with offsets from the first blob; a tensor is {"dtype": ONNX code, "dims", "data": [offset, length]} with little-endian
bytes, or with "strings" for text, or {"other": kind} for sequences, optionals and absent values.

Three changes are made, so that operators are tested as the canonical engine takes them. Imports of ai.onnx beyond 26
become 26 and imports below 7 become 7, wherever the operators of the model exist there, and IR versions beyond 13 become
13. Where an input decides a shape, a second case of the same name with the suffix "_bound" has it as an initialiser.
Large cases are left out.
"""

import gzip
import json
import pathlib
import struct
import warnings

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.case import node as cases

warnings.filterwarnings("ignore")

MIN_OPSET, MAX_OPSET = 7, 26
MAX_IR = 13

# Inputs that decide the shape of an output, by operator.
SHAPE_INPUTS = {
    "Reshape": [1], "Expand": [1], "Tile": [1], "Slice": [1, 2, 3, 4], "Pad": [1, 3], "TopK": [1], "Squeeze": [1],
    "Unsqueeze": [1], "Split": [1], "Resize": [1, 2, 3], "Range": [0, 1, 2], "ConstantOfShape": [0], "OneHot": [1],
    "Dropout": [2], "Upsample": [1], "CenterCropPad": [1],
    **{f"Reduce{r}": [1] for r in "L1 L2 LogSum LogSumExp Max Mean Min Prod Sum SumSquare".split()},
}
# A case with more bytes than this adds time and no insight: smaller cases of the same operator exist.
MAX_CASE_BYTES = 200_000


def settle_opset(model):
    model.ir_version = min(model.ir_version, MAX_IR)
    for entry in model.opset_import:
        if entry.domain == "" and not MIN_OPSET <= entry.version <= MAX_OPSET:
            target = min(max(entry.version, MIN_OPSET), MAX_OPSET)
            try:
                for node in model.graph.node:
                    if node.domain in ("", "ai.onnx"):
                        onnx.defs.get_schema(node.op_type, target, "")
                entry.version = target
            except Exception:
                pass


def bind_shapes(model, inputs):
    """The model with its shape inputs stored in it, and the inputs that are left; None where there are none."""
    bound = {node.input[i] for node in model.graph.node for i in SHAPE_INPUTS.get(node.op_type, [])
             if i < len(node.input) and node.input[i]}
    names = [value.name for value in model.graph.input]
    bound &= {name for name, value in zip(names, inputs) if isinstance(value, (np.ndarray, np.generic))}
    if not bound:
        return None
    out = onnx.ModelProto()
    out.CopyFrom(model)
    kept = [value for value in out.graph.input if value.name not in bound]
    del out.graph.input[:]
    out.graph.input.extend(kept)
    for name, value in zip(names, inputs):
        if name in bound:
            out.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    return out, [value for name, value in zip(names, inputs) if name not in bound]


def main():
    blobs = bytearray()
    seen = {}

    def blob(data):
        if data not in seen:
            seen[data] = [len(blobs), len(data)]
            blobs.extend(data)
        return seen[data]

    def tensor(value):
        if isinstance(value, TensorProto):
            value = numpy_helper.to_array(value)
        if not isinstance(value, (np.ndarray, np.generic)):
            return {"other": type(value).__name__}
        value = np.asarray(value)
        if value.dtype == object or value.dtype.kind in "US":
            return {"dtype": TensorProto.STRING, "dims": list(value.shape), "strings": [str(v) for v in value.flatten()]}
        code = helper.np_dtype_to_tensor_dtype(value.dtype)
        return {"dtype": code, "dims": list(value.shape), "data": blob(np.ascontiguousarray(value).tobytes())}

    out, skipped = [], []
    for case in cases.collect_testcases(None):
        model = onnx.ModelProto()
        model.CopyFrom(case.model)
        settle_opset(model)
        inputs, outputs = case.data_sets[0]
        size = sum(v.nbytes for v in [*inputs, *outputs] if isinstance(v, np.ndarray))
        if size > MAX_CASE_BYTES:
            skipped.append(case.name)
            continue
        variants = [(case.name, model, inputs)]
        bound = bind_shapes(model, inputs)
        if bound is not None:
            variants.append((case.name + "_bound", *bound))
        for name, variant, given in variants:
            out.append({
                "name": name,
                "model": blob(variant.SerializeToString(deterministic=True)),
                "rtol": case.rtol,
                "atol": case.atol,
                "inputs": [tensor(v) for v in given],
                "outputs": [tensor(v) for v in outputs],
            })
    header = json.dumps({"onnx": onnx.__version__, "skipped": skipped, "cases": out}, separators=(",", ":")).encode()
    path = pathlib.Path(__file__).parent.parent / "test/vectors/onnx-backend/node-tests.bin.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as z:
        z.write(struct.pack("<I", len(header)) + header + bytes(blobs))
    print(len(out), "cases,", len(skipped), "left out,", path.stat().st_size, "bytes")


main()
