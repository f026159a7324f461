import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.toolchain.sketchpad.conftest import PHONE
from toolchain.sketchpad import PAGE
from toolchain.sketchpad.homescreen import SIDES, icon, icon_name, manifest


def test_the_manifest_lies_in_any_folder_and_names_icons_as_they_are():
    told = json.loads(manifest())
    assert told["start_url"] == told["scope"] == "./"
    for entry, side in zip(told["icons"], SIDES[1:], strict=True):
        assert entry["src"] == icon_name(side)
        assert entry["sizes"] == f"{side}x{side}"
        assert Image.open(io.BytesIO(icon(side))).size == (side, side)


@pytest.mark.slow
def test_the_icon_is_that_of_the_page(browser):
    side = 192
    page = browser.new_page(viewport=PHONE)
    drawn = (PAGE / "icon.svg").read_text("utf-8").replace("<svg ", f'<svg width="{side}" ')
    page.set_content(f'<body style="margin:0">{drawn}</body>')
    clip = {"x": 0, "y": 0, "width": side, "height": side}
    shown = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
    ours = Image.open(io.BytesIO(icon(side))).convert("RGB")
    gap = np.abs(np.asarray(shown, int) - np.asarray(ours, int)).max(2)
    inside = gap[side // 8 : -side // 8, side // 8 : -side // 8]  # the page rounds its corners
    assert np.mean(inside > 64) < 0.01
    page.close()
