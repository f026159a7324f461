"""Build the native extension and lay ONNX Runtime's library beside it.

python -m godot_demo.tools.build                  this machine's, with its own C compiler
python -m godot_demo.tools.build linux.arm64 …    for others to run: zig, or the NDK for Android
python -m godot_demo.tools.build all              whatever can be built here

What its own compiler builds needs a C library as new as this machine's; zig's needs glibc 2.28, as
ONNX Runtime does, or macOS 14.
"""

import os
import platform
import shutil
import sys
from pathlib import Path

from generator.errors import BadInput
from godot_demo.tools import engine, runtimes
from godot_demo.tools.guard import guarded
from toolchain import programs

PROJECT = Path(__file__).parent.parent
ADDON = PROJECT / "addons/nrtool"
NATIVE = PROJECT / "native"
BUILD = PROJECT / "build"
MEND = "install the extra with `pip install -e '.[godot]'`, and a C compiler"
PLATFORMS = (*runtimes.WHEELS, *runtimes.ANDROID)
# What the extension calls in Android's own libraries: stubs to link with where there is no NDK.
SYSTEM = {
    "c": ("calloc", "realloc", "free", "memcpy", "memset", "snprintf"),
    "dl": ("dlopen", "dlsym", "dlerror"),
}


def host() -> str:
    """This machine's platform, as in `PLATFORMS`.

    Raises:
        BadInput: it is none of them.
    """
    system = {"linux": "linux", "darwin": "macos", "windows": "windows"}.get(
        platform.system().lower()
    )
    machine = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}.get(
        platform.machine().lower()
    )
    if f"{system}.{machine}" not in runtimes.WHEELS:
        raise BadInput(f"ONNX Runtime has no library for {system} {machine}")
    return f"{system}.{machine}"


def build(name: str, godot: engine.Engine, own_compiler: bool = False) -> Path:
    """Build for one platform; returns the folder in the addon that holds both libraries.

    Args:
        name: of the platform.
        godot: whose interface it is built against.
        own_compiler: this machine's, for this machine; else what builds for any.

    Raises:
        BadInput: a tool is missing or failed.
    """
    _headers(godot)
    preset, extra = name, [f"-DZIG_PYTHON={sys.executable}"]
    if own_compiler:
        preset = "host"
    elif name in runtimes.ANDROID:
        if os.environ.get("ANDROID_NDK_ROOT"):
            preset = f"{name}-ndk"
        else:
            extra.append(f"-DNRTOOL_STUBS={';'.join(map(str, _stubs(name)))}")
    fresh = BUILD / "out" / name
    shutil.rmtree(fresh, ignore_errors=True)
    configure = ["cmake", "--preset", preset, f"-DNRTOOL_OUT={fresh}", *extra]
    programs.run([tool("cmake"), *configure[1:]], MEND, cwd=NATIVE)
    programs.run([tool("cmake"), "--build", BUILD / "native" / preset], MEND)
    out = ADDON / "bin" / name
    out.mkdir(parents=True, exist_ok=True)
    for made in fresh.iterdir():
        if made.suffix in (".so", ".dll", ".dylib"):
            made.replace(out / made.name)
    runtime = runtimes.library(name)
    shutil.copyfile(runtime, out / f"{runtime.name}.new")
    (out / f"{runtime.name}.new").replace(out / runtime.name)
    return out


def _headers(godot: engine.Engine) -> None:
    include = BUILD / "include"
    include.mkdir(parents=True, exist_ok=True)
    (BUILD / ".gdignore").touch()  # nothing in it is for the editor to import
    for header in (runtimes.phones() / "headers").iterdir():
        shutil.copyfile(header, include / header.name)
    if not (include / "gdextension_interface.h").is_file():
        dump = [*godot.command, "--headless", "--dump-gdextension-interface"]
        programs.run(dump, engine.MEND, cwd=include)


def _stubs(name: str) -> list[Path]:
    """Empty libraries of the names and symbols of Android's, for the linker alone."""
    presets = (NATIVE / "CMakePresets.json").read_text()
    target = presets.split(f'"{name}",', 1)[1].split('"ZIG_TARGET": "', 1)[1].split('"', 1)[0]
    made = []
    for library, symbols in SYSTEM.items():
        folder = BUILD / "stubs" / name
        folder.mkdir(parents=True, exist_ok=True)
        source, out = folder / f"{library}.c", folder / f"lib{library}.so"
        source.write_text("".join(f"void {symbol}(void) {{}}\n" for symbol in symbols))
        zig = [sys.executable, "-m", "ziglang", "cc", "-target", target, "-fno-builtin"]
        link = ["-shared", "-nostdlib", "-fno-sanitize=undefined", f"-Wl,-soname,lib{library}.so"]
        programs.run([*zig, *link, source, "-o", out], MEND)
        made.append(out)
    return made


def tool(name: str) -> str:
    """A program from the virtual environment, else from PATH."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.is_file() else name


def main(names: list[str]) -> None:
    """Build each platform named.

    Raises:
        BadInput: as `build`, or there is no such platform.
    """
    wanted = list(PLATFORMS) if names == ["all"] else names or [host()]
    for name in wanted:
        if name not in PLATFORMS:
            raise BadInput(f"{name} is no platform: take all, or of {', '.join(PLATFORMS)}")
    godot = engine.find()
    for name in wanted:
        made = build(name, godot, own_compiler=not names)
        print(f"{name}: {made.relative_to(PROJECT)}", flush=True)


if __name__ == "__main__":
    sys.exit(guarded(lambda: main(sys.argv[1:])))
