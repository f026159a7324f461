"""Where Optuna keeps a study, and who works on it: one process in a folder, or many by a database.

A trial that was cut off is done again with the same values: at once where only one process works on
the study; in a shared database when its process has given no sign of life for `GRACE` seconds.
"""

import contextlib
import json
import shutil
import threading
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

from generator.errors import BadInput

NAME = "nrtool"  # of the study that a folder keeps
FILE = "study.db"  # where
REPEATS = "repeats"  # of a trial that is done again: which of the study's it is
DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
HEARTBEAT, GRACE = 30, 180  # seconds between signs of life, and without one until a trial is lost
PATIENCE = 15  # seconds for a server to answer, or for who is writing into a file
_MEND = "write postgresql://USER@HOST/NAME, mysql://USER@HOST/NAME or sqlite:///FILE"

optuna.logging.set_verbosity(optuna.logging.WARNING)


@dataclass(frozen=True)
class Place:
    """Where a study is kept.

    Attributes:
        folder: of its curves, plots and best.toml, and of the study itself where there is no url.
        url: of the database that many processes share, in which the study has the folder's name.
    """

    folder: Path
    url: URL | None = None

    @property
    def name(self) -> str:
        """The study's, within its storage."""
        return NAME if self.url is None else self.folder.resolve().name

    def __str__(self) -> str:
        """As users know it; never with a password."""
        if self.url is None:
            return str(self.folder / FILE)
        return self.url.set(query={}).render_as_string(hide_password=True)


def place_of(folder: Path, storage: str | None = None) -> Place:
    """Where `--study` and `--storage` say.

    Raises:
        BadInput: the storage is no URL of a database, or the folder keeps a study of its own.
        ModuleNotFoundError: the driver of such a database is missing.
    """
    if storage is None:
        return Place(folder)
    if (folder / FILE).exists():
        raise BadInput(f"{folder} keeps a study of its own: name another --study for --storage")
    try:
        url = make_url(storage)
        url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
        url.get_dialect().import_dbapi()
    except ModuleNotFoundError:
        raise
    except (SQLAlchemyError, ImportError, ValueError, TypeError):
        # Without what was given: there may be a password in it.
        raise BadInput(f"--storage is no database that is known here: {_MEND}") from None
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise BadInput(f"--storage names no file to keep the study in: {_MEND}")
    return Place(folder, url)


@contextlib.contextmanager
def storing(place: Place) -> Iterator[None]:
    """What the storage refuses becomes one line: an error of the disk, or of the database's."""
    try:
        yield
    except (StorageInternalError, SQLAlchemyError) as error:
        kind = type(error.__cause__ or error).__name__
        if place.url is None:
            raise OSError(f"{place} cannot be read or written ({kind})") from error
        raise BadInput(
            f"{place} cannot be reached, read or written ({_reason(error, place.url)}): "
            "check --storage, that its server runs, and what its user may do"
        ) from error


def _reason(error: BaseException, url: URL) -> str:
    """What a database said, in one line, unless there is a secret in it."""
    told: BaseException = error
    while not isinstance(told, SQLAlchemyError) and told.__cause__ is not None:
        told = told.__cause__
    line = str(getattr(told, "orig", None) or told).strip().partition("\n")[0]
    secrets = [url.password, *map(str, url.query.values())]
    is_safe = not any(secret and str(secret) in line for secret in secrets)
    return line if is_safe and line else type(told).__name__


def opened(place: Place, facts: Mapping[str, Any]) -> optuna.Study:
    """The study, new or gone on with.

    Args:
        place: where.
        facts: what is tuned, kept with the study.

    Raises:
        BadInput: it tunes something else; the message names what differs.
    """
    study = optuna.create_study(
        storage=_storage(place),
        study_name=place.name,
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
    )
    given = json.loads(json.dumps(facts))
    for key, value in given.items():
        if key not in study.user_attrs:
            study.set_user_attr(key, value)
    # As they are now: another process may have begun the same study in this moment.
    for key, value in given.items():
        if study.user_attrs[key] != value:
            where = place.folder if place.url is None else f"study {place.name!r} of {place}"
            raise BadInput(f"{where} tunes with another {key}: give the same, or a new --study")
    return study


def looked_at(place: Place) -> optuna.Study:
    """The study as it stands."""
    with storing(place):
        return optuna.load_study(storage=_storage(place), study_name=place.name)


