extends TestCase
## Models that are right, wrong and missing, and many recognitions.

const MODEL := "res://models/optimized.int8.onnx"
const MANY := 1000


func test_a_model_tells_what_it_is() -> void:
	var recognizer := _loaded()
	equal(recognizer.alphabet, "0123456789", "alphabet")
	equal(recognizer.metadata["variant"], "optimized", "variant")
	var named: String = recognizer.metadata.get("threshold", "")
	var expected := named.to_float() if named else NrtoolRecognizer.DEFAULT_THRESHOLD
	equal(recognizer.threshold, expected, "threshold")
	named = recognizer.metadata.get("verdict", "")
	expected = named.to_float() if named else NrtoolReading.DEFAULT_VERDICT
	equal(recognizer.verdict, expected, "verdict")


func test_a_missing_model_is_named() -> void:
	_refused("res://models/none.onnx", "missing")


func test_a_truncated_model_is_refused() -> void:
	var bytes := FileAccess.get_file_as_bytes(MODEL)
	_refused(_file(bytes.slice(0, bytes.size() / 2)), "not a model")


func test_an_empty_file_is_refused() -> void:
	_refused(_file(PackedByteArray()), "empty")


func test_a_text_file_is_refused() -> void:
	_refused(_file("not a model at all".to_utf8_buffer()), "not a model")


func test_a_model_of_another_kind_is_refused() -> void:
	var path := OS.get_environment("NRTOOL_FOREIGN")
	_refused(path, "another kind")


func test_a_refused_model_leaves_the_old_one_in_place() -> void:
	var recognizer := _loaded()
	check(not recognizer.load_model("res://models/none.onnx").is_empty(), "it is refused")
	equal(recognizer.recognize(_drawing("407")).number, "407", "the old model reads on")


func test_without_a_model_a_reading_says_so() -> void:
	equal(NrtoolRecognizer.new().recognize(_drawing("4")).problem, "no model is loaded", "problem")


func test_blank_paper_says_so() -> void:
	var blank := Image.create_empty(30, 30, false, Image.FORMAT_L8)
	equal(_loaded().recognize(blank).problem, "the drawing holds no ink", "problem")


func test_a_strip_of_the_wrong_size_is_an_error() -> void:
	var wrong := PackedByteArray([1, 2, 3])
	check(_loaded().recognize_strip(wrong).problem.contains("4096"), "it names the right size")


func test_numerals_are_read_and_scored() -> void:
	var recognizer := _loaded()
	var named: String = recognizer.metadata.get("calibration", "1, 0")
	var slope := named.get_slice(",", 0).to_float()
	var offset := named.get_slice(",", 1).to_float()
	for number: String in ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "42", "100", "17"]:
		var reading := recognizer.recognize(_drawing(number))
		equal(reading.number, number, "read")
		# The confidence is the calibrated score of what was read.
		var score := clampf(reading.score(number), 1e-6, 1.0 - 1e-6)
		var odds := slope * log(score / (1.0 - score)) + offset
		near(1.0 / (1.0 + exp(-odds)), reading.confidence, 1e-3, "score of %s" % number)
		check(recognizer.score(_drawing(number), "66") < 0.05, "%s is no 66" % number)


func test_a_thousand_recognitions_neither_leak_nor_stall() -> void:
	var recognizer := _loaded()
	var strokes := Numerals.place("38", Rect2(0, 0, 500, 300))
	var reading := Latency.new()  # what it takes from whoever waits for it
	for _warm: int in 50:
		var start := Time.get_ticks_usec()
		recognizer.recognize_strokes(strokes)
		reading.add((Time.get_ticks_usec() - start) / 1000.0)
	var objects := int(Performance.get_monitor(Performance.OBJECT_COUNT))
	var memory := _resident()
	var right := 0
	var handing := Latency.new()  # what a recognition takes from the main thread
	for _i: int in MANY:
		var start := Time.get_ticks_usec()
		var ticket := recognizer.recognize_strokes_async(strokes)
		handing.add((Time.get_ticks_usec() - start) / 1000.0)
		var answer: Array = []
		while answer.is_empty() or answer[0] != ticket:
			answer = await recognizer.recognized
		right += int((answer[1] as NrtoolReading).number == "38")
	equal(right, MANY, "right")
	var grown := _resident() - memory
	var more := int(Performance.get_monitor(Performance.OBJECT_COUNT)) - objects
	print(
		(
			"       %d read; %d kB and %d objects more; on the main thread median %.3f, p90 %.3f ms"
			% [right, grown, more, handing.quantile(0.5), handing.quantile(0.9)]
		)
	)
	check(grown < 8192, "memory grew by %d kB" % grown)
	check(more < 20, "%d objects more" % more)
	# The quickest tenth: the others may have been interrupted by what else runs here.
	check(handing.quantile(0.1) < reading.quantile(0.1) / 2.0, "the main thread is held up")


func _loaded() -> NrtoolRecognizer:
	var recognizer := NrtoolRecognizer.new()
	equal(recognizer.load_model(MODEL), "", "loading the model")
	return recognizer


func _drawing(number: String) -> Image:
	return NrtoolInk.draw(Numerals.place(number, Rect2(0, 0, 500, 200)))


func _refused(path: String, word: String) -> void:
	var problem := NrtoolRecognizer.new().load_model(path)
	check(problem.contains(word) and problem.contains(path), "%s: %s" % [path, problem])


func _file(bytes: PackedByteArray) -> String:
	var path := "user://broken.onnx"
	var file := FileAccess.open(path, FileAccess.WRITE)
	file.store_buffer(bytes)
	file.close()
	return path


## This process's memory in kB, as Linux counts it; 0 elsewhere.
func _resident() -> int:
	var file := FileAccess.open("/proc/self/status", FileAccess.READ)
	while file and not file.eof_reached():
		var line := file.get_line()
		if line.begins_with("VmRSS:"):
			return line.to_int()
	return 0
