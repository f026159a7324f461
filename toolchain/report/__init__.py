"""Reports: what was trained and measured, for people to look at; written from files alone.

In reading order:

- `tables`: what a command measured, as rows of text.
- `summary`: a network's layers.
- `damage`: reports that were damaged, refused by their file's name.
- `card`: the model card, `exports/<variant>/README.md`.
- `release_page`: every figure and picture of a release as one page, and the same as JSON.
- `curves`: loss, accuracy and time of training runs, as a picture and as a page.
- `study`: plots of a search for a better recipe.
- `charts`: the charts of those pages, as SVG.
- `board`: TensorBoard on the runs, live.

`*.html.j2` and `page.css` are the pages' templates and their style.
"""
