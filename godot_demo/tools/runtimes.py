"""ONNX Runtime for every platform, from PyPI and npm, each package checked by SHA-256.

PyPI's wheels hold it for desktops, in the very version that the Python side runs; an npm package
holds it for phones, with the headers that all platforms are compiled against.
"""

import io
import shutil
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from generator.cache import cache, made_once
from godot_demo.tools import digests
from toolchain import programs

MEND = "check the network, then run it again"
VERSION, PHONES = "1.31.1", "1.29.0"  # of ONNX Runtime, on desktops and on phones
WHEEL = f"onnxruntime=={VERSION}"
NPM = "com.github.asus4.onnxruntime@0.4.9"  # holds that for phones
NPM_SHA256 = "e59788788818fdde1b2e522e766a21ba0f7d8391de55737abf81e32cc801785d"
HEADERS = ("onnxruntime_c_api.h", "onnxruntime_ep_c_api.h", "onnxruntime_error_code.h")
AAR = "package/Plugins/Android/onnxruntime.aar"
FRAMEWORK = "package/Plugins/iOS~/onnxruntime.xcframework/"


@dataclass(frozen=True)
class Wheel:
    """A desktop's library in a wheel.

    Attributes:
        platform: pip's tag.
        sha256: of the wheel.
        member: the library's name in it.
        name: what it must be called beside the extension.
    """

    platform: str
    sha256: str
    member: str
    name: str


WHEELS = {
    "linux.x86_64": Wheel(
        "manylinux_2_28_x86_64",
        "1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536",
        "libonnxruntime.so.1.31.1",
        "libonnxruntime.so.1",
    ),
    "linux.arm64": Wheel(
        "manylinux_2_28_aarch64",
        "0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc",
        "libonnxruntime.so.1.31.1",
        "libonnxruntime.so.1",
    ),
    "windows.x86_64": Wheel(
        "win_amd64",
        "ae8a9a351efda685cc59a66226cdefaa37a126c1d66872ca23a2de9425326130",
        "onnxruntime.dll",
        "onnxruntime.dll",
    ),
    "windows.arm64": Wheel(
        "win_arm64",
        "fe8b9ac1ae8e894e12c47ee82e4f6dfc1835768133687257866469fda80d0bf1",
        "onnxruntime.dll",
        "onnxruntime.dll",
    ),
    "macos.arm64": Wheel(
        "macosx_14_0_arm64",
        "96dd2564b10ea7153ad9c207e7cd8e5917cb3ba521e0e0a62ac03486fdc8d56c",
        "libonnxruntime.1.31.1.dylib",
        "libonnxruntime.dylib",
    ),
}
ANDROID = {
    "android.arm64": "arm64-v8a",
    "android.arm32": "armeabi-v7a",
    "android.x86_64": "x86_64",
}


def library(platform: str) -> Path:
    """ONNX Runtime's library for a platform of `WHEELS` or `ANDROID`, fetched once.

    Raises:
        BadInput: it could not be fetched, or is not the file it should be.
    """
    if platform in ANDROID:
        return phones() / "android" / ANDROID[platform] / "libonnxruntime.so"
    wheel = WHEELS[platform]
    kept = made_once(cache("onnxruntime") / f"{WHEEL}-{platform}", partial(_fill_from_wheel, wheel))
    return kept / wheel.name


def phones() -> Path:
    """A folder with headers/, android/<abi>/, ios/onnxruntime.xcframework/ and the licences.

    Raises:
        BadInput: it could not be fetched, or is not the package it should be.
    """
    return made_once(cache("onnxruntime") / NPM, _fill_from_npm)


def _fill_from_wheel(wheel: Wheel, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        download += ["--only-binary=:all:", "--python-version=312", "--dest", temporary]
        programs.run([*download, f"--platform={wheel.platform}", WHEEL], MEND)
        package = next(Path(temporary).glob("*.whl"))
        digests.check(package, wheel.sha256)
        with zipfile.ZipFile(package) as archive:
            (folder / wheel.name).write_bytes(archive.read(f"onnxruntime/capi/{wheel.member}"))
            for notice in ("LICENSE", "ThirdPartyNotices.txt"):
                (folder / notice).write_bytes(archive.read(f"onnxruntime/{notice}"))


def _fill_from_npm(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        npm = shutil.which("npm") or "npm"
        programs.run([npm, "pack", NPM, "--ignore-scripts", "--silent"], MEND, cwd=Path(temporary))
        package = next(Path(temporary).glob("*.tgz"))
        digests.check(package, NPM_SHA256)
        with tarfile.open(package) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                if file is None or member.name.endswith(".meta"):
                    continue
                if member.name == AAR:
                    _unpack_aar(io.BytesIO(file.read()), folder)
                elif member.name.startswith(FRAMEWORK):
                    inside = member.name.removeprefix(FRAMEWORK)
                    _write(folder / "ios/onnxruntime.xcframework" / inside, file.read())
                elif member.name in ("package/LICENSE", "package/ThirdPartyNotices.txt"):
                    _write(folder / Path(member.name).name, file.read())


def _unpack_aar(aar: io.BytesIO, out: Path) -> None:
    with zipfile.ZipFile(aar) as archive:
        for name in HEADERS:
            _write(out / "headers" / name, archive.read(f"headers/{name}"))
        for abi in ANDROID.values():
            data = archive.read(f"jni/{abi}/libonnxruntime.so")
            _write(out / "android" / abi / "libonnxruntime.so", data)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
