"""What can be installed beside what reading needs, as nrtool's own metadata lists it."""

from functools import cache
from importlib import metadata
from importlib.util import find_spec

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = "nrtool"
# Modules whose name is not that of the package that brings them.
_BROUGHT_BY = {"PIL": "pillow", "google": "protobuf", "skimage": "scikit-image"}


@cache
def extras() -> dict[str, list[Requirement]]:
    """The requirements of each extra; "" is the core.

    Where an extra names another, its requirements have been listed anew as the package was built.
    Empty where the code runs without being installed.
    """
    try:
        package = metadata.metadata(PACKAGE)
    except metadata.PackageNotFoundError:
        return {}
    required = [Requirement(text) for text in package.get_all("Requires-Dist") or []]
    named = ["", *(package.get_all("Provides-Extra") or [])]
    return {name: [each for each in required if _belongs(each, name)] for name in named}


def _belongs(requirement: Requirement, extra: str) -> bool:
    """Whether it is of that extra itself, and asked for on this system."""
    if requirement.marker is None:
        return not extra
    is_core = requirement.marker.evaluate({"extra": ""})
    return requirement.marker.evaluate({"extra": extra}) and (not extra or not is_core)


def version(requirement: Requirement) -> str:
    """The version of it that is installed, "" if none is."""
    try:
        return metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return ""


def fits(requirement: Requirement) -> bool:
    """Whether a version of it is installed that will do."""
    found = version(requirement)
    return bool(found) and requirement.specifier.contains(found, prereleases=True)


def missing(module: str) -> str:
    """One line that says how to install a module that is not there; "" if that is no extra's.

    Args:
        module: dotted name, as in `ModuleNotFoundError.name`.
    """
    top = module.partition(".")[0]
    package = canonicalize_name(_BROUGHT_BY.get(top, top))
    # The extra that brings least is the one that is about this package.
    by_size = sorted(extras().items(), key=lambda item: len(item[1]))
    for extra, required in by_size:
        if package in {canonicalize_name(each.name) for each in required}:
            # Of a package that is there, a missing part is no matter of extras.
            if find_spec(top):
                return ""
            what = f"the extra {extra!r}" if extra else "its core"
            return f"this needs {what}, of which {package} is missing: {install(extra)}"
    return ""


def install(extra: str) -> str:
    """The command that installs an extra, "" for the core."""
    return f"pip install '{PACKAGE}[{extra}]'" if extra else f"pip install {PACKAGE}"
