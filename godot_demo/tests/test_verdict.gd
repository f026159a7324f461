extends TestCase
## What the game says: right, try again, or "write it once more".


func test_the_expected_number_is_right() -> void:
	equal(Verdict.of(_reading("7", 0.95, true), "7"), Verdict.Kind.RIGHT, "a clear 7")


func test_a_model_that_says_so_accepts_less() -> void:
	var reading := _reading("7", 0.3, false)
	equal(Verdict.of(reading, "7"), Verdict.Kind.UNSURE, "less than half")
	reading.verdict = 0.2
	equal(Verdict.of(reading, "7"), Verdict.Kind.RIGHT, "enough for this model")


func test_a_sure_other_number_is_another_try() -> void:
	equal(Verdict.of(_reading("1", 0.95, true), "7"), Verdict.Kind.AGAIN, "a clear 1 for 7")


func test_an_unsure_reading_is_never_called_wrong() -> void:
	equal(Verdict.of(_reading("1", 0.45, false), "7"), Verdict.Kind.UNSURE, "perhaps a 1")


func test_a_problem_is_never_called_wrong() -> void:
	var reading := NrtoolReading.new()
	reading.problem = "no model is loaded"
	equal(Verdict.of(reading, "7"), Verdict.Kind.UNSURE, "no reading")


func test_all_numerals_are_no_scribbles() -> void:
	for number: String in ["0", "8", "88", "3589", "1"]:
		var twice := Numerals.place(number, Rect2(0, 0, 400, 150))
		twice.append_array(twice.duplicate())
		check(not Verdict.is_scribble(twice, number.length()), "%s, gone over twice" % number)


func test_sums_stay_in_their_levels() -> void:
	var dice := RandomNumberGenerator.new()
	dice.seed = 3
	for level: int in range(1, Sums.LEVELS + 1):
		for _i: int in 200:
			var sum := Sums.make(level, dice)
			check(sum.answer() >= 1 and sum.answer() <= 100, "%s in level %d" % [sum.text(), level])


func test_five_right_answers_fill_a_level() -> void:
	var progress := Progress.new()
	var filled: Array[bool] = []
	for _i: int in Progress.STARS:
		filled.append(progress.count_right())
	equal(filled, [false, false, false, false, true] as Array[bool], "full after")
	equal([progress.level, progress.stars, progress.score], [2, 0, 5], "level, stars, score")


func test_progress_is_kept() -> void:
	var path := "user://test_progress.cfg"
	Progress.new(path).count_right()
	equal(Progress.new(path).score, 1, "score")
	var broken := FileAccess.open(path, FileAccess.WRITE)
	broken.store_string('[progress]\nlevel="high"\nscore=-4\n')
	broken.close()
	var mended := Progress.new(path)
	equal([mended.level, mended.score], [1, 0], "from a damaged file")
	DirAccess.remove_absolute(path)


func test_drawings_are_saved_digit_by_digit() -> void:
	var strokes := Numerals.place("47", Rect2(0, 0, 300, 200))
	var lines := StrokeFile.lines(strokes, "47", "anna")
	equal(lines.size(), 2, "lines")
	var labels: Array[String] = []
	for line: String in lines:
		var record: Dictionary = JSON.parse_string(line)
		labels.append(record["label"] as String)
		var written: Array = record["strokes"]
		check(written.size() == (2 if record["label"] == "4" else 1), "strokes of %s" % line)
	equal(labels, ["4", "7"] as Array[String], "labels")
	equal(StrokeFile.lines(strokes, "477", "anna").size(), 0, "lines of the wrong length")


## A reading in whose only frame `number` has probability `share`.
func _reading(number: String, share: float, is_sure: bool) -> NrtoolReading:
	var reading := NrtoolReading.new()
	reading.number = number
	reading.confidence = share
	reading.is_sure = is_sure
	reading.classes = 11
	reading.log_probs.resize(11)
	reading.log_probs.fill(log((1.0 - share) / 10.0))
	reading.log_probs[number.to_int()] = log(share)
	return reading
