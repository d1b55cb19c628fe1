"""Trains the sample models of a new chain and writes them to genesis/models/: an ONNX file and a JSON about it each.

    python3 -m venv /tmp/engine-models-venv
    /tmp/engine-models-venv/bin/pip install numpy==2.4.6 scikit-learn==1.9.1 skl2onnx==1.20.0 onnx==1.23.2 "jax[cpu]"
    /tmp/engine-models-venv/bin/python scripts/sample-models.py [iris digits-cnn tiny-transformer]

Nothing of this runs when the project is built or tested: the files are committed. Seeds are fixed, but another CPU or
another version trains other last bits: a new file is a new model, with a new hash, and the conformance vectors
(scripts/conformance-vectors.ts) have to be made again. Takes about two minutes on two cores.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "genesis" / "models"
LICENSE = "Apache-2.0"


def write(name, model, about):
    onnx.checker.check_model(model, full_check=True)
    data = model.SerializeToString()
    assert len(data) < 300_000, f"{name} has {len(data)} bytes"
    (FOLDER / f"{name}.onnx").write_bytes(data)
    (FOLDER / f"{name}.json").write_text(json.dumps({"name": name, **about}, indent=2))
    print(f"{name}: {len(data)} bytes, accuracy {about['accuracy']}")


class Graph:
    """Collects nodes and weights; `op` gives the name of what the node computes."""

    def __init__(self):
        self.nodes, self.weights = [], []

    def weight(self, name, value):
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def op(self, kind, *inputs, name=None, **attributes):
        out = name or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [out], name=f"node_{len(self.nodes)}", **attributes))
        return out

    def classifier(self, title, logits, x, x_type, x_dims, classes):
        """Ends in `probabilities` and `label`, the index of the class."""
        self.op("Softmax", logits, name="probabilities", axis=-1)
        self.op("ArgMax", logits, name="label", axis=1, keepdims=0)
        graph = helper.make_graph(
            self.nodes,
            title,
            [helper.make_tensor_value_info(x, x_type, ["batch", *x_dims])],
            [
                helper.make_tensor_value_info("label", TensorProto.INT64, ["batch"]),
                helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", classes]),
            ],
            self.weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="opg-chain")
        model.ir_version = 8
        return model


def train(loss, parameters, batches, rate):
    """Adam with a cosine schedule (Kingma and Ba, 2015). `batches` is a list of tuples of arrays."""
    import jax
    import jax.numpy as jnp

    def step(state, index, batch):
        parameters, first, second = state
        gradient = jax.grad(loss)(parameters, *batch)
        now = rate * 0.5 * (1 + jnp.cos(jnp.pi * index / len(batches)))
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.99 * v + 0.01 * g * g, second, gradient)
        fix1, fix2 = 1 - 0.9 ** (index + 1), 1 - 0.99 ** (index + 1)
        parameters = jax.tree.map(
            lambda p, m, v: p - now * (m / fix1) / (jnp.sqrt(v / fix2) + 1e-8), parameters, first, second
        )
        return parameters, first, second

    step = jax.jit(step)
    zeros = jax.tree.map(np.zeros_like, parameters)
    state = (parameters, zeros, zeros)
    for index, batch in enumerate(batches):
        state = step(state, float(index), batch)
    return {key: np.asarray(value, np.float32) for key, value in state[0].items()}


def cross_entropy(logits, labels):
    import jax

    return -jax.nn.log_softmax(logits)[np.arange(len(labels)), labels].mean()


def iris():
    from skl2onnx import to_onnx
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = load_iris(return_X_y=True)
    x = x.astype(np.float32)
    xa, xb, ya, yb = train_test_split(x, y, test_size=0.3, random_state=7, stratify=y)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, random_state=0)).fit(xa, ya)
    model = to_onnx(pipeline, xa[:1], options={id(pipeline): {"zipmap": False}}, target_opset={"": 17, "ai.onnx.ml": 3})
    write(
        "iris",
        model,
        {
            "description": "Iris species from four measurements in centimetres: scaler and logistic regression, "
            "trained on the Iris data set (R. A. Fisher, 1936).",
            "license": LICENSE,
            "accuracy": round(pipeline.score(xb, yb), 4),
            "classes": ["setosa", "versicolor", "virginica"],
            "label": "label",
            "sample": {
                "inputs": {"X": {"dtype": "float32", "dims": [1, 4], "data": [5.1, 3.5, 1.4, 0.2]}},
                "expected": "setosa",
            },
        },
    )


def digits_cnn():
    import jax
    import jax.numpy as jnp
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    rng = np.random.default_rng(11)
    x, y = load_digits(return_X_y=True)
    x = x.reshape(-1, 1, 8, 8).astype(np.float32)
    xa, xb, ya, yb = train_test_split(x, y, test_size=0.25, random_state=11, stratify=y)

    def he(*shape):
        return rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape).astype(np.float32)

    start = {
        "conv1.weight": he(16, 1, 3, 3),
        "conv1.bias": np.zeros(16, np.float32),
        "conv2.weight": he(32, 16, 3, 3),
        "conv2.bias": np.zeros(32, np.float32),
        "dense1.weight": he(64, 512).T.copy(),
        "dense1.bias": np.zeros(64, np.float32),
        "dense2.weight": he(10, 64).T.copy(),
        "dense2.bias": np.zeros(10, np.float32),
    }

    def forward(p, x):
        h = x / 16
        for name in ("conv1", "conv2"):
            h = jax.lax.conv(h, p[f"{name}.weight"], (1, 1), "SAME") + p[f"{name}.bias"][:, None, None]
            h = jax.nn.relu(h)
        h = h.reshape(len(h), 32, 4, 2, 4, 2).max((3, 5)).reshape(len(h), -1)
        h = jax.nn.relu(h @ p["dense1.weight"] + p["dense1.bias"])
        return h @ p["dense2.weight"] + p["dense2.bias"]

    batches = []
    for _ in range(40):
        order = rng.permutation(len(xa))
        batches += [(xa[order[i : i + 64]], ya[order[i : i + 64]]) for i in range(0, len(xa) - 63, 64)]
    p = train(lambda p, x, y: cross_entropy(forward(p, x), y), start, batches, 2e-3)
    predicted = np.asarray(jnp.argmax(forward(p, xb), 1))
    accuracy = float((predicted == yb).mean())
    assert accuracy >= 0.95, accuracy

    g = Graph()
    w = {key: g.weight(key, value) for key, value in p.items()}
    h = g.op("Div", "image", g.weight("scale", np.array(16, np.float32)))
    for name in ("conv1", "conv2"):
        h = g.op("Conv", h, w[f"{name}.weight"], w[f"{name}.bias"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        h = g.op("Relu", h)
    h = g.op("MaxPool", h, kernel_shape=[2, 2], strides=[2, 2])
    h = g.op("Flatten", h, axis=1)
    h = g.op("Relu", g.op("Gemm", h, w["dense1.weight"], w["dense1.bias"]))
    logits = g.op("Gemm", h, w["dense2.weight"], w["dense2.bias"])
    model = g.classifier("digits_cnn", logits, "image", TensorProto.FLOAT, [1, 8, 8], 10)
    sample = int(np.flatnonzero((yb == 7) & (predicted == 7))[0])
    write(
        "digits-cnn",
        model,
        {
            "description": "Handwritten digit in an image of 8 by 8 pixels, 0 (white) to 16 (black): two convolutions and "
            "two dense layers, trained on scikit-learn's digits (UCI Optical Recognition of Handwritten Digits).",
            "license": LICENSE,
            "accuracy": round(accuracy, 4),
            "classes": [str(digit) for digit in range(10)],
            "label": "label",
            "sample": {
                "inputs": {
                    "image": {"dtype": "float32", "dims": [1, 1, 8, 8], "data": xb[sample].ravel().tolist()},
                },
                "expected": "7",
            },
        },
    )


# Tokens of the transformer: its input is text of 24 places, what is unused is 0.
TOKENS = ".()[]"
LENGTH = 24


def bracket_text(rng, is_balanced):
    """A text of brackets; those that are not balanced differ from a balanced one in one or two places."""
    pairs = int(rng.integers(1, LENGTH // 2 + 1))
    text, open_ = [], []
    opened = 0
    while opened < pairs or open_:
        if opened < pairs and (not open_ or rng.random() < 0.5):
            kind = int(rng.integers(0, 2))
            open_.append(kind)
            text.append(1 + 2 * kind)
            opened += 1
        else:
            text.append(2 + 2 * open_.pop())
    if not is_balanced:
        while balanced(text):
            for _ in range(int(rng.integers(1, 3))):
                text[int(rng.integers(0, len(text)))] = int(rng.integers(1, 5))
    return text + [0] * (LENGTH - len(text))


def balanced(text):
    open_ = []
    for token in text:
        if token in (1, 3):
            open_.append(token)
        elif token in (2, 4) and (not open_ or open_.pop() != token - 1):
            return False
    return not open_


def tiny_transformer():
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(23)
    width, heads, layers, inner = 48, 4, 2, 96
    part = width // heads

    def texts(count):
        y = rng.integers(0, 2, count)
        return np.array([bracket_text(rng, bool(each)) for each in y], np.int64), y

    def normal(*shape):
        return rng.normal(0, 1 / np.sqrt(shape[0]), shape).astype(np.float32)

    start = {"tokens": normal(5, width), "places": 0.3 * normal(LENGTH, width) * np.sqrt(LENGTH).astype(np.float32)}
    for i in range(layers):
        for name in ("query", "key", "value", "out"):
            start[f"{i}.{name}"] = normal(width, width)
        start |= {
            f"{i}.norm1.scale": np.ones(width, np.float32),
            f"{i}.norm1.bias": np.zeros(width, np.float32),
            f"{i}.norm2.scale": np.ones(width, np.float32),
            f"{i}.norm2.bias": np.zeros(width, np.float32),
            f"{i}.up": normal(width, inner),
            f"{i}.up.bias": np.zeros(inner, np.float32),
            f"{i}.down": normal(inner, width),
            f"{i}.down.bias": np.zeros(width, np.float32),
        }
    start |= {"head": normal(width, 2), "head.bias": np.zeros(2, np.float32)}

    def norm(h, scale, bias):
        centred = h - h.mean(-1, keepdims=True)
        return centred / jnp.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * scale + bias

    def forward(p, x):
        h = p["tokens"][x] + p["places"]
        for i in range(layers):
            a = norm(h, p[f"{i}.norm1.scale"], p[f"{i}.norm1.bias"])
            q, k, v = (
                (a @ p[f"{i}.{name}"]).reshape(-1, LENGTH, heads, part).transpose(0, 2, 1, 3)
                for name in ("query", "key", "value")
            )
            attention = jax.nn.softmax(q @ k.transpose(0, 1, 3, 2) / np.float32(np.sqrt(part)))
            mixed = (attention @ v).transpose(0, 2, 1, 3).reshape(-1, LENGTH, width)
            h = h + mixed @ p[f"{i}.out"]
            a = norm(h, p[f"{i}.norm2.scale"], p[f"{i}.norm2.bias"])
            h = h + jax.nn.gelu(a @ p[f"{i}.up"] + p[f"{i}.up.bias"], approximate=False) @ p[f"{i}.down"]
            h = h + p[f"{i}.down.bias"]
        return h.max(1) @ p["head"] + p["head.bias"]

    steps, size = 3000, 128
    x, y = texts(60_000)
    picks = [rng.integers(0, len(x), size) for _ in range(steps)]
    p = train(lambda p, x, y: cross_entropy(forward(p, x), y), start, [(x[i], y[i]) for i in picks], 2e-3)
    xt, yt = texts(5000)
    seen = {row.tobytes() for row in x}
    new = np.array([row.tobytes() not in seen for row in xt])
    predicted = np.asarray(jnp.argmax(forward(p, xt), 1))
    accuracy = float((predicted == yt)[new].mean())
    assert accuracy >= 0.9, accuracy

    g = Graph()
    w = {key: g.weight(key, value) for key, value in p.items()}
    split = g.weight("split", np.array([0, LENGTH, heads, part], np.int64))
    join = g.weight("join", np.array([0, LENGTH, width], np.int64))
    root = g.weight("root", np.array(np.sqrt(part), np.float32))
    two, half, one = (g.weight(n, np.array(v, np.float32)) for n, v in (("two", 2**0.5), ("half", 0.5), ("one", 1)))

    h = g.op("Add", g.op("Gather", w["tokens"], "text"), w["places"])
    for i in range(layers):
        a = g.op("LayerNormalization", h, w[f"{i}.norm1.scale"], w[f"{i}.norm1.bias"], axis=-1, epsilon=1e-5)
        q, k, v = (
            g.op("Transpose", g.op("Reshape", g.op("MatMul", a, w[f"{i}.{name}"]), split), perm=perm)
            for name, perm in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3]))
        )
        attention = g.op("Softmax", g.op("Div", g.op("MatMul", q, k), root), axis=-1)
        mixed = g.op("Reshape", g.op("Transpose", g.op("MatMul", attention, v), perm=[0, 2, 1, 3]), join)
        h = g.op("Add", h, g.op("MatMul", mixed, w[f"{i}.out"]))
        a = g.op("LayerNormalization", h, w[f"{i}.norm2.scale"], w[f"{i}.norm2.bias"], axis=-1, epsilon=1e-5)
        up = g.op("Add", g.op("MatMul", a, w[f"{i}.up"]), w[f"{i}.up.bias"])
        gate = g.op("Mul", g.op("Add", g.op("Erf", g.op("Div", up, two)), one), half)
        h = g.op("Add", h, g.op("MatMul", g.op("Mul", up, gate), w[f"{i}.down"]))
        h = g.op("Add", h, w[f"{i}.down.bias"])
    logits = g.op("Gemm", g.op("ReduceMax", h, axes=[1], keepdims=0), w["head"], w["head.bias"])
    model = g.classifier("tiny_transformer", logits, "text", TensorProto.INT64, [LENGTH], 2)
    text = "([()[]])()"
    write(
        "tiny-transformer",
        model,
        {
            "description": "Whether a text of up to 24 round and square brackets is balanced: a transformer of two layers. "
            "Tokens: 0 nothing, 1 (, 2 ), 3 [, 4 ]; the rest of the 24 places is 0. Trained on made texts.",
            "license": LICENSE,
            "accuracy": round(accuracy, 4),
            "classes": ["unbalanced", "balanced"],
            "label": "label",
            "sample": {
                "inputs": {
                    "text": {
                        "dtype": "int64",
                        "dims": [1, LENGTH],
                        "data": [TOKENS.index(c) for c in text] + [0] * (LENGTH - len(text)),
                    },
                },
                "expected": "balanced",
            },
        },
    )


MODELS = {"iris": iris, "digits-cnn": digits_cnn, "tiny-transformer": tiny_transformer}

if __name__ == "__main__":
    for name in sys.argv[1:] or MODELS:
        MODELS[name]()
