extends TestCase
## Decoding and scores on frames small enough to add up by hand.

const CLASSES := 3  ## digits 0 and 1, and the blank


func test_repeats_merge_and_blanks_part() -> void:
	var frames := _frames([0, 0, 2, 0, 1, 1, 2])
	equal(NrtoolCtc.greedy(frames, CLASSES), PackedInt32Array([0, 0, 1]), "digits")


func test_a_score_is_the_sum_over_all_alignments() -> void:
	# Two frames: "0" is written as 00, 0-blank or blank-0.
	var a := [0.5, 0.2, 0.3]
	var b := [0.4, 0.5, 0.1]
	var frames := _logs([a, b])
	var expected: float = 0.5 * 0.4 + 0.5 * 0.1 + 0.3 * 0.4
	near(exp(NrtoolCtc.log_score(frames, CLASSES, [0])), expected, 1e-6, "score of 0")
	near(exp(NrtoolCtc.log_score(frames, CLASSES, [0, 1])), 0.5 * 0.5, 1e-6, "score of 01")
	near(exp(NrtoolCtc.log_score(frames, CLASSES, [])), 0.3 * 0.1, 1e-6, "score of nothing")


func test_what_does_not_fit_has_no_chance() -> void:
	var frames := _logs([[0.5, 0.2, 0.3], [0.4, 0.5, 0.1]])
	equal(exp(NrtoolCtc.log_score(frames, CLASSES, [0, 0])), 0.0, "00 needs three frames")
	equal(exp(NrtoolCtc.log_score(frames, CLASSES, [7])), 0.0, "7 is no class")


func test_all_numbers_together_are_certain() -> void:
	var frames := _logs([[0.5, 0.2, 0.3], [0.4, 0.5, 0.1], [0.1, 0.2, 0.7]])
	var total := 0.0
	for length: int in 4:
		for code: int in 1 << length:
			var digits := PackedInt32Array()
			for i: int in length:
				digits.append((code >> i) & 1)
			total += exp(NrtoolCtc.log_score(frames, CLASSES, digits))
	near(total, 1.0, 1e-5, "the sum over all numbers")


func _frames(best: Array[int]) -> PackedFloat32Array:
	var frames: Array = []
	for kind: int in best:
		var frame := [0.05, 0.05, 0.05]
		frame[kind] = 0.9
		frames.append(frame)
	return _logs(frames)


func _logs(frames: Array) -> PackedFloat32Array:
	var values := PackedFloat32Array()
	for frame: Array in frames:
		for share: float in frame:
			values.append(log(share))
	return values
