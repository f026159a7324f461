"""Proof: that all forms of a model read alike, how well it reads, and what it costs.

In reading order:

- `reference`: what a release computes, in PyTorch.
- `calibration`: confidence that can be trusted: made so, and measured.
- `verdict`: the expected answer: from which posterior on it is accepted.
- `writers`: accuracy with every writer alike, and its interval over writers.
- `ambiguous`: a list of digits that people can't tell either.
- `comparison`: counts over numbers that several forms of a model read side by side.
- `parity`: PyTorch, ONNX, int8 and TorchScript read the same numbers.
- `slices`: how well a model reads by length, size, touching digits and way of writing.
- `paper`: paper as it is photographed: grain, rules, light.
- `pages`: whole pages of numbers, with all that stands on them known.
- `robustness`: drawings as users make them, fitted and read.
- `evaluation`: all of that for one model, kept as evaluation.json.
- `bench`: size, load time, latency and memory.
- `drawings`: a dozen drawings of our own.
- `golden`: these drawings and all that a release computes from them, for every port.
"""
