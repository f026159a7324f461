"""Exporting the game: packs for phones and the web, and the Linux game, played by its self-test."""

import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

from godot_demo.tools import build, engine
from toolchain import programs
from toolchain.debian import X86_64
from toolchain.errors import FellShort
from toolchain.programs import HANGS

PROJECT = build.PROJECT
LINUX = build.BUILD / "linux/number_garden.x86_64"
TEMPLATE = "linux_release.x86_64"
# What each preset must pack, and must not. No browser can load the native library.
MODELS = {
    "Android": ("optimized.int8.onnx", ""),
    "iOS": ("optimized.int8.onnx", ""),
    "Web": ("nano.int8.onnx", "optimized.int8.onnx"),
}


def environment() -> dict[str, str]:
    """The environment for Godot: its data folder is one of ours, not the user's."""
    return {**os.environ, "XDG_DATA_HOME": str(build.BUILD / "data")}


def pack(godot: engine.Engine, preset: str) -> Path:
    """Pack the project with a preset, which needs no SDK; gives the .zip.

    Raises:
        FellShort: Godot found something wrong with preset or libraries, or left the model out.
    """
    out = build.BUILD / f"{preset.lower()}.zip"
    out.unlink(missing_ok=True)
    text = run(godot, ["--export-pack", preset, str(out)])
    listed = zipfile.ZipFile(out).namelist() if out.is_file() else []
    wanted, unwanted = MODELS[preset]
    if f"models/{wanted}" not in listed:
        raise FellShort(f"packing for {preset} brought no {wanted}:\n{text[-2000:]}")
    if f"models/{unwanted}" in listed:
        raise FellShort(f"packing for {preset} brought {unwanted}, which is not read there")
    return out


def has_template(godot: engine.Engine) -> bool:
    """Whether the Linux game can be exported here."""
    return _template(godot) is not None


def play(godot: engine.Engine) -> str:
    """Export the Linux game and let it play itself; gives its report, a line of JSON.

    Raises:
        FellShort: the export failed, the game hung, or it judged an answer wrongly.
    """
    shutil.rmtree(LINUX.parent, ignore_errors=True)
    LINUX.parent.mkdir(parents=True)
    template = _template(godot)
    if template is not None:
        kept = build.BUILD / "data/godot/export_templates" / _release(godot)
        kept.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(template, kept / TEMPLATE)
    text = run(godot, ["--export-release", "Linux", str(LINUX)])
    if not LINUX.is_file():
        raise FellShort(f"the Linux game was not exported:\n{text[-2000:]}")
    command, variables = [str(LINUX), "--headless", "--", "--self-test"], environment()
    if godot.libraries is not None:
        _use_own_libraries(LINUX, godot.libraries)
        variables["LD_LIBRARY_PATH"] = f"{godot.libraries}/pulseaudio"
    return _report(command, LINUX.parent, variables)


def play_web(godot: engine.Engine, packed: Path) -> str:
    """Let the pack for the web play itself, as a browser would: in GDScript, without threads.

    The engine is this machine's, since a browser's comes as a template from Godot's makers; scripts
    and model are the browser's. Gives its report, a line of JSON.

    Raises:
        FellShort: the game hung, judged an answer wrongly, or read by something else.
    """
    command = [*godot.command, "--headless", "--main-pack", str(packed)]
    report = _report([*command, "--", "--self-test", "--sliced"], packed.parent, environment())
    if json.loads(report)["runtime"] != "GDScript":
        raise FellShort(f"the pack for the web does not read in GDScript: {report}")
    return report


def _report(command: list[str], folder: Path, variables: Mapping[str, str]) -> str:
    """The line of JSON with which a game that plays itself ends.

    Raises:
        FellShort: it hung, or judged an answer wrongly.
    """
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=HANGS, env=variables, cwd=folder
        )
    except subprocess.TimeoutExpired:
        raise FellShort(f"the exported game took more than {HANGS:.0f} s") from None
    report = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not report or json.loads(report[-1])["right"] < 1:
        raise FellShort(f"the exported game failed:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
    return report[-1]


def release_of(version: str) -> str:
    """The folder that Godot looks for its templates in, of what `--version` says.

    >>> release_of("4.4.stable.official.4c311cbee")
    '4.4.stable'
    """
    found = re.match(r"\d+(\.\d+)+\.[a-z]+\d*(\.mono)?", version)
    return found[0] if found else version


def _release(godot: engine.Engine) -> str:
    return release_of(
        programs.run([*godot.command, "--headless", "--version"], engine.MEND).strip()
    )


def _template(godot: engine.Engine) -> Path | None:
    if godot.root is not None:
        return godot.root / "usr/bin/godot-template-release"
    kept = Path.home() / ".local/share/godot/export_templates" / _release(godot) / TEMPLATE
    return kept if kept.is_file() else None


def _use_own_libraries(game: Path, libraries: Path) -> None:
    """Debian's template needs Debian's newer C library: it is told where that lies."""
    patch = [build.tool("patchelf"), "--set-interpreter", str(libraries / X86_64.loader)]
    programs.run([*patch, "--force-rpath", "--set-rpath", libraries, game], build.MEND)


def run(
    godot: engine.Engine,
    arguments: list[str],
    variables: Mapping[str, str] | None = None,
) -> str:
    """Run Godot without a window on the project; gives what it printed, whatever its status.

    Raises:
        FellShort: it took too long.
    """
    command = [*godot.command, "--headless", "--path", str(PROJECT), *arguments]
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=HANGS,
            env={**environment(), **(variables or {})},
        )
    except subprocess.TimeoutExpired as late:
        told = late.stdout or b""
        end = told.decode(errors="replace") if isinstance(told, bytes) else told
        raise FellShort(f"Godot took more than {HANGS:.0f} s:\n{end[-3000:]}") from None
    return done.stdout
