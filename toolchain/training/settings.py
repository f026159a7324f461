"""Settings: what a TOML file can say about generating and training.

Names, defaults, ranges and explanations stand in the dataclasses alone: the file that
`nrtool config` writes is made from them, and what a file says is checked against them.
"""

import inspect
import json
import math
import re
import textwrap
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from annotated_types import Interval
from pydantic import ConfigDict, TypeAdapter, ValidationError
from rapidfuzz import fuzz, process

from generator.errors import BadInput
from generator.files import read_bounded
from generator.single import Distortion
from generator.style import Style
from models import zoo
from models.crnn import CRNNConfig
from toolchain.data import samples
from toolchain.data.sources import Digits
from toolchain.training.recipes import Recipe, adapt

LARGEST = 1 << 20  # bytes of a file
Given = dict[str, dict[str, Any]]  # section to key to value


@dataclass(frozen=True)
class Run:
    """What is trained, and where.

    Attributes:
        variant: the network, one of those that `nrtool models` lists.
        device: cpu, cuda or mps; the best there is unless it is said.
        seed: same seed, same result.
        judge: checkpoint whose network says what is hard where the recipe focuses, a small one
            sooner; the one to start from unless it is said.
    """

    variant: str = "optimized"
    device: str | None = None
    seed: Annotated[int, Interval(ge=0, lt=2**32)] = 0
    judge: Path | None = None


SECTIONS: dict[str, type] = {
    "run": Run,
    "digits": Digits,
    "style": Style,
    "distortion": Distortion,
    "recipe": Recipe,
    "network": CRNNConfig,
}

_ABOUT = {
    "run": "What is trained, and where.",
    "digits": "Whose digits numbers are written with. Paths start where nrtool is run.",
    "style": "How numbers look, in training and in validation. Ranges are [low, high].",
    "distortion": "How far single digits are changed for the variants that read only one.",
    "recipe": "How long and how fast to train, where it is to differ from the recipe.",
    "network": "The network's shape, where it is to differ from the variant's.",
}


@dataclass(frozen=True)
class Settings:
    """What files and options ask for.

    Attributes:
        run: variant, device, seed.
        digits: sources and their shares.
        style: fields of the generator's `Style` that differ.
        distortion: fields of single digits' `Distortion` that differ.
        recipe: fields of the `Recipe` that differ.
        network: fields of the network's shape that differ.
        base: the recipe that `recipe` changes; None: by the device.
    """

    run: Run
    digits: Digits
    style: dict[str, Any]
    distortion: dict[str, Any]
    recipe: dict[str, Any]
    network: dict[str, Any]
    base: str | None = None

    def choose(self, has_accelerator: bool) -> Recipe:
        """The recipe; raises `BadInput` as `adapt` does."""
        return adapt(self.base, has_accelerator, self.recipe)

    def drawing(self) -> dict[str, Any]:
        """Fields that differ of how the variant's samples are drawn.

        Raises:
            BadInput: there are such of another kind of variant.
            UnknownVariant: no such variant.
        """
        is_single = zoo.find(self.run.variant).input == "square"
        own, other = ("distortion", "style") if is_single else ("style", "distortion")
        if getattr(self, other):
            raise BadInput(f"[{other}] is not for {self.run.variant}: its samples obey [{own}]")
        return dict(getattr(self, own))


def gather(
    file: Path | None,
    assignments: Sequence[str] | None,
    options: Mapping[str, Mapping[str, Any]],
    recipe: str | None = None,
    usual: str | None = None,
) -> Settings:
    """Settings of a file, then a recipe, then assignments, then options: the later one wins.

    Args:
        file: TOML.
        assignments: "style.bend=0.05" and the like.
        options: by section and key; None says nothing.
        recipe: a recipe's name or its TOML file, instead of the file's [recipe].
        usual: the recipe's name if none is given.

    Raises:
        BadInput: a file is missing or no TOML; a key is unknown, or its value does not fit.
    """
    layers = [read(file)] if file else []
    if recipe:
        layers = [{**layer, "recipe": {}} for layer in layers]
    if recipe and recipe.endswith(".toml"):
        layers.append(_recipe_file(Path(recipe)))
        recipe = None
    layers += [_assigned(text) for text in assignments or ()]
    said = {
        section: {key: value for key, value in values.items() if value is not None}
        for section, values in options.items()
    }
    layers.append(_checked(said, "options"))
    given: Given = {section: {} for section in SECTIONS}
    for layer in layers:
        for section, values in layer.items():
            given[section] |= values
    return Settings(
        Run(**given["run"]),
        Digits(**given["digits"]),
        given["style"],
        given["distortion"],
        given["recipe"],
        given["network"],
        recipe or usual,
    )


def sources(
    mnist: Path | None,
    custom: list[Path] | None,
    share: float | None,
    procedural: float | None,
    fonts: Path | None,
) -> dict[str, Any]:
    """The section of digits that --mnist, --custom, --fonts and their shares make."""
    return {
        "mnist": mnist,
        "custom": custom or None,
        "custom_share": share,
        "procedural_share": procedural,
        "fonts": fonts,
    }


