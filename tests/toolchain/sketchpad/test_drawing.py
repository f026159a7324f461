import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import BadInput
from tests.toolchain.sketchpad.conftest import drawing
from toolchain.sketchpad.drawing import (
    MOST_POINTS,
    MOST_STROKES,
    parse_drawing,
    parse_id,
    parse_writer,
)

DOT = {"points": [[1, 2, 0]], "pointer": "pen"}


def test_a_drawing_is_taken_as_it_is():
    found = parse_drawing(drawing("45", writer=" Zoe\u0308 "))
    assert (found.number, found.writer, len(found.strokes)) == ("45", "Zoë", 4)
    assert found.strokes[0].points.shape == (3, 2)
    assert found.strokes[0].times == (0, 10, 20)
    assert found.strokes[0].pointer == "touch"


def with_points(*points):
    return {"strokes": [{"points": list(points), "pointer": "pen"}]}


@pytest.mark.parametrize(("change", "what"), [
    ({"id": "../../etc/passwd"}, "id"),
    ({"id": "0" * 31}, "id"),
    ({"id": 7}, "id"),
    ({"number": "123456"}, "number"),
    ({"number": ""}, "number"),
    ({"number": "1\n"}, "number"),
    ({"number": "٣"}, "number"),
    ({"number": 12}, "number"),
    ({"writer": "../x"}, "writer"),
    ({"writer": "a\x00b"}, "writer"),
    ({"writer": " "}, "writer"),
    ({"writer": "x" * 25}, "writer"),
    ({"writer": ["mia"]}, "writer"),
    ({"strokes": []}, "strokes"),
    ({"strokes": {}}, "strokes"),
    ({"strokes": [7]}, "points"),
    ({"strokes": [DOT] * (MOST_STROKES + 1)}, "strokes"),
    ({"strokes": [{**DOT, "pointer": "nose"}]}, "pointer"),
    ({"strokes": [{**DOT, "pointer": ["pen"]}]}, "pointer"),
    (with_points(), "points"),
    (with_points([1, 2]), "x, y, ms"),
    (with_points([1, 2, True]), "x, y, ms"),
    (with_points([1, "2", 3]), "x, y, ms"),
    (with_points([math.nan, 2, 3]), "x, y, ms"),
    (with_points([math.inf, 2, 3]), "x, y, ms"),
    (with_points([10**400, 2, 3]), "x, y, ms"),
    (with_points([1e6, 2, 3]), "beyond"),
    (with_points([1, 2, -1]), "beyond"),
    (with_points(*[[1, 2, 3]] * (MOST_POINTS + 1)), "points"),
    ({"strokes": [{"points": [[1, 2, 3]] * MOST_POINTS, "pointer": "pen"}] * 2}, "points"),
])  # fmt: skip
def test_what_is_wrong_is_named(change, what):
    with pytest.raises(BadInput, match=what):
        parse_drawing({**drawing(), **change})


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(json_like, st.sampled_from(["id", "number", "writer", "strokes", None]))
def test_anything_else_is_refused_and_never_raises_otherwise(anything, key):
    content = anything if key is None else {**drawing(), key: anything}
    try:
        parse_drawing(content)
    except BadInput:
        return
    assert key in ("writer", "number", "id")


@given(st.text())
def test_names_and_ids_hold_no_path(text):
    for parse in (parse_writer, parse_id):
        try:
            found = parse(text)
        except BadInput:
            continue
        assert not set("/\\\0\n") & set(found)
