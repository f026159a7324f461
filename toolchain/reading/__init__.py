"""Reading: from any picture to numbers, with an exported model; all that a user's program needs.

Needs ONNX Runtime, NumPy and Pillow, never PyTorch. In reading order:

- `recognizer`: the `Recognizer`, which reads pictures, ink and strips.
- `pictures`: pictures that a user names: files, folders, standard input; shown in a viewer.
- `formats`: the formats of pictures that are read, and their files' endings.
- `ink`: finds the ink of a photograph, a screenshot or a drawing.
- `rules`: the rules of ruled and squared paper, which are no ink.
- `components`: pieces of ink whose pixels touch.
- `canvas`: the canvas in a page that numbers are drawn on.
- `lines`: the glyphs and lines of a page.
- `layout_analysis`: the numbers of a picture that holds several.
- `views`: how a number is shown to the network: level, its gaps closed, in windows.
- `pen`: pen strokes to ink.
- `boxes`: where each digit of a reading is.
- `annotate`: a picture with what was read in it drawn on top.
- `modelfile`: which file is read with where none is named, and its bytes, bounded.
- `graphformat`: the part of ONNX's file format by which a file is judged.
- `graphknown`: what is known of a graph's tensors, and what its nodes say.
- `graphforms`: shapes of what operators make that move values or take each by itself.
- `graphsums`: shapes of what operators make that sum values up, and the products of it.
- `graphshapes`: how large a graph's tensors become and how much it computes, without running it.
- `graphfile`: judges a model file that may come from anywhere before it is run.
- `runtime`: opens a model with ONNX Runtime, and refuses what is none of ours.
- `inspection`: what a model file says of itself and is made of.
"""

from toolchain.reading.recognizer import Recognizer

__all__ = ["Recognizer"]
