"""Printed digit strings of TRDG or SynthTIGER, on strips of 32x128: how many a second.

    python benchmarks/printed.py trdg FONT.ttf
    python benchmarks/printed.py synthtiger FONT.ttf

Reads counts, one a line, makes as many strips for each and says how many seconds of the processor
that took; the first line says the versions. benchmarks/generators.py starts it in an environment of
its own, for both want older packages than this project: nothing else is imported here.

Both write plain text, dark on white or white on black, turned by up to 10 degrees and fitted to the
strip: less than either can do, and so as fast as they are for this.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

HEIGHT, WIDTH = 32, 128
TURN = 10  # degrees
TEXT = 24  # px


def strings() -> Iterator[str]:
    """Endless numbers of 1 to 5 digits."""
    chance = random.Random(1)
    while True:
        length = chance.randint(1, 5)
        yield f"{chance.randrange(10**length):0{length}d}"


def trdg(font: str) -> Iterator[Any]:
    """Its generator of given strings, on plain paper."""
    from trdg.generators import GeneratorFromStrings

    some = strings()
    return GeneratorFromStrings(
        [next(some) for _ in range(10_000)],
        fonts=[font],
        size=HEIGHT,
        width=WIDTH,
        alignment=2,
        skewing_angle=TURN,
        random_skew=True,
        background_type=1,
        margins=(2, 2, 2, 2),
        image_mode="L",
    )


class Template:
    """What SynthTIGER asks for one picture."""

    def __init__(self, config: dict[str, str]) -> None:
        self.font, self.strings = config["font"], strings()

    def generate(self) -> Any:
        """A strip float32 [32, 128, 4]: a text layer, turned and put at the right."""
        from synthtiger import components, layers

        text = layers.TextLayer(next(self.strings), self.font, TEXT, (255, 255, 255, 255))
        components.Rotate(angle=(-TURN, TURN)).apply([text])
        text.size = text.size * min(1, (HEIGHT - 2) / text.height, (WIDTH - 2) / text.width)
        text.right, text.centery = WIDTH - 2, HEIGHT / 2
        return text.output(bbox=(0, 0, WIDTH, HEIGHT))


def synthtiger(font: str) -> Iterator[Any]:
    """Its generator of a template's pictures."""
    import synthtiger

    made = synthtiger.generator(__file__, "Template", {"font": font}, seed=1, retry=False)
    return (picture for _, picture in made)


MAKERS: dict[str, Callable[[str], Iterator[Any]]] = {"trdg": trdg, "synthtiger": synthtiger}


def tell(line: str) -> None:
    """An answer, told apart from what packages print."""
    print(f"> {line}", flush=True)


def main() -> None:
    """Answer each count with the seconds that so many took."""
    name, font = sys.argv[1:]
    made = MAKERS[name](str(Path(font)))
    picture = next(made)
    picture = picture[0] if isinstance(picture, tuple) else picture  # with its text
    size = getattr(picture, "size", None) if name == "trdg" else picture.shape[1::-1]
    if tuple(size or ()) != (WIDTH, HEIGHT):
        sys.exit(f"{name} made a picture of {size}, not {(WIDTH, HEIGHT)}")
    packages = (name, "pillow", "numpy")
    tell(", ".join(f"{package} {metadata.version(package)}" for package in packages))
    for line in sys.stdin:
        before = time.process_time()
        for _ in range(int(line)):
            next(made)
        tell(str(time.process_time() - before))


if __name__ == "__main__":
    main()
