"""The sketchpad: a page for the browser that reads as one draws, and keeps drawings to train on.

In reading order:

- `serve`: the models that it offers, the address that it is found at, the server.
- `app`: the web application: the page, live reading, keeping drawings.
- `drawing`: a drawing as the page sends it, checked.
- `prompts`: what to write next.
- `store`: where drawings are kept.
- `lines`: their files, a line a digit: checked, changed whole or not at all.
- `dividing`: a number's strokes, divided into its digits.
- `access`: who may use the page.
- `limits`: how often, how much, how slowly a client may send.
- `static`: the page as a folder that needs no server, and opens without a network.
- `vendored`: ONNX Runtime for browsers, fetched and checked.
- `homescreen`: what a phone wants to know of a page on its home screen.

`page/` is what the browser loads; `offline/` is what it loads besides where there is no server.
"""

from pathlib import Path

PAGE, OFFLINE = Path(__file__).parent / "page", Path(__file__).parent / "offline"
