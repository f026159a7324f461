"""A PostgreSQL server of its own for a test, by the machine's programs or Debian's packages."""

import contextlib
import os
import platform
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.cache import cache
from generator.errors import BadInput
from toolchain import debian

NOBODY = 65534  # PostgreSQL refuses to run as root
MEND = "install postgresql"


@contextlib.contextmanager
def server() -> Iterator[tuple[str, int]]:
    """Host and port of a server with a user postgres, password secret; else the test is skipped."""
    programs, environment = _programs()
    as_whom: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "password").write_text("secret\n")
        if os.geteuid() == 0:
            # What is below root's own home stays readable.
            as_whom = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            as_whom += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
            as_whom = ["setpriv", *as_whom, "--"]
            os.chown(folder, NOBODY, NOBODY)

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [*as_whom, str(programs / program), *arguments],
                check=True,
                cwd=folder,
                env=environment,
                stdout=subprocess.DEVNULL,
            )

        made = ("--auth=scram-sha-256", "--username=postgres", f"--pwfile={folder / 'password'}")
        run("initdb", "--no-sync", *made, "--pgdata=data")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = f"-p {port} -h 127.0.0.1 -k {folder} -F"
        run("pg_ctl", "start", "--wait", "--timeout=600", "-D", "data", "-l", "log", "-o", options)
        try:
            yield "127.0.0.1", port
        finally:
            run("pg_ctl", "stop", "--mode=immediate", "-D", "data")


def _programs() -> tuple[Path, dict[str, str]]:
    """The folder of the server's programs, and the environment to start them in."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found := shutil.which("initdb"):
        installed.append(Path(found).resolve())
    environment = {**os.environ, "LC_ALL": "C"}
    if installed:
        return installed[-1].parent, environment
    if not (os.environ.get("CI") or (shutil.which("apt-get") and debian.KEYRING.is_file())):
        pytest.skip("no PostgreSQL here, and no Debian to take it from")
    suite = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    if suite not in debian.RELEASES or platform.machine() != "x86_64":
        pytest.skip("no PostgreSQL here; Debian's is taken on its releases for x86-64")
    root = cache("debian") / f"{suite}-postgresql"
    try:
        debian.unpack(root, debian.X86_64, ("postgresql",), MEND, suite)
    except BadInput as refused:
        pytest.skip(str(refused))
    libraries = root / debian.X86_64.libraries
    return (
        next((root / "usr/lib/postgresql").glob("*/bin")),
        {**environment, "LD_LIBRARY_PATH": str(libraries)},
    )
