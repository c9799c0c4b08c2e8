"""A trained child network becomes one ONNX graph, node by node, with the numbers it was trained to.

Decision: the graph is built with `onnx.helper` out of the few operators that a child can have. Why: what is
in it is known and small, its bytes repeat, and no exporter's version changes it. Rejected: torch's exporter,
which needs example inputs and cannot see the sparse parts, which are compiled loops here.

Token and n-gram counts enter as padded rows: the numbers of the table rows that a text uses and their
weights, 0 where a text uses fewer than its neighbours.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from dvn.architecture.dropout import SeededDropout
from dvn.errors import TrainingError
from dvn.training.child import Child
from dvn.training.trained import TrainedClassifier

OPSET = 20
IR_VERSION = 10
MOST_BYTES = 2_000_000_000
"""A protocol buffer ends at 2 GB."""


class TooLargeGraphError(TrainingError):
    """The tables of a classifier do not fit into one ONNX file."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"The network holds {size / 1e9:.1f} GB and an ONNX file at most {MOST_BYTES / 1e9:.0f}; "
            "train an architecture without n-grams, or with fewer classes."
        )


@dataclass(slots=True)
class _Graph:
    """Nodes and constants so far; each has the name of its output."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    inputs: list[onnx.ValueInfoProto] = field(default_factory=list)

    def constant(self, array: np.ndarray) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        name = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def input(self, name: str, kind: int, *shape: str | int) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name


def build_graph(classifier: TrainedClassifier) -> bytes:
    """The bytes of an ONNX model from inputs to `probabilities` (texts x classes), at its temperature.

    Its inputs, those that the architecture has: `vectors` (texts x dim), what the frozen encoder says;
    `token_rows` and `token_weights` (texts x longest); `ngram_rows` and `ngram_weights` (texts x longest).

    Raises:
        TooLargeGraphError: It would not fit into a file.
    """
    graph, child = _Graph(), classifier.child
    logits = _deep(graph, classifier)
    if child.wide is not None:
        wide = _looked_up(graph, "ngram", child.wide.table)
        logits = wide if logits is None else graph.add("Add", logits, wide)
    assert logits is not None, "a child has a tower or n-grams"
    logits = graph.add("Add", logits, graph.constant(child.bias[None, :]))
    if classifier.temperature != 1.0:
        divisor = np.array(classifier.temperature, dtype=np.float32)
        logits = graph.add("Div", logits, graph.constant(divisor))
    graph.nodes.append(helper.make_node("Softmax", [logits], ["probabilities"], name="softmax", axis=1))
    size = sum(len(constant.raw_data) for constant in graph.constants)
    if size > MOST_BYTES:
        raise TooLargeGraphError(size)
    return _bytes(graph, len(classifier.labels))


def _bytes(graph: _Graph, classes: int) -> bytes:
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ("texts", classes))
    proto = helper.make_graph(graph.nodes, "classifier", graph.inputs, [output], graph.constants)
    model = helper.make_model(
        proto,
        producer_name="forethought",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _deep(graph: _Graph, classifier: TrainedClassifier) -> str | None:
    """The logits of the tower over encoder vectors and pooled token vectors, in this order."""
    pipeline, child = classifier.pipeline, classifier.child
    if child.tower is None:
        return None
    parts = []
    if pipeline.encoder is not None:
        vectors = graph.input("vectors", TensorProto.FLOAT, "texts", "dim")
        scale = graph.constant(np.array(pipeline.encoder.scale, dtype=np.float32))
        parts.append(graph.add("Mul", vectors, scale))
    if pipeline.table is not None:
        parts.append(_looked_up(graph, "token", _token_vectors(classifier)))
    inputs = parts[0] if len(parts) == 1 else graph.add("Concat", *parts, axis=1)
    return _tower(graph, child.tower, inputs)


def _token_vectors(classifier: TrainedClassifier) -> np.ndarray:
    """The table's rows in use: in half precision if nothing is lost, as for all that was saved."""
    child: Child = classifier.child
    assert classifier.pipeline.table is not None
    vectors = classifier.pipeline.table.vectors if child.table is None else child.table.table
    half = vectors.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), vectors) else vectors


def _looked_up(graph: _Graph, name: str, table: np.ndarray) -> str:
    """The weighted sum of the table rows that each text names."""
    rows = graph.input(f"{name}_rows", TensorProto.INT64, "texts", f"{name}s")
    weights = graph.input(f"{name}_weights", TensorProto.FLOAT, "texts", f"{name}s")
    found = graph.add("Gather", graph.constant(table), rows)
    if table.dtype == np.float16:
        found = graph.add("Cast", found, to=TensorProto.FLOAT)
    across = graph.add("Unsqueeze", weights, graph.constant(np.array([1], dtype=np.int64)))
    summed = graph.add("MatMul", across, found)
    return graph.add("Squeeze", summed, graph.constant(np.array([1], dtype=np.int64)))


def _tower(graph: _Graph, tower: nn.Sequential, inputs: str) -> str:
    for layer in tower:
        inputs = _layer(graph, layer, inputs)
    return inputs


_ACTIVATIONS: dict[type[nn.Module], str] = {nn.ReLU: "Relu", nn.Tanh: "Tanh", nn.GELU: "Gelu"}


def _layer(graph: _Graph, layer: nn.Module, inputs: str) -> str:
    if isinstance(layer, SeededDropout):
        return inputs  # It drops in training only.
    if isinstance(layer, nn.Linear):
        weight, bias = graph.constant(_numbers(layer.weight)), graph.constant(_numbers(layer.bias))
        return graph.add("Gemm", inputs, weight, bias, transB=1)
    if isinstance(layer, nn.LayerNorm):
        weight, bias = graph.constant(_numbers(layer.weight)), graph.constant(_numbers(layer.bias))
        return graph.add("LayerNormalization", inputs, weight, bias, axis=1, epsilon=layer.eps)
    if isinstance(layer, nn.BatchNorm1d):
        arrays = (layer.weight, layer.bias, layer.running_mean, layer.running_var)
        constants = [graph.constant(_numbers(array)) for array in arrays]
        return graph.add("BatchNormalization", inputs, *constants, epsilon=layer.eps)
    return graph.add(_ACTIVATIONS[type(layer)], inputs)


def _numbers(tensor: Any) -> np.ndarray:
    array: np.ndarray = tensor.detach().numpy()
    return array
