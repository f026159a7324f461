"""The model card, `exports/<variant>/README.md`, written from the files beside it alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from generator.folders import files_in
from models import zoo
from toolchain import storage
from toolchain.data import checkpoint
from toolchain.data.samples import SIDES, is_pasted
from toolchain.reading.inspection import int8_share, read_graph
from toolchain.report import tables
from toolchain.report.damage import told, told_of
from toolchain.table import Table

# What a card owes to the makers of each data set, by the name in a digit's `source`.
ATTRIBUTION = {
    "mnist": "MNIST, Y. LeCun, C. Cortes, C. J. C. Burges (CC BY-SA 3.0)",
    "mnist-redrawn": "MNIST, the same, as pen strokes along the middle lines of its ink",
    "pendigits": "Pen-Based Recognition of Handwritten Digits, E. Alpaydin and F. Alimoglu, UCI "
    "Machine Learning Repository (CC BY 4.0)",
    "fonts": "some 400 handwriting fonts by their makers, as Fontsource packages them: "
    "generator/fontsource.txt names each (SIL Open Font License 1.1 or Apache License 2.0; eight "
    "packages refer to Google Fonts' attributions instead)",
    "unipen": "UNIPEN train_r01_v07, category 1a, International Unipen Foundation, "
    "DOI 10.5281/zenodo.1195803 (CC BY 4.0)",
}

NEGATIVES = "negatives"  # the source of what is no digit

# Frames and classes of log_probs, by decoder.
OUTPUT = {"ctc": ("T", "11"), "positions": ("places", "10"), "joint": ("1", "10 ** digits")}


def write_card(folder: Path) -> Path:
    """Write the card of the release in `folder`, named after its variant.

    Raises:
        BadInput: the folder holds no stored weights, or a report in it is damaged.
    """
    variant = folder.name
    weights = folder / f"{variant}.safetensors"
    facts = checkpoint.facts(weights)
    reports = _reports(folder)

    def of_weights(tell: Callable[[dict[str, Any]], str]) -> str:
        return told_of(weights, lambda: tell(facts))

    sections = [
        of_weights(lambda facts: _head(variant, facts, folder)),
        *reports["parity"],
        *reports["export"],
        *reports["evaluation"],
        *reports["bench"],
        of_weights(_data),
        of_weights(_training),
        *reports["ablations"],
        of_weights(_provenance),
    ]
    path = folder / "README.md"
    with storage.replacing(path) as temporary:
        temporary.write_text("\n".join(section for section in sections if section), "utf-8")
    return path


def check(folder: Path) -> None:
    """Tell of the reports in a release's folder, if there are any, before more work is done.

    Raises:
        BadInput: one is damaged.
    """
    _reports(folder)


def _reports(folder: Path) -> dict[str, list[str]]:
    """The sections that each report fills."""
    tellers = {
        "parity": (_accuracy,),
        "export": (_processors,),
        "evaluation": (_evaluation, _weaknesses),
        "bench": (_speed,),
        "ablations": (_ablations,),
    }
    return {
        name: [told(folder / f"{name}.json", tell) for tell in each]
        for name, each in tellers.items()
    }


def _head(variant: str, facts: dict[str, Any], folder: Path) -> str:
    rows = [
        [f"`{path.name}`", tables.megabytes(path.stat().st_size)]
        for path in files_in(folder, "*")
        if path.suffix in (".onnx", ".safetensors")
    ]
    files = Table("", ["file", "size"], rows).markdown()
    known = zoo.find(variant)
    high, wide = SIDES[known.input]
    placed = "centred as MNIST's" if known.input == "square" else "right-aligned"
    frames, classes = OUTPUT[known.build().decoder.name]
    pasted = (
        "\nMade for digits side by side at equal distances, as pasting MNIST's pictures gives; "
        "people do not write so: for their numbers take a CRNN.\n"
        if is_pasted(variant)
        else ""
    )
    return (
        f"# {variant}\n\nReads {reads(variant)}: a {known.about}, with {facts['parameters']:,} "
        f"parameters.\n{pasted}\n"
        f"Input `image`: uint8 [N, 1, {high}, {wide}], 0 = background, 255 = ink, {placed}. "
        f"Outputs: `log_probs` float32 [N, {frames}, {classes}], `digits` int64 [N, {frames}] "
        f"packed to the left and padded with -1, `confidence` float32 [N].\n\n{files}"
        f"{_int8(folder)}"
    )


def reads(variant: str) -> str:
    """What a variant reads, in words."""
    known = zoo.find(variant)
    high, wide = SIDES[known.input]
    shortest, longest = known.digits
    length = f"{shortest} to {longest}" if shortest < longest else str(longest)
    number = f"number of {length} digit{'s' * (longest > 1)}"
    what = "digit" if known.input == "square" else number
    return f"a handwritten {what} from a {high}x{wide} {known.input}"


def _int8(folder: Path) -> str:
    path = folder / f"{folder.name}.int8.onnx"
    if not path.is_file():
        return "\nIt ships as float32: no int8 file was made.\n"
    share = int8_share(read_graph(path)[1])
    return (
        f"\nThe int8 file does {share:.1%} of its multiply-adds in int8, with weights of seven "
        "bits, which no processor saturates.\n"
    )


def _processors(export: Any) -> str:
    """What the gate of that name found."""
    for gate in (export or {}).get("gates", []):
        if gate["name"] == "processors":
            return f"The int8 file on other processors, compared with here: {gate['measured']}.\n"
    return ""


def _accuracy(parity: Any) -> str:
    if not parity:
        return "## Accuracy\n\nNot measured yet: `nrtool parity`.\n"
    parts = ["## Accuracy and parity\n"]
    for section in parity["sections"]:
        table = tables.accuracy(section)
        parts += [f"{table.title}:\n", table.markdown()]
        parts += [f"{sentence}\n" for sentence in tables.differences(section)]
    return "\n".join(parts)


def _evaluation(evaluation: Any) -> str:
    if not evaluation:
        return ""
    parts = [f"## Slices\n\n`{evaluation['model']}`, by `nrtool evaluate`.\n"]
    for source in evaluation["sources"]:
        slices, _, *others = tables.evaluation(source)
        for table in (slices, *others):
            parts += [f"{table.title}:\n", table.markdown()]
    for table in (*tables.robustness(evaluation), *tables.drawings(evaluation)):
        parts += [f"{table.title}:\n", table.markdown()]
    return "\n".join(parts)


def _weaknesses(evaluation: Any) -> str:
    if not evaluation:
        return ""
    lines = [
        "It knows digits alone: a letter, a sign or a scribble may be read as a number too; how "
        "often, `python benchmarks/not_numbers.py` measures."
    ]
    for source in evaluation["sources"]:
        misread = ", ".join(f"`{pair}` {times} times" for pair, times in source["confusions"])
        wrong = source["all"]["count"] - source["all"]["right"]
        lines.append(
            f"Of {source['numbers']}, it reads fewest of these: {_worst(source['slices'])}"
            f"{_hardest_hands(source)}. {wrong:,} of {source['all']['count']:,} were misread, most "
            f"often so (written -> read; - is nothing): {misread or 'none'}."
        )
    for what, kinds in (("ways of writing", "ways"), ("drawings", "drawings")):
        if evaluation.get(kinds):
            lines.append(f"Of the {what}, it reads fewest of these: {_worst(evaluation[kinds])}.")
    return "## Known weaknesses\n\n" + "".join(f"- {line}\n" for line in lines)


def _hardest_hands(source: dict[str, Any]) -> str:
    if not source.get("writers"):
        return ""
    hands = (f"{each['name']} ({each['accuracy']:.2f} %)" for each in source["writers"]["worst"])
    return f", and of these writers: {', '.join(hands)}"


def _worst(slices: list[dict[str, Any]]) -> str:
    worst = min(slices, key=lambda each: each["accuracy"])
    return f"{worst['name']} ({worst['accuracy']:.2f} % of {worst['count']:,})"


def _ablations(report: Any) -> str:
    if not report:
        return ""
    parts = [
        "## What digits and recipe are worth\n",
        f"Each row is a {report['variant']} trained for {report['numbers']:,} numbers by the "
        f"recipe `{report['recipe']}` on the digits and the layout that benchmarks/ablations.py "
        f"calls everything, but for what it says; read exactly of {report['count']:,} "
        f"numbers a source, seed {report['seed']}: the mean of {report['seeds']} seeds, lowest to "
        "highest. Validation writers are in no row's training.\n",
    ]
    for table in tables.ablations(report):
        parts += [f"{table.title}:\n", table.markdown()]
    parts.append(
        f"Commit {report['commit']}, {report['machine']}. Written by "
        "`python benchmarks/ablations.py`.\n"
    )
    return "\n".join(parts)


def _speed(bench: Any) -> str:
    if not bench:
        return "## Speed\n\nNot measured yet: `nrtool bench`.\n"
    table = tables.speed(bench)
    return f"## Speed\n\n{table.title}:\n\n{table.markdown()}"


def _data(facts: dict[str, Any]) -> str:
    data = facts.get("data")
    if not isinstance(data, list):
        return ""
    rows, owed = [], []
    negatives = sum(source["share"] for source in data if source["source"] == NEGATIVES)
    for source in data:
        writers = source["writers"] or "unknown"
        rest = 1 if source["source"] == NEGATIVES else 1 - negatives
        share = f"{rest * source['share']:.0%}"
        names = ", ".join(source["origins"]) or "what is no digit"
        count = f"{source['digits']:,}"
        if copies := source.get("copies"):
            count += f" and {copies} varied {'copy' if copies == 1 else 'copies'} of each"
        rows.append([names, count, str(writers), share])
        owed += [f"- {ATTRIBUTION[name]}" for name in source["origins"] if name in ATTRIBUTION]
    return (
        f"## Training data\n\n{_of_whom(facts)}"
        + Table("", ["digits", "count", "writers", "share of the numbers"], rows).markdown()
        + "\nNo MNIST test digit and no validation writer among them.\n\n"
        + "\n".join(owed)
        + "\n"
    )


def _training(facts: dict[str, Any]) -> str:
    recipe = ", ".join(f"{key} {value}" for key, value in facts.get("recipe", {}).items())
    if facts.get("started_from"):
        recipe += f". Started from {facts['started_from']}"
    if facts.get("judge"):
        recipe += f". What is hard was judged by {facts['judge']}"
    mean = ""
    if averaged := facts.get("averaged"):
        shares = sorted(_shares(averaged).items(), key=lambda each: -each[1])
        parts = ", ".join(f"{100 * share:.1f} % {origin}" for origin, share in shares)
        mean = f"The weights are a mean: {parts}.\n\n"
    curve = tables.epochs(facts.get("history") or []).markdown()
    return f"## Training\n\n{mean}{_of_whom(facts)}Recipe: {recipe}.\n\n{curve}"


def _of_whom(facts: dict[str, Any]) -> str:
    """Of a mean: that what follows is of one run, and how much of the mean that is."""
    if not facts.get("averaged"):
        return ""
    seed, shares = facts.get("seed"), _shares(facts["averaged"])
    if told_of := facts.get("told_of"):
        own = shares.get(_origin(told_of), 0.0)
        return f"What follows is of {_origin(told_of)} alone, {100 * own:.1f} % of the mean.\n\n"
    own = sum(share for origin, share in shares.items() if origin.endswith(f"seed {seed})"))
    return f"What follows is of the run with seed {seed} alone, {100 * own:.1f} % of the mean.\n\n"


def _shares(checkpoints: list[dict[str, Any]]) -> dict[str, float]:
    """Share of each training run in a mean of checkpoints, which may be means themselves."""
    found: dict[str, float] = {}
    for each in checkpoints:
        inner = _shares(each["averaged"]) if each.get("averaged") else {_origin(each): 1.0}
        for name, share in inner.items():
            found[name] = found.get(name, 0.0) + share / len(checkpoints)
    return found


def _origin(each: dict[str, Any]) -> str:
    step = f"step {each['step']:,}, " if each.get("step") else ""
    return f"{each['run']} ({step}seed {each['seed']})"


def _provenance(facts: dict[str, Any]) -> str:
    commit, seed, machine = (facts.get(key, "unknown") for key in ("commit", "seed", "machine"))
    return (
        f"## Provenance\n\n{_of_whom(facts)}Trained at commit {commit}, seed {seed}, on {machine}. "
        "Weights and code: MIT. Written by `nrtool export`, `parity` and `bench`.\n"
    )
