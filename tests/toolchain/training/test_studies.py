"""One study, many processes: who does which trial, and what becomes of those that die."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import warnings
from urllib.parse import quote

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState

from generator.errors import BadInput
from tests import postgresql
from tests.toolchain.test_cli import call, refused
from tests.toolchain.training.test_tune import DYING
from toolchain import extras
from toolchain.training import loop, studies
from toolchain.training.studies import alive, begun, looked_at, opened, place_of, take_up

SPACE = {"rate": FloatDistribution(1e-4, 1.0, log=True), "batch": CategoricalDistribution((1, 2))}
FACTS = {"variant": "compact", "seed": 3}


@pytest.fixture
def sqlite(tmp_path):
    return place_of(tmp_path / "study", f"sqlite:///{tmp_path / 'shared.db'}")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    with postgresql.server() as (host, port):
        yield f"postgresql://postgres:secret@{host}:{port}/postgres"


def work(place, count):
    """So many trials, each of a moment."""
    study = opened(place, FACTS)
    for _ in range(count):
        take_up(study, place, SPACE)
        trial = begun(study, SPACE, 3)
        with alive(study, trial, place):
            trial.report(1.0, 1)
        study.tell(trial, trial.params["rate"])


def at_once(place):
    """Three processes on a study that is not there yet."""
    # Forked from a process with threads, they could wait for ever.
    spawn = multiprocessing.get_context("spawn")
    started = [spawn.Process(target=work, args=(place, 4)) for _ in range(3)]
    for process in started:
        process.start()
    for process in started:
        process.join()
    assert [process.exitcode for process in started] == [0, 0, 0]
    trials = looked_at(place).get_trials()
    assert [trial.number for trial in trials] == list(range(12))
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert len({trial.params["rate"] for trial in trials}) == 12


def test_processes_on_one_file_do_different_trials(sqlite):
    at_once(sqlite)


@pytest.mark.slow
def test_processes_on_one_server_do_different_trials(postgres, tmp_path):
    at_once(place_of(tmp_path / "at-once", postgres))


def test_the_trial_of_a_process_that_fell_silent_is_done_again(sqlite, monkeypatch):
    mine, theirs = opened(sqlite, FACTS), opened(sqlite, FACTS)
    lost = begun(theirs, SPACE, 3)
    theirs._storage.record_heartbeat(lost._trial_id)
    take_up(mine, sqlite, SPACE)
    other = begun(mine, SPACE, 3)
    assert (other.number, other.params["rate"] != lost.params["rate"]) == (1, True)
    mine.tell(other, 1.0)

    monkeypatch.setattr(studies, "GRACE", 1)
    time.sleep(3)  # it has been silent for too long
    mine = opened(sqlite, FACTS)
    take_up(mine, sqlite, SPACE)
    take_up(theirs, sqlite, SPACE)
    again = begun(mine, SPACE, 3)
    assert again.params == lost.params
    mine.tell(again, 2.0)
    following = begun(mine, SPACE, 3)
    assert following.params["rate"] not in (lost.params["rate"], other.params["rate"])

    # It was asleep, and tells after all: the trial was given up, and its result is not counted.
    with alive(theirs, lost, sqlite):
        lost.report(1.0, 1)
        raise AssertionError("a trial that was given up goes on")
    theirs.tell(lost, 1.0, skip_if_finished=True)
    states = [trial.state.name for trial in looked_at(sqlite).get_trials()]
    assert states == ["FAIL", "COMPLETE", "COMPLETE", "RUNNING"]


def test_two_that_find_the_same_lost_trial_do_it_once(sqlite):
    study = opened(sqlite, FACTS)
    lost = begun(study, SPACE, 3)
    study.tell(lost, state=TrialState.FAIL)
    for _ in range(2):
        study.enqueue_trial(lost.params, user_attrs={studies.REPEATS: 0})
    again = begun(study, SPACE, 3)
    assert again.params == lost.params
    assert begun(study, SPACE, 3) is None
    study.tell(again, 1.0)
    take_up(study, sqlite, SPACE)
    assert begun(study, SPACE, 3).params != lost.params


def test_a_trial_cut_off_as_its_values_were_drawn_draws_the_same(sqlite):
    study = opened(sqlite, FACTS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trial = study.ask()
    study.sampler = optuna.samplers.TPESampler(seed=3)
    trial.suggest_float("rate", 1e-4, 1.0, log=True)
    study.tell(trial, state=TrialState.FAIL)
    take_up(study, sqlite, SPACE)
    again = begun(study, SPACE, 3)
    assert again.params["rate"] == trial.params["rate"]
    assert again.params.keys() == SPACE.keys()


def test_a_process_that_is_stopped_gives_its_trial_up_at_once(sqlite):
    study = opened(sqlite, FACTS)
    trial = begun(study, SPACE, 3)
    with pytest.raises(loop.Stopped), alive(study, trial, sqlite):
        raise loop.Stopped
    take_up(study, sqlite, SPACE)
    assert begun(study, SPACE, 3).params == trial.params


def test_another_study_of_that_name_is_refused(sqlite):
    opened(sqlite, FACTS)
    opened(sqlite, FACTS)
    with pytest.raises(BadInput, match=r"study 'study' of sqlite:.*with another seed"):
        opened(sqlite, {**FACTS, "seed": 4})


@pytest.mark.parametrize(
    "url",
    [
        "secret",
        "://secret",
        "oracle-of-delphi://me:secret@host/name",
        "postgresql://me:secret@host:port/name",
        "postgresql://me:secret@127.0.0.1:1/name",
        "postgresql://127.0.0.1:1/name?password=secret",
        "postgresql://127.0.0.1:1/name?secret=secret",
        "mysql://me:secret@127.0.0.1:1/name",
        "mysql://127.0.0.1:1/name?secret=secret",
        "sqlite://",
        "sqlite:////no/such/folder/secret",
    ],
)
def test_a_wrong_url_is_one_line_without_its_password(url, strokes_folder, tmp_path, capsys):
    digits = ("--custom", strokes_folder, "--custom-share", 1)
    said = refused(capsys, "tune", *digits, "--study", tmp_path / "a", "--storage", url)
    assert "--storage" in said
    assert "secret" not in said.replace("/no/such/folder/secret", "")


def test_a_folder_that_keeps_a_study_is_not_for_another(tmp_path):
    (tmp_path / studies.FILE).touch()
    with pytest.raises(BadInput, match="name another --study"):
        place_of(tmp_path, "sqlite:///shared.db")


def test_without_a_driver_it_says_how_to_install_it(monkeypatch, tmp_path, capsys):
    if "databases" not in extras.extras():
        pytest.skip("nrtool was installed before it had this extra")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    said = refused(capsys, "tune", "--study", tmp_path, "--storage", "postgresql://host/name")
    assert "pip install 'nrtool[databases]'" in said


def shared(study, url, digits):
    length = ("--epochs", 1, "--numbers", 64, "--trials", 3, "--device", "cpu")
    where = ("--variant", "compact", "--study", study, "--storage", url)
    return [str(word) for word in ("tune", *where, *digits, *length)]


@pytest.mark.slow
def test_a_server_keeps_what_a_killed_process_did(
    postgres, strokes_folder, tmp_path, capsys, monkeypatch
):
    digits = ("--custom", strokes_folder, "--custom-share", 1)
    killed = subprocess.run(
        [sys.executable, "-c", DYING, *shared(tmp_path / "here/shared", postgres, digits)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert "trial   0  complete" in killed.stderr

    # Another machine: its own folder, the same name.
    monkeypatch.setattr(loop, "VALIDATION_NUMBERS", 32)
    monkeypatch.setattr(studies, "GRACE", 1)
    time.sleep(2)
    there = shared(tmp_path / "there/shared", postgres, digits)
    assert call(*there, "--json") == 0
    said = capsys.readouterr()
    assert "secret" not in killed.stdout + killed.stderr + said.out + said.err
    found = json.loads(said.out)
    states = [each["state"] for each in found["trials"]]
    assert states == ["complete", "fail", "complete", "complete"]
    cut, again = (found["trials"][number] for number in (1, 2))
    assert (cut["learning_rate"], cut["batch"]) == (again["learning_rate"], again["batch"])
    files = {path.name for path in (tmp_path / "there/shared").iterdir()}
    assert files == {"best.toml", "history.png", "trials"}

    assert "with another seed" in refused(capsys, *there, "--seed", 1)
    wrong = postgres.replace("secret", quote("pass/word"))
    said = refused(capsys, *shared(tmp_path / "there/shared", wrong, digits))
    assert "password authentication failed" in said
    assert "word@" not in said
