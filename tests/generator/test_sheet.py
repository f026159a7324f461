import numpy as np

from generator.sheet import contact_sheet, stacked


def test_sections_stand_below_one_another_each_with_its_title():
    blank = contact_sheet(np.zeros((5, 1, 32, 128), np.uint8), [""] * 5)
    inked = contact_sheet(np.full((2, 1, 32, 128), 255, np.uint8), ["", ""])
    whole = stacked([("first", blank), ("second", inked)])
    assert whole.width == blank.width
    pixels = np.asarray(whole)
    title = (whole.height - blank.height - inked.height) // 2
    np.testing.assert_array_equal(pixels[title : title + blank.height], np.asarray(blank))
    np.testing.assert_array_equal(pixels[-inked.height :], np.asarray(inked))
    assert len(np.unique(pixels[:title])) > 2  # something is written there
