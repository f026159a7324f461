"""addon.zip: the addon for another game, with the libraries of every platform that builds here.

python -m godot_demo.tools.pack [platform …]    default: all but iOS, which needs a Mac
"""

import sys
import zipfile
from pathlib import Path

from generator.errors import BadInput
from godot_demo.tools import build, runtimes
from godot_demo.tools.guard import guarded
from toolchain.shipping import licences
from toolchain.shipping.licences import Part

OUT = build.BUILD / "addon.zip"
MODELS = {"optimized": "optimized.int8.onnx", "nano": "nano.int8.onnx"}
_NOTICES = "MIT, licences/onnxruntime/LICENSE; its own parts: ThirdPartyNotices.txt there"
PARTS = (
    Part(
        "nrtool",
        "MIT, addons/nrtool/LICENSE",
        (
            "addons/nrtool/*.gd",
            "addons/nrtool/*.gdextension",
            "addons/nrtool/LICENSE",
            "models/*.md",
        ),
    ),
    Part(
        "nrtool's library, compiled against the headers of Godot and ONNX Runtime (both MIT) by "
        "Zig, whose compiler runtime it holds (MIT)",
        "MIT, addons/nrtool/LICENSE",
        ("addons/nrtool/bin/*/libnrtool.*",),
    ),
    Part(
        f"ONNX Runtime {runtimes.VERSION}, Microsoft",
        _NOTICES,
        tuple(f"addons/nrtool/bin/{name}/{wheel.name}" for name, wheel in runtimes.WHEELS.items()),
    ),
    Part(
        f"ONNX Runtime {runtimes.PHONES}, Microsoft, as {runtimes.NPM} packages it",
        _NOTICES,
        tuple(f"addons/nrtool/bin/{name}/libonnxruntime.so" for name in runtimes.ANDROID),
    ),
    Part("ONNX Runtime's licence and notices", "", ("addons/nrtool/licences/onnxruntime/*",)),
    licences.WEIGHTS,
)


def enclosed(platforms: list[str]) -> dict[str, Path]:
    """What the addon encloses: names in it, and where they lie.

    optimized needs a native library; nano is read without, where there is none.

    Raises:
        BadInput: a platform was not built, or there is no model.
    """
    root = build.PROJECT.parent
    files: dict[str, Path] = {}
    for path in sorted(build.ADDON.rglob("*")):
        if path.is_file() and path.suffix in (".gd", ".gdextension"):
            files[f"addons/nrtool/{path.relative_to(build.ADDON).as_posix()}"] = path
    for name in platforms:
        libraries = sorted((build.ADDON / "bin" / name).glob("*"))
        if len(libraries) != 2:
            raise BadInput(f"{name} is not built: run `python -m godot_demo.tools.build {name}`")
        for library in libraries:
            files[f"addons/nrtool/bin/{name}/{library.name}"] = library
    files["addons/nrtool/LICENSE"] = root / "LICENSE"
    notices = runtimes.library("linux.x86_64").parent
    for notice in ("LICENSE", "ThirdPartyNotices.txt"):
        files[f"addons/nrtool/licences/onnxruntime/{notice}"] = notices / notice
    for variant, model in MODELS.items():
        files[f"models/{model}"] = root / "exports" / variant / model
        files[f"models/{variant}.md"] = root / "exports" / variant / "README.md"
    missing = [name for name, path in files.items() if not path.is_file()]
    if missing:
        raise BadInput(f"{', '.join(missing)} is missing")
    return files


def pack(platforms: list[str]) -> Path:
    """Zip addon, libraries, models and all licences.

    Raises:
        BadInput: as `enclosed`, or nobody has said under which licence a file is.
    """
    files = enclosed(platforms)
    whose = licences.listed("the addon", files, PARTS)
    fresh = OUT.with_suffix(".new")
    fresh.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files.items():
            archive.write(path, name)
        archive.writestr("addons/nrtool/THIRD_PARTY.md", whose)
    fresh.replace(OUT)
    return OUT


def main(names: list[str]) -> None:
    """Build and pack.

    Raises:
        BadInput: as `build` and `pack`.
    """
    platforms = names or list(build.PLATFORMS)
    build.main(platforms)
    made = pack(platforms)
    print(f"{made.relative_to(build.PROJECT)}: {made.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    sys.exit(guarded(lambda: main(sys.argv[1:])))
