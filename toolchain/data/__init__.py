"""Data: which digits and samples a command works with, and how trained weights are kept.

In reading order:

- `sources`: the digits that options name (MNIST, your own, fonts, procedural), split by split.
- `custom`: a user's own digits, pen strokes and pictures.
- `samples`: what each variant learns from and is judged on; the one place that knows.
- `checkpoint`: weights and the facts about them in one safetensors file.
"""
