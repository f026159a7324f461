"""Pictures of the game and a film of it, made by playing it: `make godot-pictures`.

Needs Xvfb (Debian's packages `xvfb` and `xauth`), or a screen with --here.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from generator.errors import BadInput
from godot_demo.tools import build, check, engine, export
from godot_demo.tools.guard import guarded
from toolchain import programs
from toolchain.errors import FellShort

OUT = build.PROJECT / "pictures"
PICTURES = ("landscape", "portrait", "again", "unsure", "developer")
FILM_WIDTH, FILM_COLORS, FILM_MS = 480, 128, 133


def shoot(godot: engine.Engine, folder: Path, here: bool) -> None:
    """Play before the camera; leaves PNG files in the folder.

    Raises:
        BadInput: there is no screen, or the game did not come to its end.
        FellShort: a picture is missing or empty, or a script failed.
    """
    screen = [] if here else ["xvfb-run", "-a", "-s", "-screen 0 1600x1200x24"]
    play = [*godot.command, "--path", str(build.PROJECT), "--rendering-driver", "opengl3"]
    play += ["--audio-driver", "Dummy", "--script", "tests/pictures.gd", "--", str(folder)]
    for name, value in {**export.environment(), **godot.environment}.items():
        os.environ[name] = value
    try:
        text = programs.run([*screen, *play], "install xvfb and xauth")
    except (BadInput, subprocess.SubprocessError) as error:
        raise BadInput(f"the game was not played: {error}") from None
    missing = [name for name in PICTURES if not _shows_something(folder / f"{name}.png")]
    if missing or "SCRIPT ERROR" in text:
        raise FellShort(f"no picture of {', '.join(missing)}:\n{text[-2000:]}")


def _shows_something(path: Path) -> bool:
    """Whether there is a picture, and more on it than a window that was never drawn."""
    if not path.is_file():
        return False
    with Image.open(path) as picture:
        used = [count for count in picture.convert("L").histogram() if count]
    return len(used) > 1


def keep(folder: Path) -> None:
    """Write the pictures small, and the film as a GIF, into the project."""
    OUT.mkdir(exist_ok=True)
    (OUT / ".gdignore").touch()
    for name in PICTURES:
        with Image.open(folder / f"{name}.png") as picture:
            small = picture.convert("RGB")
            small.thumbnail((800, 800), Image.Resampling.LANCZOS)
            small.quantize(160, Image.Quantize.MAXCOVERAGE).save(OUT / f"{name}.png", optimize=True)
    frames: list[Image.Image] = []
    for path in sorted(folder.glob("film-*.png")):
        with Image.open(path) as shot:
            height = shot.height * FILM_WIDTH // shot.width
            frames.append(shot.convert("RGB").resize((FILM_WIDTH, height)))
    # One palette for all frames, so that what stands still costs nothing.
    sheet = Image.new("RGB", (FILM_WIDTH, frames[0].height * 3))
    for row, frame in enumerate((frames[0], frames[len(frames) // 2], frames[-1])):
        sheet.paste(frame, (0, row * frame.height))
    palette = sheet.quantize(FILM_COLORS, Image.Quantize.MAXCOVERAGE)
    drawn = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    drawn[0].save(
        OUT / "film.gif",
        save_all=True,
        append_images=drawn[1:],
        duration=FILM_MS,
        loop=0,
        optimize=True,
    )


def main(words: list[str]) -> None:
    """Make all pictures.

    Raises:
        BadInput: a tool is missing or failed.
        FellShort: a picture is missing or empty.
    """
    godot = engine.find()
    build.build(build.host(), godot, own_compiler=True)
    check.copy_models()
    check.import_project(godot)
    with tempfile.TemporaryDirectory() as temporary:
        shoot(godot, Path(temporary), "--here" in words)
        keep(Path(temporary))
    for path in sorted(OUT.glob("*.*")):
        print(f"{path.relative_to(build.PROJECT)}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    sys.exit(guarded(lambda: main(sys.argv[1:])))
