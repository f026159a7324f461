"""Where a result comes from: the processor that it was measured on, the commit of this code."""

import os
import platform
import subprocess
from pathlib import Path

# What multiplies int8, by what the system calls it, the newest first.
_INT8 = ("amx_int8", "avx512_vnni", "avx_vnni", "avx512bw", "avx2", "i8mm", "asimddp", "asimd")
_NAMES = {
    "avx512bw": "AVX-512 without VNNI",
    "avx2": "AVX2 without VNNI",
    "asimd": "no dot products",
}


def machine() -> str:
    """The processor, as the system names it, and the instructions that it has for int8.

    Without VNNI (x86) or dot products (Arm) int8 is multiplied by instructions that are slower.
    """
    name, flags = platform.processor() or platform.machine(), ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        facts = dict(line.split(":", 1) for line in cpuinfo.read_text().splitlines() if ":" in line)
        stripped = {key.strip(): value.strip() for key, value in facts.items()}
        name = stripped.get("model name", name)
        has = stripped.get("flags", stripped.get("Features", "")).split()
        found = [flag for flag in _INT8 if flag in has]
        # What only counts where there is nothing better.
        better = [flag for flag in found if flag not in _NAMES]
        flags = "".join(f", {flag}" for flag in better or [_NAMES[each] for each in found[:1]])
    return f"{name} ({platform.machine()}{flags})"


def source_commit() -> str:
    """The commit that this code is at, with "+" where files differ from it; else "unknown"."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=+"]
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            [*command, "--exclude=*", "--abbrev=12"],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
