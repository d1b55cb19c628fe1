"""Writes test/vectors/onnx-corpus/models.bin.gz: small models as exporters write them, with inputs and the outputs that
onnxruntime computes natively. Layout as onnx-backend-vectors.py. Seeds are fixed; nothing is downloaded.

    pip install onnx==1.23.2 onnxruntime==1.30.0 scikit-learn==1.9.1 skl2onnx==1.20.0
    python scripts/onnx-corpus-vectors.py
"""

import gzip
import json
import pathlib
import struct
import tempfile
import warnings

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper as nh

warnings.filterwarnings("ignore")
RNG = np.random.default_rng(7)


def sklearn_models():
    from skl2onnx import to_onnx
    from sklearn import datasets, ensemble, linear_model, naive_bayes, neural_network, preprocessing, svm, tree
    from sklearn.decomposition import PCA
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    x, y = datasets.load_iris(return_X_y=True)
    x = x.astype(np.float32)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    two = (y > 0).astype(int)
    many = np.stack([x[:, 0] * 2, x[:, 1]], 1)
    models = {
        "logistic": (linear_model.LogisticRegression(max_iter=500), y),
        "logistic_binary": (linear_model.LogisticRegression(max_iter=500), two),
        "logistic_string_labels": (linear_model.LogisticRegression(max_iter=500), names),
        "sgd_classifier": (linear_model.SGDClassifier(random_state=0), y),
        "linear_regression": (linear_model.LinearRegression(), x[:, 0]),
        "linear_regression_two_targets": (linear_model.LinearRegression(), many),
        "svc": (svm.SVC(random_state=0), y),
        "svc_probability": (svm.SVC(probability=True, random_state=0), y),
        "svc_binary": (svm.SVC(random_state=0), two),
        "svc_binary_probability": (svm.SVC(probability=True, random_state=0), two),
        "svc_poly": (svm.SVC(kernel="poly", random_state=0), y),
        "svr": (svm.SVR(), x[:, 0]),
        "one_class_svm": (svm.OneClassSVM(), None),
        "linear_svc": (svm.LinearSVC(random_state=0), y),
        "tree": (tree.DecisionTreeClassifier(random_state=0), y),
        "tree_string_labels": (tree.DecisionTreeClassifier(random_state=0), names),
        "tree_regressor_two_targets": (tree.DecisionTreeRegressor(max_depth=4, random_state=0), many),
        "forest": (ensemble.RandomForestClassifier(8, random_state=0), y),
        "forest_binary": (ensemble.RandomForestClassifier(8, random_state=0), two),
        "forest_regressor": (ensemble.RandomForestRegressor(8, random_state=0), x[:, 0]),
        "extra_trees": (ensemble.ExtraTreesClassifier(8, random_state=0), y),
        "gradient_boosting": (ensemble.GradientBoostingClassifier(n_estimators=8, random_state=0), y),
        "gradient_boosting_binary": (ensemble.GradientBoostingClassifier(n_estimators=8, random_state=0), two),
        "gradient_boosting_regressor": (ensemble.GradientBoostingRegressor(n_estimators=8, random_state=0), x[:, 0]),
        "hist_gradient_boosting": (ensemble.HistGradientBoostingClassifier(max_iter=8, random_state=0), y),
        "hist_gradient_boosting_regressor": (ensemble.HistGradientBoostingRegressor(max_iter=8), x[:, 0]),
        "ada_boost": (ensemble.AdaBoostClassifier(n_estimators=5, random_state=0), y),
        "bagging": (ensemble.BaggingClassifier(n_estimators=3, random_state=0), y),
        "voting": (ensemble.VotingClassifier([("a", linear_model.LogisticRegression(max_iter=500)),
                                              ("b", tree.DecisionTreeClassifier(max_depth=3))], voting="soft"), y),
        "mlp": (neural_network.MLPClassifier((16, 8), max_iter=300, random_state=0), y),
        "mlp_binary": (neural_network.MLPClassifier((8,), max_iter=300, random_state=0), two),
        "mlp_regressor": (neural_network.MLPRegressor(hidden_layer_sizes=(16,), max_iter=300, random_state=0), x[:, 0]),
        "gaussian_nb": (naive_bayes.GaussianNB(), y),
        "scaler_logistic": (make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()), y),
        "normalizer_pca_logistic": (make_pipeline(preprocessing.Normalizer(), PCA(2), linear_model.LogisticRegression()), y),
        "imputer_min_max_forest": (make_pipeline(SimpleImputer(), preprocessing.MinMaxScaler(),
                                                 ensemble.RandomForestClassifier(4, random_state=0)), y),
        "binarizer_logistic": (make_pipeline(preprocessing.Binarizer(threshold=2.0), linear_model.LogisticRegression()), y),
        "polynomial_ridge": (make_pipeline(preprocessing.PolynomialFeatures(2), linear_model.Ridge()), x[:, 0]),
        "quantile_tree": (make_pipeline(preprocessing.KBinsDiscretizer(4, encode="ordinal"), tree.DecisionTreeClassifier(max_depth=3)), y),
    }
    sample = x[::13]
    for name, (model, target) in models.items():
        model.fit(x, target) if target is not None else model.fit(x)
        zip_off = {} if not hasattr(model, "classes_") else {"zipmap": False}
        for opset in (21, 12) if name in ("logistic", "forest", "mlp", "svc", "gradient_boosting") else (21,):
            try:
                proto = to_onnx(model, x[:1], options=zip_off or None, target_opset={"": opset, "ai.onnx.ml": 3})
            except NameError:
                proto = to_onnx(model, x[:1], target_opset={"": opset, "ai.onnx.ml": 3})
            except Exception as error:
                print("left out:", name, str(error).splitlines()[0])
                continue
            yield f"sklearn_{name}_{opset}", proto, {proto.graph.input[0].name: sample}
    encoder = preprocessing.OneHotEncoder(sparse_output=False).fit(np.array([["a"], ["b"], ["c"]]))
    from skl2onnx.common.data_types import StringTensorType

    proto = to_onnx(encoder, initial_types=[("x", StringTensorType([None, 1]))], target_opset={"": 21, "ai.onnx.ml": 3})
    yield "sklearn_one_hot_strings", proto, {"x": np.array([["b"], ["a"]], dtype=object)}
    labels = preprocessing.LabelEncoder().fit(["x", "y", "z"])
    proto = to_onnx(labels, initial_types=[("x", StringTensorType([None]))], target_opset={"": 21, "ai.onnx.ml": 3})
    yield "sklearn_label_encoder", proto, {"x": np.array(["z", "x"], dtype=object)}


