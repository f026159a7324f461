class_name Verdict
extends RefCounted
## What the game says to a drawing: never "wrong" unless the recogniser is sure of what it read.

enum Kind { RIGHT, AGAIN, UNSURE }

## No digit's line is longer than so many times the number's height, even gone over twice: more is
## a scribble, of which a network can be quite sure that it is a 4.
const LONGEST_LINE := 8.0


static func of(
	reading: NrtoolReading, expected: String, strokes: Array[PackedVector2Array] = []
) -> Kind:
	if not reading.problem.is_empty() or is_scribble(strokes, reading.number.length()):
		return Kind.UNSURE
	if reading.accepts(expected):
		return Kind.RIGHT
	if reading.is_sure and reading.number != expected:
		return Kind.AGAIN
	return Kind.UNSURE


static func is_scribble(strokes: Array[PackedVector2Array], digits: int) -> bool:
	var length := 0.0
	for stroke: PackedVector2Array in strokes:
		for i: int in range(1, stroke.size()):
			length += stroke[i].distance_to(stroke[i - 1])
	var box := NrtoolInk.extent(strokes)
	# A minus sign for a 1 has no height: then the width tells the size.
	return length > LONGEST_LINE * maxf(box.size.y, box.size.x / maxi(1, digits)) * maxi(1, digits)
