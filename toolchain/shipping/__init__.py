"""Shipping: from trained weights to the files that a game loads; nothing unproved leaves.

In reading order:

- `release`: the making of a release: export, search a recipe, pass every gate, publish.
- `export`: stored weights to a float32 .onnx that explains itself.
- `quantize`: int8 recipes by name.
- `tidy`: the graph without what only its makers needed.
- `rounding`: weights rounded so that a layer computes the same.
- `recipe_search`: all recipes built and measured side by side; the best one ships.
- `gates`: what a release must keep to be a release.
- `processors`: whether int8 reads the same on every processor.
- `saturation`: whether int8 can leave 16 bits, by the weights alone.
- `emulation`: the same file on processors that this machine has not.
- `other_runtime`: the same file under the ONNX Runtime that phones have.
- `read_strips`: reads strips under whatever Python it is started by.
- `float16`: weights stored at half the size.
- `torchscript`: the same network for libtorch.
- `ort_format`: the .ort form, and the operators that a reduced runtime needs.
- `publish`: puts a release in its place, whole or not at all.
- `release_reports`: what is measured of a release: parity, bench, golden vectors; the inventory.
- `licences`: whose the parts of a package are, listed from the files that it encloses.
"""