class Build:
    """A graph under construction, in the manner of an exporter: names by counter, weights as initialisers."""

    def __init__(self):
        self.nodes, self.inits, self.n = [], [], 0

    def name(self):
        self.n += 1
        return f"t{self.n}"

    def w(self, *shape, scale=0.3):
        name = f"w{self.n}"
        self.n += 1
        self.inits.append(nh.from_array((RNG.standard_normal(shape) * scale).astype(np.float32), name))
        return name

    def c(self, value, dtype=np.int64):
        name = f"c{self.n}"
        self.n += 1
        self.inits.append(nh.from_array(np.array(value, dtype=dtype), name))
        return name

    def op(self, kind, *inputs, outputs=1, **attributes):
        names = [self.name() for _ in range(outputs)]
        self.nodes.append(h.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def model(self, inputs, outputs, opset=17, domains=()):
        graph = h.make_graph(self.nodes, "g", [h.make_tensor_value_info(n, t, s) for n, t, s in inputs],
                             [h.make_tensor_value_info(n, t, None) for n, t in outputs], self.inits)
        imports = [h.make_opsetid("", opset), *[h.make_opsetid(*d) for d in domains]]
        return h.make_model(graph, opset_imports=imports, ir_version=8)


def cnn(batch="N"):
    b = Build()
    x = b.op("Relu", b.op("Conv", "x", b.w(8, 1, 3, 3), b.w(8), pads=[1, 1, 1, 1], kernel_shape=[3, 3]))
    x = b.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = b.op("Conv", x, b.w(16, 8, 3, 3), b.w(16), strides=[2, 2], pads=[1, 1, 1, 1])
    x = b.op("BatchNormalization", x, b.w(16), b.w(16), b.w(16), b.c(np.full(16, 1.5), np.float32))
    x = b.op("Relu", x)
    # What PyTorch's view(x.size(0), -1) exports to.
    size = b.op("Gather", b.op("Shape", x), b.c(0), axis=0)
    shape = b.op("Concat", b.op("Unsqueeze", size, b.c([0])), b.c([-1]), axis=0)
    x = b.op("Reshape", x, shape)
    x = b.op("Softmax", b.op("Gemm", x, b.w(10, 64), b.w(10), transB=1), axis=1)
    b.nodes[-1].output[0] = "y"
    return b.model([("x", T.FLOAT, [batch, 1, 8, 8])], [("y", T.FLOAT)])


def resnet():
    b = Build()

    def conv(x, cin, cout, k, stride):
        x = b.op("Conv", x, b.w(cout, cin, k, k, scale=0.1), b.w(cout), strides=[stride] * 2, pads=[k // 2] * 4, kernel_shape=[k, k])
        return x

    x = b.op("Relu", conv("x", 3, 8, 7, 2))
    x = b.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    cin = 8
    for cout, stride in ((8, 1), (8, 1), (16, 2), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)):
        y = conv(b.op("Relu", conv(x, cin, cout, 3, stride)), cout, cout, 3, 1)
        x = b.op("Relu", b.op("Add", y, x if stride == 1 and cin == cout else conv(x, cin, cout, 1, stride)))
        cin = cout
    x = b.op("Flatten", b.op("GlobalAveragePool", x), axis=1)
    b.nodes.append(h.make_node("Gemm", [x, b.w(10, 64), b.w(10)], ["y"], transB=1))
    return b.model([("x", T.FLOAT, ["batch_size", 3, 32, 32])], [("y", T.FLOAT)], opset=13)


def recurrent(kind):
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[kind]
    b = Build()
    x = b.op("Transpose", "x", perm=[1, 0, 2])
    # Zero states of the batch's size, as PyTorch exports them.
    size = b.op("Unsqueeze", b.op("Gather", b.op("Shape", "x"), b.c(0)), b.c([0]))
    state = b.op("ConstantOfShape", b.op("Concat", b.c([2]), size, b.c([6]), axis=0))
    given = ["", state] + ([state] if kind == "LSTM" else [])
    r = b.op(kind, x, b.w(2, gates * 6, 5), b.w(2, gates * 6, 6), b.w(2, gates * 12), *given,
             outputs=3 if kind == "LSTM" else 2, hidden_size=6, direction="bidirectional")
    y = b.op("Transpose", r[0], perm=[0, 2, 1, 3])
    y = b.op("Reshape", y, b.c([0, 0, -1]))
    y = b.op("Squeeze", b.op("Slice", y, b.c([-1]), b.c([np.iinfo(np.int64).max]), b.c([0])), b.c([0]))
    b.nodes.append(h.make_node("MatMul", [y, b.w(12, 3)], ["y"]))
    return b.model([("x", T.FLOAT, ["batch", 7, 5])], [("y", T.FLOAT)], opset=14)


def transformer(opset):
    """Two encoder layers with masks, in the shape arithmetic of PyTorch's exporter."""
    b = Build()
    width, heads, length, vocabulary = 16, 4, 8, 50
    one = b.c(1.0, np.float32)
    tokens = b.op("Gather", b.w(vocabulary, width), "ids")
    shape = b.op("Shape", "ids")
    n = b.op("Gather", shape, b.c(1), axis=0)
    positions = b.op("Slice", b.c([list(range(32))]), b.c([0]), b.op("Unsqueeze", n, b.c([0])), b.c([1]), b.c([1]))
    x = b.op("Add", tokens, b.op("Gather", b.w(32, width), positions))
    mask = b.op("Cast", b.op("Unsqueeze", b.op("Unsqueeze", "mask", b.c([1])), b.c([2])), to=T.FLOAT)
    mask = b.op("Mul", b.op("Sub", one, mask), b.c(-10000.0, np.float32))

    def norm(x):
        if opset >= 17:
            return b.op("LayerNormalization", x, b.w(width), b.w(width), epsilon=1e-5)
        d = b.op("Sub", x, b.op("ReduceMean", x, axes=[-1]))
        v = b.op("ReduceMean", b.op("Pow", d, b.c(2.0, np.float32)), axes=[-1])
        x = b.op("Div", d, b.op("Sqrt", b.op("Add", v, b.c(1e-5, np.float32))))
        return b.op("Add", b.op("Mul", x, b.w(width)), b.w(width))

    def split(x):
        s = b.op("Shape", x)
        dims = [b.op("Unsqueeze", b.op("Gather", s, b.c(i), axis=0), b.c([0])) for i in (0, 1)]
        x = b.op("Reshape", x, b.op("Concat", *dims, b.c([heads]), b.c([width // heads]), axis=0))
        return b.op("Transpose", x, perm=[0, 2, 1, 3])

    def linear(x, a, z):
        return b.op("Add", b.w(z), b.op("MatMul", x, b.w(a, z)))

    for _ in range(2):
        q, k, v = (split(linear(x, width, width)) for _ in range(3))
        scores = b.op("Div", b.op("MatMul", q, b.op("Transpose", k, perm=[0, 1, 3, 2])), b.c(2.0, np.float32))
        weights = b.op("Softmax", b.op("Add", scores, mask), axis=3)
        y = b.op("Transpose", b.op("MatMul", weights, v), perm=[0, 2, 1, 3])
        s = b.op("Shape", y)
        dims = [b.op("Unsqueeze", b.op("Gather", s, b.c(i), axis=0), b.c([0])) for i in (0, 1)]
        y = b.op("Reshape", y, b.op("Concat", *dims, b.c([width]), axis=0))
        x = norm(b.op("Add", linear(y, width, width), x))
        y = linear(x, width, 4 * width)
        half = b.op("Mul", y, b.op("Add", b.op("Erf", b.op("Div", y, b.c(1.41421354, np.float32))), one))
        x = norm(b.op("Add", linear(b.op("Mul", half, b.c(0.5, np.float32)), 4 * width, width), x))
    first = b.op("Gather", x, b.c(0), axis=1)
    b.nodes.append(h.make_node("Gemm", [first, b.w(3, width), b.w(3)], ["y"], transB=1))
    return b.model([("ids", T.INT64, ["batch", length]), ("mask", T.INT64, ["batch", length])], [("y", T.FLOAT)], opset)


def upsampler():
    b = Build()
    x = b.op("ConvTranspose", "x", b.w(2, 3, 2, 2), strides=[2, 2])
    # An older exporter's interpolate(scale_factor=2): sizes from the shape, by way of floats.
    s = b.op("Shape", x)
    size = b.op("Floor", b.op("Mul", b.op("Cast", b.op("Slice", s, b.c([2]), b.c([4])), to=T.FLOAT), b.c(2.0, np.float32)))
    sizes = b.op("Concat", b.op("Slice", s, b.c([0]), b.c([2])), b.op("Cast", size, to=T.INT64), axis=0)
    b.nodes.append(h.make_node("Resize", [x, "", "", sizes], ["y"], mode="linear", coordinate_transformation_mode="half_pixel"))
    return b.model([("x", T.FLOAT, ["n", 2, 4, 4])], [("y", T.FLOAT)], opset=13)


def ml_rest():
    b = Build()
    b.nodes = [
        h.make_node("FeatureVectorizer", ["x", "z"], ["f"], domain="ai.onnx.ml", inputdimensions=[2, 3]),
        h.make_node("Imputer", ["f"], ["i"], domain="ai.onnx.ml", imputed_value_floats=[0.5], replaced_value_float=float("nan")),
        h.make_node("Normalizer", ["i"], ["k"], domain="ai.onnx.ml", norm="L2"),
        h.make_node("Scaler", ["k"], ["s"], domain="ai.onnx.ml", offset=[0.1], scale=[2.0]),
        h.make_node("LinearRegressor", ["s"], ["y"], domain="ai.onnx.ml", coefficients=[1.0, 2, 3, 4, 5], intercepts=[0.5]),
    ]
    return b.model([("x", T.FLOAT, ["N", 2]), ("z", T.FLOAT, ["N", 3])], [("y", T.FLOAT)], 15, [("ai.onnx.ml", 1)])


def lp_pool():
    b = Build()
    b.nodes = [h.make_node("GlobalLpPool", ["x"], ["y"], p=2)]
    return b.model([("x", T.FLOAT, ["N", 2, 3, 3])], [("y", T.FLOAT)], 15)


def quantised(name, proto, feed):
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = [feed]

        def get_next(self):
            return self.left.pop() if self.left else None

    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/a.onnx", f"{folder}/b.onnx"
        onnx.save(proto, source)
        for form, per_channel in ((QuantFormat.QDQ, False), (QuantFormat.QDQ, True), (QuantFormat.QOperator, False)):
            quantize_static(source, target, Reader(), quant_format=form, per_channel=per_channel, op_types_to_quantize=["Conv", "MatMul"] if form == QuantFormat.QOperator else None, weight_type=QuantType.QInt8)
            yield f"{name}_{form.name.lower()}{'_per_channel' if per_channel else ''}", onnx.load(target), feed
        quantize_dynamic(source, target, weight_type=QuantType.QUInt8)
        yield f"{name}_dynamic", onnx.load(target), feed


def models():
    yield from sklearn_models()
    image = RNG.standard_normal((3, 1, 8, 8)).astype(np.float32)
    yield "cnn", cnn(), {"x": image}
    yield "cnn_batch_1", cnn(1), {"x": image[:1]}
    yield from quantised("cnn", cnn(), {"x": image})
    yield "resnet", resnet(), {"x": RNG.standard_normal((2, 3, 32, 32)).astype(np.float32)}
    for kind in ("LSTM", "GRU", "RNN"):
        yield kind.lower(), recurrent(kind), {"x": RNG.standard_normal((3, 7, 5)).astype(np.float32)}
    text = {"ids": RNG.integers(0, 50, (2, 8)), "mask": np.array([[1] * 8, [1] * 5 + [0] * 3])}
    for opset in (13, 17):
        yield f"transformer_{opset}", transformer(opset), text
    yield from quantised("transformer", transformer(17), text)
    yield "upsampler", upsampler(), {"x": RNG.standard_normal((2, 2, 4, 4)).astype(np.float32)}
    yield "ml_rest", ml_rest(), {"x": np.array([[1, np.nan]], np.float32), "z": np.array([[1, 2, 3]], np.float32)}
    yield "global_lp_pool", lp_pool(), {"x": RNG.standard_normal((2, 2, 3, 3)).astype(np.float32)}


def main():
    blobs, out = bytearray(), []

    def blob(data):
        blobs.extend(data)
        return [len(blobs) - len(data), len(data)]

    def tensor(value):
        value = np.asarray(value)
        if value.dtype == object or value.dtype.kind in "US":
            return {"dtype": T.STRING, "dims": list(value.shape), "strings": [str(v) for v in value.flatten()]}
        return {"dtype": h.np_dtype_to_tensor_dtype(value.dtype), "dims": list(value.shape), "data": blob(np.ascontiguousarray(value).tobytes())}

    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    for name, proto, feed in models():
        print(name, flush=True)
        session = ort.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
        outputs = session.run(None, feed)
        if any(isinstance(o, list) for o in outputs):
            outputs = []
        inputs = [tensor(feed[i.name]) for i in session.get_inputs()]
        out.append({"name": name, "model": blob(proto.SerializeToString(deterministic=True)), "rtol": 1e-3, "atol": 2e-2 if "_q" in name or name.endswith("_dynamic") else 1e-4,
                    "inputs": inputs, "outputs": [tensor(o) for o in outputs]})
    header = json.dumps({"onnx": onnx.__version__, "onnxruntime": ort.__version__, "cases": out}, separators=(",", ":")).encode()
    path = pathlib.Path(__file__).parent.parent / "test/vectors/onnx-corpus/models.bin.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as z:
        z.write(struct.pack("<I", len(header)) + header + bytes(blobs))
    print(len(out), "models,", path.stat().st_size, "bytes")


main()
