import pytest

from generator import redrawn
from generator.errors import BadInput
from generator.splits import in_validation
from tests.conftest import WRITERS, stroke_line
from toolchain.data.sources import Digits


def test_custom_digits_write_their_share_of_the_numbers(strokes_folder):
    description = Digits(custom=(strokes_folder,), custom_share=0.25).bank("train").description
    shares = {source["origins"][0]: source["share"] for source in description}
    assert shares == {"drawn": 0.25, "mnist": 0.75}


@pytest.mark.parametrize(("share", "origins"), [(0.0, ["mnist"]), (1.0, ["drawn"])])
def test_a_share_may_be_all_or_nothing(strokes_folder, share, origins):
    bank = Digits(custom=(strokes_folder,), custom_share=share).bank("train")
    assert [source["origins"] for source in bank.description] == [origins]


@pytest.mark.parametrize(("custom", "procedural"), [(0.8, 0.2), (0.9, 0.1), (0.7, 0.3)])
def test_shares_that_are_all_together_leave_nothing_to_mnist(strokes_folder, custom, procedural):
    digits = Digits(
        custom=(strokes_folder,), custom_share=custom, procedural_share=procedural, fonts_share=0
    )
    origins = [source["origins"] for source in digits.bank("val").description]
    assert origins == [["drawn"], ["procedural"]]


def test_procedural_handwriting_takes_its_share_from_mnist(strokes_folder):
    digits = Digits(custom=(strokes_folder,), custom_share=0.25, procedural_share=0.5)
    shares = {each["origins"][0]: each["share"] for each in digits.bank("val").description}
    assert shares == {"drawn": 0.25, "procedural": 0.5, "mnist": 0.25}


def test_fonts_take_their_share_from_mnist_in_training_and_validation_alone(strokes_folder):
    digits = Digits(fonts=strokes_folder, fonts_share=0.2, copies=2)
    for split, copies in (("train", 2), ("val", 0)):
        fonts, mnist = digits.bank(split).description
        assert (fonts["origins"], fonts["share"], fonts["copies"]) == (["drawn"], 0.2, copies)
        assert (mnist["origins"], mnist["share"]) == (["mnist"], 0.8)
    assert [each["origins"] for each in digits.bank("test").description] == [["mnist"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("split", "asked", "copies"), [("train", 8, 1), ("train", 0, 0), ("val", 8, 0)]
)
def test_procedural_handwriting_varies_once_and_in_training_alone(split, asked, copies):
    bank = Digits(procedural_share=1.0, copies=asked).bank(split)
    [said] = bank.description
    assert said["copies"] == copies
    assert len(bank) == said["digits"] * (1 + copies)


@pytest.mark.parametrize(("split", "count"), [("val", 200), ("test", 400)])
def test_redrawn_digits_take_their_share_from_mnist_and_from_its_own_split(
    split, count, tmp_path, monkeypatch
):
    # The first digits of each split alone, so that nobody waits for the thousands.
    parts = {split: [each[:count] for each in redrawn.mnist_part(split)]}
    monkeypatch.setattr(redrawn, "mnist_part", lambda split, folder=None: parts[split])
    monkeypatch.setattr(redrawn, "cache", lambda part: tmp_path / part)
    drawn, mnist = Digits(redrawn_share=0.25).bank(split).description
    assert (drawn["origins"], drawn["share"]) == (["mnist-redrawn"], 0.25)
    assert (mnist["origins"], mnist["share"]) == (["mnist"], 0.75)
    assert 0.9 * count < drawn["digits"] < count
    assert (drawn["writers"], drawn["copies"]) == (None, 0)


def test_shares_of_more_than_all_are_refused(strokes_folder):
    with pytest.raises(BadInput, match="together"):
        Digits(custom=(strokes_folder,), custom_share=0.7, procedural_share=0.5).bank("train")
    with pytest.raises(BadInput, match="together"):
        Digits(fonts=strokes_folder, fonts_share=0.6, procedural_share=0.5).bank("train")
    with pytest.raises(BadInput, match=r"digits\.redrawn_share 0\.8"):
        Digits(redrawn_share=0.8, procedural_share=0.5).bank("train")


def test_tests_are_written_with_mnist_test_digits_alone(strokes_folder):
    for share in (0.5, 1.0):
        description = Digits(custom=(strokes_folder,), custom_share=share).bank("test").description
        assert [(source["source"], source["digits"]) for source in description] == [
            ("mnist", 10_000)
        ]


def test_digits_that_would_all_be_held_out_are_not_ignored_in_silence(tmp_path):
    writer = next(writer for writer in WRITERS if in_validation(writer.encode()))
    (tmp_path / "mine.jsonl").write_text(stroke_line(3, writer))
    with pytest.raises(BadInput, match=f"kept for validation.*{writer}.*call the writer"):
        Digits(custom=(tmp_path,)).bank("train")


def test_of_several_sources_the_one_that_does_not_train_is_named(tmp_path, capsys):
    held = next(writer for writer in WRITERS if in_validation(writer.encode()))
    trained = next(writer for writer in WRITERS if not in_validation(writer.encode()))
    paths = tuple(tmp_path / f"{writer}.jsonl" for writer in (held, trained))
    for path in paths:
        path.write_text(stroke_line(3, path.stem))
    digits = Digits(custom=paths, custom_share=1)
    assert len(digits.bank("train")) == 1
    said = capsys.readouterr().err
    assert f"all digits in {paths[0]} are kept for validation" in " ".join(said.split())
    assert str(paths[1]) not in said
    digits.bank("val")
    assert capsys.readouterr().err == ""


def test_fonts_that_would_all_be_held_out_are_refused(tmp_path):
    held = next(writer for writer in WRITERS if in_validation(writer.encode()))
    path = tmp_path / "fonts.jsonl"
    path.write_text(stroke_line(3, held))
    with pytest.raises(BadInput, match=r"fonts\.jsonl are kept for validation"):
        Digits(fonts=path).bank("train")
    Digits(fonts=path).bank("val")


def test_validation_writers_need_custom_digits():
    with pytest.raises(BadInput):
        Digits().custom_bank("val")
