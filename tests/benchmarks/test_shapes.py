from benchmarks import shapes
from models import zoo


def test_multiply_adds_are_those_of_every_convolution():
    by_hand = (
        16 * 8 * 16 * 64  # 4x4, of the strip's half
        + 9 * 8 * 16 * 8 * 32
        + 9 * 16 * 32 * 4 * 32
        + 9 * 32 * 48 * 2 * 32
        + 6 * 48 * 56 * 32  # the height is folded away
        + 6 * 3 * 56 * 56 * 32  # three blocks of two
        + 56 * 11 * 32
    )
    assert shapes.multiply_adds(zoo.build("nano")) == by_hand


def test_the_sweep_has_every_width_with_every_depth_and_number_of_frames():
    swept = shapes.sweep([40, 56], [2, 3], [64, 32, 16])
    assert len(swept) == 12
    sizes = {name: shapes.multiply_adds(zoo.build("nano", each)) for name, each in swept.items()}
    assert sizes["56 wide, 3 blocks, 32 frames"] == shapes.multiply_adds(zoo.build("nano"))
    for name, each in swept.items():
        assert all(channels % 8 == 0 for channels in each["channels"])
        if each["width"] == 40:
            assert sizes[name] < sizes[name.replace("40", "56")]
        if each["blocks"] == 2:
            assert sizes[name] < sizes[name.replace("2 blocks", "3 blocks")]
