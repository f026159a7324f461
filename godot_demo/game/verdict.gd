class_name Verdict
extends RefCounted
## What the game says to a drawing: never "wrong" unless the recogniser is sure of what it read.

enum Kind { RIGHT, AGAIN, UNSURE }

## From this probability on the expected number is what was written: likelier than all others.
const ENOUGH := 0.5


static func of(reading: NrtoolReading, expected: String) -> Kind:
	if not reading.problem.is_empty():
		return Kind.UNSURE
	if reading.score(expected) >= ENOUGH:
		return Kind.RIGHT
	if reading.is_sure and reading.number != expected:
		return Kind.AGAIN
	return Kind.UNSURE
