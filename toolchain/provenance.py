"""Where a result comes from: the processor that it was measured on, the commit of this code."""

import os
import platform
import subprocess
from pathlib import Path


def machine() -> str:
    """The processor, as the system names it, and what of int8 it has."""
    name, flags = platform.processor() or platform.machine(), ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        facts = dict(line.split(":", 1) for line in cpuinfo.read_text().splitlines() if ":" in line)
        stripped = {key.strip(): value.strip() for key, value in facts.items()}
        name = stripped.get("model name", name)
        has = stripped.get("flags", "").split()
        flags = "".join(f", {flag}" for flag in ("avx512_vnni", "amx_int8") if flag in has)
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
