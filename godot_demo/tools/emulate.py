"""Run the arm64 extension in an arm64 Godot, emulated: `make godot-arm64`.

Reads the golden vectors with the very library that an arm64 machine loads. It says nothing of
speed: an emulator is many times slower than the processor.
"""

import sys

from godot_demo.tools import build, check, engine, odd_models
from godot_demo.tools.guard import guarded

PLATFORM = "linux.arm64"


def main() -> None:
    """Build, import, run.

    Raises:
        BadInput: a tool is missing or failed.
        FellShort: the emulated Godot reads otherwise.
    """
    godot = engine.find()
    build.build(build.host(), godot, own_compiler=True)
    build.build(PLATFORM, godot)
    check.copy_models()
    check.make_foreign_model()
    odd_models.make(check.ODD)
    check.import_project(godot)
    check.test(engine.emulated(), "run.gd", ["golden"])


if __name__ == "__main__":
    sys.exit(guarded(main))
