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

`page/` is what the browser loads.
"""