def _storage(place: Place) -> str | RDBStorage:
    if place.url is None:
        return f"sqlite:///{place.folder / FILE}"
    kind = place.url.get_backend_name()
    wait = {"timeout" if kind == "sqlite" else "connect_timeout": PATIENCE}
    # Of a database that knows no encoding, psycopg gives bytes where Optuna wants words.
    words = {"client_encoding": "utf8"} if kind == "postgresql" else {}
    options = {"connect_args": {**wait, **words}, "pool_pre_ping": kind != "sqlite"}
    for turn in range(5):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Optuna calls heartbeats experimental
                return RDBStorage(
                    place.url.render_as_string(hide_password=False),
                    engine_kwargs=options,
                    heartbeat_interval=HEARTBEAT,
                    grace_period=GRACE,
                )
        except (SQLAlchemyError, StorageInternalError) as error:
            # Another process makes the tables in the same moment.
            made = isinstance(error, (IntegrityError, ProgrammingError, StorageInternalError))
            if turn == 4 or not (made or "already exists" in str(error)):
                raise
            threading.Event().wait(1)
        except (RuntimeError, TypeError, ValueError) as error:
            said = _reason(error, place.url)
            raise BadInput(f"{place} cannot be used ({said}): check --storage") from None
    raise AssertionError("the last turn returns or raises")


def take_up(study: optuna.Study, place: Place, space: Mapping[str, Any]) -> None:
    """See which trials were cut off, and put them in the queue once more.

    What is found is a function of the study alone, so that nothing is forgotten whenever a process
    that does this is killed, nor done twice where two do it at once: see `begun`.
    """
    if place.url is None:
        # Nobody else works on it, so what is marked as running was cut off.
        for trial in study.get_trials(False, (TrialState.RUNNING, TrialState.FAIL)):
            study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
            shutil.rmtree(run_of(place, trial.number), ignore_errors=True)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            optuna.storages.fail_stale_trials(study)
    numbered = _numbered(study.get_trials(False))
    held = {which for which, each in numbered if each.state != TrialState.FAIL}
    by_values = sorted(numbered, key=lambda pair: len(pair[1].params))
    cut = {which: each.params for which, each in by_values if which not in held}
    for which, values in sorted(cut.items()):
        # Where it was cut off as its values were drawn they are drawn again, all of them.
        whole = values if values.keys() == space.keys() else {}
        study.enqueue_trial(whole, user_attrs={REPEATS: which})


def begun(study: optuna.Study, space: Mapping[str, Any], seed: int) -> optuna.Trial | None:
    """The next trial with all its values, of its number and the trials before it alone.

    None where two processes had put the same trial in the queue and the other one does it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # heartbeats are meant for Optuna's own loop
        trial = study.ask()
    numbered = _numbered(study.get_trials(False))
    which = next(place for place, each in numbered if each.number == trial.number)
    same = [
        each.number
        for place, each in numbered
        if place == which and each.state not in (TrialState.FAIL, TrialState.WAITING)
    ]
    if min(same) != trial.number:
        study.tell(trial, state=TrialState.FAIL)
        return None
    study.sampler = optuna.samplers.TPESampler(seed=seed + which)
    for name, distribution in space.items():
        if isinstance(distribution, optuna.distributions.CategoricalDistribution):
            trial.suggest_categorical(name, distribution.choices)
        else:
            trial.suggest_float(name, distribution.low, distribution.high, log=distribution.log)
    return trial


def _numbered(trials: list[FrozenTrial]) -> list[tuple[int, FrozenTrial]]:
    """Each trial with which of the study's it is, from 0: done again it is the same one."""
    found, repeats = [], 0
    for trial in sorted(trials, key=lambda each: each.number):
        if REPEATS in trial.user_attrs:
            repeats += 1
            found.append((int(trial.user_attrs[REPEATS]), trial))
        else:
            found.append((trial.number - repeats, trial))
    return found


@contextlib.contextmanager
def alive(study: optuna.Study, trial: optuna.Trial, place: Place) -> Iterator[None]:
    """Signs of life of a trial in a shared database, for as long as the block lasts.

    Left by an error or a signal, the trial is marked as cut off, and may be taken up at once.
    """
    stop = threading.Event()

    def beat() -> None:
        while not stop.is_set():
            with contextlib.suppress(StorageInternalError, SQLAlchemyError):  # it may come back
                study._storage.record_heartbeat(trial._trial_id)
            stop.wait(HEARTBEAT)

    beating = threading.Thread(target=beat, daemon=True)
    if place.url is not None:
        beating.start()
    try:
        # Another process may have given it up, such as while this machine slept.
        with contextlib.suppress(UpdateFinishedTrialError):
            yield
    except BaseException:
        with contextlib.suppress(StorageInternalError, SQLAlchemyError):
            study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)
        raise
    finally:
        stop.set()
        if place.url is not None:
            beating.join()


def run_of(place: Place, number: int) -> Path:
    """The folder of a trial's curves."""
    return place.folder / "trials" / f"{number:04d}"
