import json

import torch

from toolchain.training.profile import STEPS, WARM, part, profiled


def test_a_trace_and_a_table_say_where_the_time_of_a_step_went(tmp_path):
    big, small = torch.rand(300, 300), torch.rand(10, 10)
    with profiled(tmp_path / "run", torch.device("cpu")) as step_done:
        for _ in range(WARM + STEPS + 1):
            with part("forward"):
                for _ in range(4):
                    big @ big
            with part("optimizer"):
                small @ small
            step_done()
    lines = (tmp_path / "run" / "profile.md").read_text().splitlines()
    rows = {line.split(" | ")[0].strip("| "): line.strip("| ").split(" | ")[1:] for line in lines}
    assert list(rows)[2:4] == ["forward", "optimizer"]  # in a step's order
    assert float(rows["forward"][0]) > float(rows["optimizer"][0])
    assert rows["aten::mm"][1] == "5"  # calls a step: those of before are not counted
    trace = json.loads((tmp_path / "run" / "trace.json").read_text())
    named = [event for event in trace["traceEvents"] if event.get("name") == "forward"]
    assert len(named) == STEPS


def test_a_run_that_ends_while_it_is_looked_at_is_told_by_the_steps_there_were(tmp_path):
    few = torch.rand(10, 10)
    with profiled(tmp_path, torch.device("cpu")) as step_done:
        for _ in range(WARM + STEPS // 4):
            for _ in range(10):
                few @ few
            step_done()
    lines = (tmp_path / "profile.md").read_text().splitlines()
    assert [line.split(" | ")[2].strip("| ") for line in lines if "aten::mm" in line] == ["10"]


def test_a_run_too_short_to_be_looked_at_leaves_no_table_and_says_so(tmp_path, capsys):
    with profiled(tmp_path, torch.device("cpu")) as step_done:
        for _ in range(WARM // 2):
            step_done()
    assert not list(tmp_path.iterdir())
    assert "no profile" in capsys.readouterr().err
