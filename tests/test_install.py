"""The wheel in a fresh environment that holds what reading needs and no more.

Nothing of the checkout is within reach there, nor PyTorch, nor the onnx package.
"""

import itertools
import json
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import ImageOps

from tests.toolchain.reading.test_recognizer import page_of
from toolchain.shipping import licences
from toolchain.storage import sha256

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow

MODEL = ROOT / "exports" / "lightweight" / "lightweight.int8.onnx"


def run(*command, cwd):
    """A command to its end, without the paths and settings of this process."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["XDG_CACHE_HOME"] = str(cwd / "cache")
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def pip(*arguments, python=sys.executable, cwd):
    done = run(python, "-m", "pip", "--disable-pip-version-check", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory):
    """The folder of programs of an environment with the wheel installed."""
    folder = tmp_path_factory.mktemp("fresh") / "environment"
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    tested = ("--constraint", ROOT / "constraints.txt")
    pip("install", "--quiet", *tested, wheel, python=programs / "python", cwd=folder)
    return programs


@pytest.fixture
def picture(tmp_path):
    ImageOps.invert(page_of(("407", 40, 40, 90))).save(tmp_path / "number.png")
    return tmp_path / "number.png"


def test_the_wheel_is_small_and_carries_one_released_model(wheel, tmp_path):
    assert wheel.stat().st_size <= 5e6
    with zipfile.ZipFile(wheel) as archive:
        models = [name for name in archive.namelist() if name.endswith((".onnx", ".safetensors"))]
        assert models == ["toolchain/reading/models/lightweight.int8.onnx"]
        archive.extract(models[0], tmp_path)
    assert sha256(tmp_path / models[0]) == sha256(MODEL)
    assert MODEL.stat().st_size <= 3e6


def test_all_that_the_wheel_encloses_is_in_its_list_of_licences(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        (told,) = [name for name in archive.namelist() if name.endswith("/THIRD_PARTY.md")]
        assert archive.read(told).decode() == licences.text()
    files = licences.wheel_files()
    assert set(names) <= files.keys()
    assert licences.listed("it", {name: files[name] for name in names}, licences.WHEEL)


def test_the_versions_tested_are_among_those_allowed():
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = {canonicalize_name(line.partition("==")[0]): line.partition("==")[2] for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    # Other runtimes are compared in an environment of their own, each at its newest.
    extras = {k: v for k, v in project["optional-dependencies"].items() if k != "runtimes"}
    for text in itertools.chain(project["dependencies"], *extras.values()):
        needed = Requirement(text)
        if needed.name != project["name"]:
            assert needed.specifier.contains(pins[canonicalize_name(needed.name)]), text


def test_nothing_of_training_is_installed(programs, tmp_path):
    code = "import importlib.util as u, sys; print(*[n for n in sys.argv[1:] if u.find_spec(n)])"
    heavy = ("torch", "torchvision", "onnx", "matplotlib", "tensorboard", "skimage", "optuna")
    done = run(programs / "python", "-c", code, *heavy, "onnxruntime", cwd=tmp_path)
    assert done.stdout.split() == ["onnxruntime"]


def test_predict_reads_a_picture(programs, picture):
    done = run(programs / "nrtool", "predict", picture.name, "--json", cwd=picture.parent)
    assert done.returncode == 0, done.stderr
    assert [entry["number"] for entry in json.loads(done.stdout)] == ["407"]


def test_a_program_reads_a_picture_without_naming_a_model(programs, picture):
    code = """if True:
        from pathlib import Path
        from toolchain.reading import Recognizer
        recognizer = Recognizer.load()
        print(recognizer.variant, recognizer.read(Path("number.png")).number)
    """
    done = run(programs / "python", "-c", code, cwd=picture.parent)
    assert done.stdout.split() == ["lightweight", "407"], done.stderr
    # ONNX Runtime has left no identifier of the device.
    assert list(picture.parent.iterdir()) == [picture]


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        *(((name,), "train") for name in ("train", "export", "parity", "bench", "models")),
        *(((name,), "train") for name in ("evaluate", "golden", "report", "board", "config")),
        (("inspect", MODEL), "train"),
        (("generate", "--count", 2), "train"),
        (("tune",), "tune"),
        (("draw",), "draw"),
    ],
)
def test_a_command_says_which_extra_it_needs(programs, tmp_path, command, extra):
    done = run(programs / "nrtool", *command, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.endswith(f"pip install 'nrtool[{extra}]'")
    assert not list(tmp_path.iterdir())


def test_a_variant_that_did_not_come_along_is_not_replaced(programs, picture):
    for wrong in (("--variant", "base"), ("--exports", "nowhere")):
        done = run(programs / "nrtool", "predict", picture.name, *wrong, cwd=picture.parent)
        assert (done.returncode, done.stdout) == (2, "")
        assert "is missing or empty" in done.stderr


def test_a_hostile_model_is_refused_there_too(programs, picture):
    graph = onnx.load(MODEL)
    graph.graph.initializer.append(numpy_helper.from_array(np.array([1 << 40], np.int64), "vast"))
    graph.graph.node.append(helper.make_node("ConstantOfShape", ["vast"], ["filled"]))
    onnx.save(graph, picture.parent / "hostile.onnx")
    done = run(
        *(programs / "nrtool", "predict", picture.name, "--model", "hostile.onnx"),
        cwd=picture.parent,
    )
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "ConstantOfShape makes 1,099,511,627,776" in line


def test_the_doctor_finds_reading_well_and_training_missing(programs, tmp_path):
    done = run(programs / "nrtool", "doctor", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    found = {(each["part"], each["name"]): each for each in said["findings"]}
    assert said["reads"]
    assert found["extras", "train"]["mend"] == "pip install 'nrtool[train]'"
    assert "torch" in found["extras", "train"]["told"]
