import pytest

from generator.errors import BadInput
from generator.splits import in_split, in_validation, picture_key, trainable_name, writer_key


@pytest.mark.parametrize("name", ["anna", "unipen-abc_12", "writer-7", "7", "žofie"])
def test_the_key_of_a_plain_name_is_the_name(name):
    assert writer_key(name) == name.encode()


@pytest.mark.parametrize(("one", "other"), [
    ("anna", "Anna"), ("anna", "anna "), ("anna", "\tANNA\n"), ("anna b", "Anna  B"),
    ("stra\u00dfe", "STRASSE"), ("\u00e9va", "e\u0301va"), ("anna", "\uff41nna"),
])  # fmt: skip
def test_names_that_differ_as_people_write_them_have_one_key(one, other):
    assert writer_key(one) == writer_key(other)


def test_others_keep_keys_of_their_own():
    names = ["anna", "anna2", "ann a", "", "hannah", "\ud800"]
    assert len({writer_key(name) for name in names}) == len(names)


def test_a_picture_is_its_size_and_pixels():
    assert picture_key((2, 3), bytes(6)) != picture_key((3, 2), bytes(6))


def test_one_in_eight_is_for_validation_and_none_in_both():
    keys = [str(number).encode() for number in range(4000)]
    held = sum(map(in_validation, keys))
    assert 400 < held < 600
    assert sum(in_split(key, "val") for key in keys) == held
    assert sum(in_split(key, "train") for key in keys) == len(keys) - held
    assert not any(in_split(key, "test") for key in keys)
    with pytest.raises(BadInput, match="no split 'validation'"):
        in_split(b"x", "validation")


def test_a_name_that_trains():
    assert in_validation(writer_key("anna"))
    assert trainable_name("anna") == "anna2"
    assert trainable_name("ben") == "ben"