def read(path: Path) -> Given:
    """What a file says, checked.

    Raises:
        BadInput: as `gather`.
    """
    if not path.is_file():
        raise BadInput(f"{path} does not exist: write one with `nrtool config --out {path}`")
    content = read_bounded(path, LARGEST)
    try:
        return _checked(tomllib.loads(content.decode("utf-8-sig")), str(path))
    except BadInput:
        raise
    except (ValueError, RecursionError) as error:  # of TOML or of UTF-8, or nested without end
        raise BadInput(f"{path} is no TOML ({error}): mend it there") from None


def commented(variant: str, recipe: str) -> str:
    """A file that changes nothing: every key with its explanation and its default, commented out.

    Raises:
        BadInput: no such recipe.
        UnknownVariant: no such variant.
    """
    shown_recipe = adapt(recipe, False, {})
    shown = {
        "run": Run(variant),
        "digits": Digits(),
        "style": samples.style_to_learn(variant, shown_recipe.layout),
        "distortion": Distortion(),
        "recipe": shown_recipe,
        "network": zoo.shape(variant),
    }
    lines = [
        "# Settings for `nrtool train --config FILE`, `nrtool tune` and `nrtool generate`.",
        "# All stand here as they are anyway: take away the # before a key to change it.",
        "# Options on the command line win over this file.",
    ]
    for section, values in shown.items():
        if not isinstance(values, SECTIONS[section]):  # a network with nothing to choose
            continue
        lines += ["", f"# {_ABOUT[section]}", f"[{section}]"]
        said = explanations(SECTIONS[section])
        for field in fields(SECTIONS[section]):
            text = said[field.name][0].upper() + said[field.name][1:]
            lines += textwrap.wrap(text, 98, initial_indent="# ", subsequent_indent="# ")
            lines.append(f"#{field.name} = {toml(getattr(values, field.name))}".rstrip())
    return "\n".join(lines) + "\n"


def explanations(kind: type) -> dict[str, str]:
    """What a class's docstring says of each of its attributes."""
    text = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")[2]
    found = re.findall(r"^ {4}(\w+): (.+(?:\n {5,}.+)*)", text, re.MULTILINE)
    return {name: " ".join(said.split()) for name, said in found}


def toml(value: Any) -> str:
    """A value as TOML; None, which TOML lacks, is empty."""
    if value is None:
        return ""
    if isinstance(value, float) and math.isinf(value):
        return "inf"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, default=str, ensure_ascii=False)


def _recipe_file(path: Path) -> Given:
    given = read(path)
    if given.keys() - {"recipe"}:
        raise BadInput(f"{path} holds more than a [recipe]: give it to --config")
    return given


def _assigned(text: str) -> Given:
    """Of "style.bend=0.05"; what is no TOML value is taken for a word."""
    name, sign, value = text.partition("=")
    section, dot, key = name.strip().partition(".")
    if not (sign and dot):
        raise BadInput(f"--set {text}: write SECTION.KEY=VALUE, such as style.bend=0.05")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except (ValueError, LookupError, RecursionError):  # of digits without end, too
        parsed = _number_or_word(value.strip())
    return _checked({section: {key: parsed}}, "--set")


def _number_or_word(text: str) -> float | str:
    """A number such as .05, which TOML wants a 0 before, or the word itself."""
    try:
        return float(text)
    except ValueError:
        return text


def _checked(content: dict[str, Any], where: str) -> Given:
    given: Given = {}
    for section, values in content.items():
        if not isinstance(values, dict):
            raise BadInput(f"{where}: {section} is in no section: {_nearest_key(section)}")
        if section not in SECTIONS:
            near = process.extractOne(section, SECTIONS.keys(), scorer=fuzz.ratio)[0]
            raise BadInput(f"{where}: no section [{section}]: the nearest is [{near}]")
        for key in values:
            if key not in _hints(section):
                name = f"{section}.{key}"
                raise BadInput(f"{where}: {name} is unknown: {_nearest_key(key, section)}")
        given[section] = {
            key: _fitting(value, section, key, where) for key, value in values.items()
        }
    return given


def _nearest_key(word: str, section: str = "") -> str:
    """Words that name the key most like it, in its own section where two are alike."""
    scores = {
        f"{each}.{key}": fuzz.ratio(word, key) + (each == section)
        for each in SECTIONS
        for key in _hints(each)
    }
    return f"the nearest is {max(scores, key=scores.__getitem__)}"


def _fitting(value: Any, section: str, key: str, where: str) -> Any:
    """The value in its own type."""
    strict = ConfigDict(strict=True, allow_inf_nan=False)
    adapter: TypeAdapter[Any] = TypeAdapter(_hints(section)[key], config=strict)
    try:
        # By way of JSON, whose arrays may be tuples and whose strings may be paths.
        text = json.dumps(value, default=str)
    except ValueError:  # Python writes no numbers of thousands of digits
        raise BadInput(f"{where}: {section}.{key} is too long a number") from None
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise BadInput(
            f"{where}: {section}.{key} = {toml(value)} does not fit: "
            f"{reason[0].lower()}{reason[1:]} ({explanations(SECTIONS[section])[key].rstrip('.')})"
        ) from None


def _hints(section: str) -> dict[str, Any]:
    return get_type_hints(SECTIONS[section], include_extras=True)
