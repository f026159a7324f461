class_name NrtoolCtc
extends RefCounted
## What a model's log-probabilities say: the likeliest digits, and the probability of any number.
## They come frame by frame, `classes` values each, the blank last. As in models/ctc.py.

const NEVER := -INF


## Best-path decoding: the likeliest class per frame, repeats merged, blanks dropped.
static func greedy(log_probs: PackedFloat32Array, classes: int) -> PackedInt32Array:
	var blank := classes - 1
	var digits := PackedInt32Array()
	var previous := blank
	for frame: int in log_probs.size() / classes:
		var best := 0
		for kind: int in range(1, classes):
			if log_probs[frame * classes + kind] > log_probs[frame * classes + best]:
				best = kind
		if best != blank and best != previous:
			digits.append(best)
		previous = best
	return digits


## The natural log of the probability that exactly these digits were written: the sum over all
## their alignments, by the CTC forward recursion. -INF where the frames do not suffice.
static func log_score(
	log_probs: PackedFloat32Array, classes: int, digits: PackedInt32Array
) -> float:
	var blank := classes - 1
	var states := PackedInt32Array([blank])
	for digit: int in digits:
		if digit < 0 or digit >= blank:
			return NEVER
		states.append(digit)
		states.append(blank)
	var alpha := PackedFloat64Array()
	alpha.resize(states.size())
	alpha.fill(NEVER)
	alpha[0] = 0.0  # before the first frame only the first blank's row is open
	var frames := log_probs.size() / classes
	for frame: int in frames:
		var next := PackedFloat64Array()
		next.resize(states.size())
		for state: int in states.size():
			var total := alpha[state]
			if state > 0:
				total = _log_add(total, alpha[state - 1])
			# From digit to digit over the blank between them, unless they are the same digit.
			if state > 1 and states[state] != blank and states[state] != states[state - 2]:
				total = _log_add(total, alpha[state - 2])
			next[state] = total + log_probs[frame * classes + states[state]]
		alpha = next
	var last := states.size() - 1
	return alpha[last] if last == 0 else _log_add(alpha[last], alpha[last - 1])


static func _log_add(a: float, b: float) -> float:
	if a < b:
		return b + log(1.0 + exp(a - b))
	return a if b == NEVER else a + log(1.0 + exp(b - a))
