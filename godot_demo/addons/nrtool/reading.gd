class_name NrtoolReading
extends RefCounted
## What a recogniser read from one drawing.

## Where a model names no `verdict`: the number is then likelier than all others together.
const DEFAULT_VERDICT := 0.5

## The number as text, such as "407"; "" if nothing was read.
var number := ""
## 0 to 1: the probability that exactly this number was written.
var confidence := 0.0
## Whether the confidence reaches the model's threshold: if not, ask for it to be written again.
var is_sure := false
## What went wrong, "" if nothing did.
var problem := ""
## The 32 x 128 bytes that the network saw.
var strip := PackedByteArray()
## Natural log-probabilities, frame by frame, `classes` values each, the blank last.
var log_probs := PackedFloat32Array()
## How many classes: the alphabet and the blank.
var classes := 0
## An expected number is accepted from this probability on: the model's `verdict`.
var verdict := DEFAULT_VERDICT
## Milliseconds from ink to strip.
var fit_ms := 0.0
## Milliseconds in the network.
var run_ms := 0.0


## Whether this number is probable enough to be what was written, whatever was read.
func accepts(expected: String) -> bool:
	return score(expected) >= verdict


## The probability, 0 to 1, that this number was written, whatever was read.
func score(expected: String) -> float:
	if log_probs.is_empty() or expected.is_empty():
		return 0.0
	var digits := PackedInt32Array()
	for character: String in expected:
		if not character.is_valid_int():
			return 0.0
		digits.append(character.to_int())
	return minf(1.0, exp(NrtoolCtc.log_score(log_probs, classes, digits)))
