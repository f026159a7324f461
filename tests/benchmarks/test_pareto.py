import re

import pytest

from benchmarks import pareto

ROWS = {
    "optimized": pareto.Row(2_447_339, None, 33, None, 2_506_140, 1.5, 1.0, 98.5),
    "nano": pareto.Row(93_907, 4_242_688, 32, None, 115_078, 0.1, 15.0, 97.0),
    "40 wide": pareto.Row(46_979, 2_123_520, 32, 203_328, 67_000, 0.08, 18.0, 60.0),
    "never trained": pareto.Row(46_979, 2_123_520, 32, 203_328, 67_000, 0.08, 18.0, None),
}


@pytest.mark.parametrize("chart", [pareto.chart_of_time, pareto.chart_of_size])
def test_a_chart_shows_what_was_read_and_stands_alone(chart):
    drawn = chart(ROWS)
    assert drawn.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "<title>nano: 97.00 %" in drawn
    assert "<title>40 wide: 60.00 %" in drawn
    assert "never trained" not in drawn
    published = len(re.findall("<title>earlier", drawn))
    assert published == (len(pareto.PUBLISHED) if chart is pareto.chart_of_size else 0)


def test_the_table_says_where_nothing_was_measured():
    lines = pareto.table(ROWS).markdown().splitlines()
    told = {line.split(" | ")[0].strip("| "): line for line in lines}
    assert told["nano"].endswith("| 97.00 % |")
    assert told["never trained"].endswith("| - |")
    assert "4.24 M" in told["nano"]
    assert "2.5 MB" in told["earlier optimized"]
