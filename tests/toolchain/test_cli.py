"""The commands as a user types them, each in a process of its own or in this one."""

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import onnx
import pytest
import typer
from PIL import Image

from generator import fontsource
from generator.splits import in_validation, writer_key
from tests.conftest import stroke_line
from toolchain import console
from toolchain.cli import app
from toolchain.data import checkpoint
from toolchain.data.sources import TEST_DIGITS
from toolchain.reading.pen import draw_ink
from toolchain.shipping import export
from toolchain.training import averaging, loop

# A real run that is stopped as by Ctrl-C, after its first epoch.
STOPPED = """
import os, signal
from toolchain.cli import main
from toolchain.training import loop, run
loop.VALIDATION_NUMBERS = 32
train = run.train

def stopped(*arguments, on_epoch, **options):
    def epoch(row):
        on_epoch(row)
        os.kill(os.getpid(), signal.SIGINT)
    return train(*arguments, on_epoch=epoch, **options)

run.train = stopped
main()
"""


def nrtool(*arguments, cwd, **environment):
    """Run the real command; returns exit code, stdout and stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "toolchain.cli", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
    )
    return done.returncode, done.stdout, done.stderr


def call(*arguments):
    """Run a command in this process, which is quicker; returns the exit code."""
    try:
        return console.guarded(lambda: app(list(map(str, arguments)), prog_name="nrtool"))
    except SystemExit as ended:
        return ended.code


def refused(capsys, *arguments):
    """The one line that a refused command says."""
    assert call(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    lines = [line for line in said.err.splitlines() if line.startswith("nrtool:")]
    assert len(lines) == 1
    assert "Traceback" not in said.err
    return lines[0]


@pytest.fixture(scope="module")
def release(tmp_path_factory, weights, float32):
    """A folder with an untrained release, so that commands have something to work on."""
    folder = tmp_path_factory.mktemp("release")
    lightweight = folder / "exports" / "lightweight"
    lightweight.mkdir(parents=True)
    (lightweight / "lightweight.safetensors").write_bytes(weights.read_bytes())
    for form in ("onnx", "int8.onnx"):
        (lightweight / f"lightweight.{form}").write_bytes(float32.read_bytes())
    return folder


@pytest.mark.slow
def test_the_whole_path_from_train_to_predict(tmp_path, monkeypatch, capsys):
    """Tiny, and untrained in effect: this is about the parts fitting together."""
    few = ("--variant", "lightweight")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loop, "VALIDATION_NUMBERS", 32)

    def done(*arguments):
        assert call(*arguments, "--json") == 0
        return json.loads(capsys.readouterr().out)

    trained = done("train", *few, "--epochs", 1, "--numbers", 256, "--batch", 32)
    assert trained["epochs"][0]["numbers"] == 256

    code, out, err = nrtool(
        *("export", *few, "--json", "--count", 250, "--bound", 100, "--quantize", "mixed"),
        "--no-emulation",
        cwd=tmp_path,
    )
    assert code == 0, err
    files = json.loads(out)["files"]
    folder = tmp_path / "exports" / "lightweight"
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "export.json",
        "golden.json",
        "lightweight.int8.onnx",
        "lightweight.int8.ort",
        "lightweight.int8.required_operators.config",
        "lightweight.onnx",
        "lightweight.safetensors",
        "parity.json",
    ]
    assert all((tmp_path / name).stat().st_size == size for name, size in files.items())

    [section] = done("parity", *few, "--count", 250, "--bound", 100)["sections"]
    assert section["count"] == 250
    assert section["differences"][0]["mismatches"] == 0

    forms = done("bench", *few, "--runs", 20, "--save")["forms"]
    assert [form["name"] for form in forms] == ["float32", "int8"]
    for form in forms:
        assert form["peak_memory_mib"] > 0
        assert form["cold_ms"] > form["load_ms"] > 0
        assert (form["latency"][0]["threads"], form["latency"][0]["batch"]) == (1, 1)
        assert sum(each["share"] for each in form["operators"]) == pytest.approx(1)

    assert call("golden", *few, "--check") == 0
    capsys.readouterr()
    page = (tmp_path / done("report", *few)["html"]).read_text()
    assert "Every one of these held" in page
    assert 'src="http' not in page

    assert call("generate", "--count", 3, "--format", "png", "--out", "made") == 0
    capsys.readouterr()
    pictures = sorted((tmp_path / "made" / "strips").iterdir())
    code, out, err = nrtool("predict", *few, *pictures, "--json", cwd=tmp_path)
    assert code == 0, err
    assert [entry["image"] for entry in json.loads(out)] == [str(path) for path in pictures]

    card = (folder / "README.md").read_text()
    assert "250 numbers from MNIST test digits" in card
    assert "Y. LeCun" in card
    listed = {entry["variant"]: entry for entry in done("models")}
    assert listed["lightweight"]["runs"] == ["runs/lightweight"]
    assert listed["base"]["sizes"] == {"float32": None, "int8": None}


@pytest.mark.slow
def test_ctrl_c_leaves_a_checkpoint_that_resumes(tmp_path, monkeypatch, capsys):
    command = ["train", "--variant", "lightweight", "--epochs", "3", "--numbers", "64"]
    command += ["--batch", "16"]
    done = subprocess.run(
        [sys.executable, "-c", STOPPED, *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 130, done.stderr
    assert "--resume goes on from here" in done.stderr
    assert "Traceback" not in done.stderr

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loop, "VALIDATION_NUMBERS", 32)
    assert call(*command, "--resume", "--json") == 0
    assert [each["epoch"] for each in json.loads(capsys.readouterr().out)["epochs"]] == [2, 3]


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_export_leaves_nothing_behind(stop, weights, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "toolchain.cli", "export", "--variant", "lightweight"]
    command += ["--weights", str(weights), "--out", str(tmp_path / "exports")]
    paths = {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(temporary)}
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | paths)
    while running.poll() is None and not list(temporary.glob("nrtool.*/*")):
        time.sleep(0.05)
    running.send_signal(stop)
    said = running.communicate()[1]
    assert (running.returncode, "Traceback" in said) == (console.INTERRUPTED, False), said
    assert not list(temporary.glob("nrtool.*"))
    assert not (tmp_path / "exports").exists()


@pytest.mark.slow
def test_evaluate_keeps_its_report_beside_the_release(release, monkeypatch, capsys, strokes_folder):
    monkeypatch.chdir(release)
    arguments = ("--variant", "lightweight", "--count", 100, "--custom", strokes_folder)
    assert call("evaluate", *arguments, "--json") == 0
    assert not (release / "exports" / "lightweight" / "evaluation.json").exists()
    capsys.readouterr()
    assert call("evaluate", *arguments, "--errors", "errors.png", "--save", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    kept = json.loads((release / "exports" / "lightweight" / "evaluation.json").read_text())
    assert said == kept
    assert [source["all"]["count"] for source in kept["sources"]] == [100, 100, 100]
    assert [bool(source["writers"]) for source in kept["sources"]] == [False, False, True]
    assert all(len(source["verdict"]["curve"]) > 5 for source in kept["sources"])
    assert kept["drawings"][0]["name"] == "plain"
    assert "drawings on a canvas" in (release / "exports/lightweight/README.md").read_text()
    assert Image.open(release / "errors.png").width > 500
    refused(capsys, "evaluate", *arguments, "--errors", "errors.gif")
    assert "already" in refused(capsys, "evaluate", *arguments, "--errors", "errors.png")
    refused(capsys, "evaluate", *arguments, "--model", "other.onnx", "--save")
    for part in (strokes_folder, strokes_folder / "drawn.jsonl"):
        said = refused(capsys, "evaluate", *arguments, "--held-out", part)
        assert "named to train on too" in said


def test_a_hand_of_ones_own_that_is_trained_on_is_not_judged_by(
    release, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(release)
    hand = tmp_path / "hand.jsonl"
    writer = next(name for name in map(str, range(99)) if not in_validation(writer_key(name)))
    hand.write_text("\n".join(stroke_line(label, writer) for label in range(10)))
    asked = ("parity", "--variant", "lightweight", "--count", 100, "--custom", hand, "--json")
    assert call(*asked) in (0, 1)  # an untrained network may read otherwise in another form
    told = json.loads(capsys.readouterr().out)
    assert [each["numbers"] for each in told["sections"]] == [f"numbers from {TEST_DIGITS}"]


def test_of_held_out_digits_every_writer_is_read(release, monkeypatch, capsys, strokes_folder):
    monkeypatch.chdir(release)
    arguments = ("--variant", "lightweight", "--count", 200, "--held-out", strokes_folder)
    listed = [{"file": "drawn.jsonl", "line": line, "why": "a bar"} for line in (2, 12, 22, 32)]
    (release / "listed.json").write_text(json.dumps(listed))
    assert call("evaluate", *arguments, "--ambiguous", "listed.json", "--json") == 0
    *others, source = json.loads(capsys.readouterr().out)["sources"]
    assert 180 < source["told_apart"]["count"] < 200
    assert all(other["told_apart"] is None for other in others)
    assert source["numbers"] == f"numbers from all digits of {strokes_folder.name}"
    assert source["writers"]["count"] > 30  # of 40, more than any split has


def test_a_parity_that_breaks_exits_with_1_and_changes_nothing(
    release, float32, monkeypatch, capsys
):
    monkeypatch.chdir(release)
    folder = release / "exports" / "lightweight"
    path = folder / "lightweight.onnx"
    graph = onnx.load(float32)
    bias = next(t for t in graph.graph.initializer if t.dims == [11])
    moved = onnx.numpy_helper.to_array(bias) + np.eye(11, dtype=np.float32)[3] * 4
    bias.CopyFrom(onnx.numpy_helper.from_array(moved, bias.name))
    onnx.save(graph, path)
    before = {each: each.read_bytes() for each in folder.iterdir()}
    try:
        assert call("parity", "--variant", "lightweight", "--count", 20) == 1
        assert "decode 20 numbers differently" in capsys.readouterr().err
        assert {each: each.read_bytes() for each in folder.iterdir()} == before
    finally:
        path.unlink()


@pytest.mark.parametrize("command", ["train", "export", "evaluate", "parity", "bench", "predict"])
def test_an_unknown_variant_is_refused(release, monkeypatch, capsys, command):
    monkeypatch.chdir(release)
    extra = ["x.png"] if command == "predict" else []
    assert "huge" in refused(capsys, command, *extra, "--variant", "huge")


def test_nothing_trained_names_the_command_to_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert "nrtool train --variant base" in refused(capsys, "export", "--variant", "base")
    assert "nrtool export --variant base" in refused(capsys, "parity", "--variant", "base")
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_another_variant_is_refused(release, weights, monkeypatch, capsys):
    monkeypatch.chdir(release)
    message = refused(capsys, "export", "--variant", "base", "--weights", weights)
    assert "'lightweight', not 'base'" in message
    assert not (release / "exports" / "base").exists()


def test_an_average_is_refused_before_any_work(release, weights, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs/mine").mkdir(parents=True)
    (tmp_path / "runs/mine/config.json").write_text("{}")
    monkeypatch.setattr(averaging, "average", lambda *_, **__: pytest.fail("it began to work"))
    said = refused(capsys, "average", weights, weights, "--run", "mine")
    assert "give another --run" in said
    assert "does not exist" in refused(capsys, "average", "none.safetensors", weights)


@pytest.mark.parametrize("content", [None, b"", b"no picture", b"\x89PNG\r\n\x1a\n\x00\x00"])
def test_a_picture_that_is_none_is_named(release, tmp_path, monkeypatch, capsys, content):
    monkeypatch.chdir(release)
    path = tmp_path / "odd.png"
    if content is not None:
        path.write_bytes(content)
    assert "odd.png" in refused(capsys, "predict", path, "--variant", "lightweight")


def test_a_blank_picture_is_named(release, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(release)
    Image.fromarray(np.full((50, 80), 255, np.uint8)).save(tmp_path / "blank.png")
    message = refused(capsys, "predict", tmp_path / "blank.png", "--variant", "lightweight")
    assert "blank.png" in message


@pytest.mark.parametrize("content", [b"", b"not onnx"])
def test_a_corrupt_model_is_named(release, tmp_path, monkeypatch, capsys, content):
    monkeypatch.chdir(release)
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    assert "bad.onnx" in refused(capsys, "predict", "x.png", "--model", path)


def test_generate_refuses_to_mix_with_what_is_there(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call("generate", "--count", 2, "--layout", "wide", "--out", "made") == 0
    assert json.loads((tmp_path / "made" / "manifest.json").read_text())["style"]["dots"] > 0
    capsys.readouterr()
    assert "--out" in refused(capsys, "generate", "--count", 2, "--out", "made")


def test_numbers_are_made_in_parts_and_verified(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    few = ("generate", "--count", 5, "--out", "made", "--format", "webdataset", "--shard", "2/2")
    assert call(*few) == 0
    made = tmp_path / "made-2-of-2"
    assert json.loads((made / "manifest.json").read_text())["first"] == 2
    assert call(*few, "--verify") == 0
    (made / "numbers-00000.tar").write_bytes(b"")
    assert call(*few, "--verify") == 1
    assert "numbers-00000.tar" in capsys.readouterr().out
    assert "no manifest" in refused(capsys, "generate", "--out", "nowhere", "--verify")
    for wrong in ("3/2", "0/2", "2", "a/b", "-1/2"):
        assert "--shard" in refused(capsys, "generate", "--count", 5, "--shard", wrong)


def test_fonts_become_digits_that_numbers_are_written_with(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    two = [font for font in fontsource.table() if font.name in ("kalam", "patrick-hand")]
    monkeypatch.setattr(fontsource, "table", lambda: two)
    assert call("fonts", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "out": "data/fonts.jsonl.gz",
        "digits": 20,
        "writers": 2,
    }
    assert call("generate", "--count", 2, "--fonts", "data/fonts.jsonl.gz") == 0
    manifest = json.loads((tmp_path / "data" / "numbers" / "manifest.json").read_text())
    assert [source["source"] for source in manifest["sources"]] == ["fonts", "mnist"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "--min-digits", 4, "--max-digits", 2),
        ("generate", "--custom", "nowhere"),
        ("generate", "--mnist", "nowhere"),
        ("generate", "--custom-share", 2.0),
        ("generate", "--procedural-share", -1),
        ("generate", "--fonts", "nowhere.jsonl.gz"),
        ("import", "nowhere"),
        ("import", ".", "--out", "digits.txt"),
        ("fonts", "--out", "digits.txt"),
        ("train", "--recipe", "best"),
        ("train", "--run", "../up"),
        ("train", "--device", "abacus"),
        ("train", "--resume"),
    ],
)
def test_wrong_use_is_refused_and_leaves_nothing(tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.chdir(tmp_path)
    refused(capsys, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_says_what_would_be_done_and_does_nothing(release, monkeypatch, capsys):
    monkeypatch.chdir(release)
    before = sorted(release.rglob("*"))
    assert call("export", "--variant", "lightweight", "--dry-run", "--json") == 0
    planned = json.loads(capsys.readouterr().out)
    assert "mixed" in planned["recipes"]
    assert "accuracy" in planned["gates"]
    assert call("export", "--variant", "lightweight", "--dry-run", "--quantize", "mixed") == 0
    assert "mixed-first" not in capsys.readouterr().out
    assert sorted(release.rglob("*")) == before


@pytest.mark.parametrize(
    "given", [["--quantize"], ["--quantize", "--json"], [], ["--quantize", "auto"]]
)
def test_quantize_without_a_value_searches(given):
    command = typer.main.get_command(app).commands["export"]
    assert command.make_context("export", list(given)).params["quantize"] == "auto"


@pytest.mark.slow
def test_a_gate_that_fails_names_itself_and_leaves_nothing(release, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(release)
    before = {path: path.read_bytes() for path in release.rglob("*") if path.is_file()}

    def broken(source, out):
        export.export_onnx(source, out)
        graph = onnx.load(out)
        bias = next(t for t in graph.graph.initializer if t.dims == [11])
        moved = onnx.numpy_helper.to_array(bias) + np.eye(11, dtype=np.float32)[3] * 4
        bias.CopyFrom(onnx.numpy_helper.from_array(moved, bias.name))
        onnx.save(graph, out)

    monkeypatch.setattr("toolchain.shipping.release.export_onnx", broken)
    failed = tmp_path / "failed"
    code = call(
        *("export", "--variant", "lightweight", "--quantize", "none", "--count", 20),
        *("--failures", failed),
    )
    assert code == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "nothing was exported. gate 'exact' failed on float32: 20 of 20" in said
    assert [path.name for path in failed.iterdir()] == ["exact-float32.png"]
    assert {path: path.read_bytes() for path in release.rglob("*") if path.is_file()} == before


def test_no_space_is_one_line(release, monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "weights")

    monkeypatch.chdir(release)
    monkeypatch.setattr(checkpoint, "save_file", full)
    before = {path: path.read_bytes() for path in release.rglob("*") if path.is_file()}
    assert "free space" in refused(capsys, "export", "--variant", "lightweight", "--count", 20)
    assert {path: path.read_bytes() for path in release.rglob("*") if path.is_file()} == before


def test_no_permission_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").write_text("a file where a folder should be")
    assert "data" in refused(capsys, "generate", "--count", 2)
    if os.geteuid():
        (tmp_path / "locked").mkdir()
        (tmp_path / "locked").chmod(stat.S_IRUSR | stat.S_IXUSR)
        assert "locked" in refused(capsys, "generate", "--count", 2, "--out", "locked/x")


@pytest.mark.parametrize(
    "command",
    [
        *("generate", "import", "fonts", "train", "average"),
        *("export", "evaluate", "parity", "bench", "predict"),
        *("models", "golden", "inspect", "report", "draw", "config", "tune", "board"),
        *("doctor", "quickstart"),
    ],
)
def test_every_command_has_help_with_an_example(capsys, command):
    assert call(command, "--help") == 0
    assert f"nrtool {command}" in capsys.readouterr().out


def test_predict_loads_no_torch(tmp_path):
    Image.fromarray(draw_ink([np.array([[0, 0], [1, 0], [0.4, 1.6]], np.float32)])).save(
        tmp_path / "seven.png"
    )
    code = """if True:
        import sys
        from toolchain.cli import app
        app(["predict", "seven.png", "--json"], standalone_mode=False)
        print(*sys.modules, file=sys.stderr)
    """
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert [entry["number"] for entry in json.loads(done.stdout)] == ["7"]
    loaded = set(done.stderr.split())
    assert "onnxruntime" in loaded
    assert not loaded & {"torch", "onnx", "models.zoo", "matplotlib"}


def test_commands_stand_in_panels(capsys):
    assert call("--help") == 0
    said = capsys.readouterr().out
    panels = [line.split()[1] for line in said.splitlines() if line.startswith("╭")]
    assert panels == ["Options", "Make", "Prove", "Ship", "Read", "Look"]


def test_a_missing_package_is_one_line_that_names_its_extra(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "segno", None)
    monkeypatch.delitem(sys.modules, "toolchain.sketchpad.serve", raising=False)
    assert "pip install 'nrtool[draw]'" in refused(capsys, "draw")


def test_a_missing_module_of_our_own_is_no_matter_of_extras():
    def broken():
        import toolchain.nowhere  # noqa: F401

    with pytest.raises(ModuleNotFoundError):
        console.guarded(broken)


def test_an_import_writes_over_nothing_but_itself(strokes_folder, tmp_path, capsys):
    arguments = ("import", strokes_folder, "--out", tmp_path / "digits.jsonl.gz")
    assert call(*arguments) == 0
    made = (tmp_path / "digits.jsonl.gz").read_bytes()
    assert call(*arguments) == 0
    assert (tmp_path / "digits.jsonl.gz").read_bytes() == made
    (tmp_path / "digits.jsonl.gz").write_text("notes")
    capsys.readouterr()
    assert "already" in refused(capsys, *arguments)
    assert (tmp_path / "digits.jsonl.gz").read_text() == "notes"
    assert [path.name for path in tmp_path.iterdir()] == ["digits.jsonl.gz"]


@pytest.mark.parametrize(
    "words",
    [
        ("generate", "--shard", "0/0"),
        ("generate", "--shard", f"1/{'9' * 5000}"),
        ("generate", "--out", "/"),
        ("generate", "--out", ".", "--shard", "1/1"),
        ("train", "--set", f"recipe.epochs=0x{'f' * 9000}"),
    ],
)
def test_what_is_no_number_or_name_is_refused(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    refused(capsys, *words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["parity", "export"])
def test_a_bound_is_a_number(command, capsys):
    assert call(command, "--bound", "nan") == 2
    assert "no finite number" in capsys.readouterr().err
