"""What operators make that move values: as large as the runtime makes it."""

import numpy as np
import pytest
from onnx import helper, numpy_helper

from tests.toolchain.reading.operators import by_rule_and_runtime
from toolchain.reading.graphfile import Unbounded, shapes_of
from toolchain.reading.graphforms import FORMS
from toolchain.reading.graphsums import SUMS

CASES = [
    ("Relu", [(2, 3)], [], {}),
    ("Add", [(2, 1, 4), (3, 1)], [], {}),
    ("Expand", [(3, 1)], [[2, 1, 4]], {}),
    ("Reshape", [(2, 3, 4)], [[0, -1]], {}),
    ("Flatten", [(2, 3, 4)], [], {"axis": 2}),
    ("Squeeze", [(1, 3, 1)], [[-1]], {}),
    ("Squeeze", [(1, 3, 1)], [], {}),
    ("Unsqueeze", [(3, 4)], [[0, -1]], {}),
    ("Transpose", [(2, 3, 4)], [], {}),
    ("Transpose", [(2, 3, 4)], [], {"perm": [1, 0, 2]}),
    ("Concat", [(2, 3), (2, 5)], [], {"axis": -1}),
    ("Gather", [(4, 5)], [np.zeros((2, 2), np.int64)], {"axis": 1}),
    ("GatherElements", [(4, 5)], [np.zeros((2, 5), np.int64)], {}),
    ("Slice", [(9, 5)], [[7, 1], [-100, 4], [0, 1], [-2, 1]], {}),
    ("Slice", [(9, 5)], [[2], [1000]], {}),
    ("Pad", [(2, 3)], [[0, 1, 2, 3]], {}),
    ("Tile", [(2, 3)], [[2, 4]], {}),
    ("Shape", [(2, 3, 4)], [], {"start": 1}),
    ("ConstantOfShape", [], [[2, 3]], {}),
]


@pytest.mark.parametrize(("operator", "given", "stored", "attributes"), CASES)
def test_a_shape_is_the_runtimes(operator, given, stored, attributes):
    by_rule, ran, _ = by_rule_and_runtime(operator, given, stored, **attributes)
    assert by_rule == ran


@pytest.mark.parametrize("sizes", [[[2, 6]], []])
def test_parts_are_the_runtimes(sizes):
    by_rule, ran, _ = by_rule_and_runtime("Split", [(2, 8)], sizes, made=2, axis=1)
    assert by_rule == ran


@pytest.mark.parametrize(
    ("operator", "given", "stored", "attributes"),
    [
        ("Add", [(2, 3), (2, 4)], [], {}),
        ("Reshape", [(2, 3)], [[4, 2]], {}),
        ("Squeeze", [(2, 3)], [[0]], {}),
        ("Transpose", [(2, 3)], [], {"perm": [0, 0]}),
        ("Concat", [(2, 3), (3, 3)], [], {"axis": 1}),
        ("Flatten", [], [], {}),
        ("Gather", [(2, 3)], [[0]], {"axis": 5}),
        ("Pad", [(2, 3)], [[1, 1]], {}),
        ("Constant", [], [], {"value_float": 1.0}),
    ],
)
def test_what_does_not_fit_is_refused(operator, given, stored, attributes):
    with pytest.raises(Unbounded, match="cannot be told"):
        by_rule_and_runtime(operator, given, stored, **attributes)


def test_numbers_that_are_too_many_for_a_shape_are_not_kept():
    some = numpy_helper.from_array(np.ones(60, np.int64), "some")
    nodes = [
        helper.make_node("Concat", ["some", "some"], ["more"], axis=0),
        helper.make_node("Concat", ["some", "one"], ["as_many"], axis=0),
    ]
    one = numpy_helper.from_array(np.ones(4, np.int64), "one")
    graph = helper.make_graph(nodes, "long", [], [], [some, one])
    found = shapes_of(helper.make_model(graph, ir_version=9).graph, 1)
    assert found.of["more"] == (120,)
    assert "more" not in found.whole
    assert len(found.whole["as_many"]) == 64


def test_each_operator_has_one_rule():
    assert not FORMS.keys() & SUMS.keys()
