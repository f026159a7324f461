import pytest

from benchmarks import learning


def reached(to, seconds, last):
    look = {"seconds": last, "numbers": 1_000, "accuracy": 0.5, "commit": "C"}
    here = {"threads": 2, "machine": "M", "commit": "C"}
    return {"to": to, "seconds": seconds, "looks": [look], **here}


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, "How long ours takes is not known"),
        ({"ours": reached(0.97, None, 60.0)}, "How long ours takes is not known"),
        ({"ours": reached(0.97, 60.0, 60.0)}, "How long the earlier recipe takes is not known"),
        (
            {"ours": reached(0.97, 60.0, 60.0), "earlier": reached(0.9, 300.0, 300.0)},
            "How long the earlier recipe takes is not known",
        ),
        (
            {"ours": reached(0.97, 60.0, 60.0), "earlier": reached(0.97, 300.0, 300.0)},
            "takes 5.0 times as long",
        ),
        (
            {"ours": reached(0.97, 60.0, 60.0), "earlier": reached(0.97, None, 250.0)},
            "is not there after 4.2 times as long",
        ),
    ],
)
def test_no_more_is_claimed_than_is_known(known, said):
    assert said in learning.said(known)


def test_the_page_tells_what_is_there():
    report = {"reached": {"earlier": {**reached(0.97, None, 250.0), "own": 0.75}}}
    row = "| earlier | 97% | not yet | 50.00% after 4 min | 75.00% | 1,000 | 2 threads of M, "
    assert row in learning.page(report)
    assert "rounds" not in learning.page(report)
