"""Run the arm64 extension in an arm64 Godot, emulated: `make godot-arm64`.

Reads the golden vectors with the very library that an arm64 machine loads. It says nothing of
speed: an emulator is many times slower than the processor.
"""

import sys

from generator.errors import BadInput
from godot_demo.tools import build, check, engine
from toolchain.errors import FellShort

PLATFORM = "linux.arm64"


def main() -> int:
    """Build, import, run; gives the exit code."""
    try:
        godot = engine.find()
        build.build(build.host(), godot)
        build.build(PLATFORM, godot)
        check.copy_models()
        check.make_foreign_model()
        check.import_project(godot)
        check.test(engine.emulated(), "run.gd", ["golden"])
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except FellShort as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
