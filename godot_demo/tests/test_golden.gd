extends TestCase
## The golden vectors: the game reads what Python reads, by ONNX Runtime and in GDScript.

const MODELS: Dictionary[String, String] = {
	"float32": "res://build/float32/%s.onnx", "int8": "res://models/%s.int8.onnx"
}
const LEVELS := 2  ## a pixel of the strip may differ by so many
const LOG_PROBS := 1e-3
## Of int8 elsewhere than in ONNX Runtime on x86-64, which made the vectors: as golden.py has it.
const LOG_PROBS_ELSEWHERE := 0.2
## Of nano's int8 there: 0.31 was seen on arm64. Digits, confidences and scores are compared as
## closely as everywhere.
const NANO_ELSEWHERE := 0.5


func test_strips_are_those_of_python() -> void:
	for case: Dictionary in golden()["cases"]:
		var strip := NrtoolStrip.fit(picture(case["drawing"] as String))
		var expected := grey(case["strip"] as String)
		equal(strip.size(), expected.size(), "bytes of %s" % case["label"])
		var worst := 0
		for i: int in strip.size():
			worst = maxi(worst, absi(strip[i] - expected[i]))
		check(worst <= LEVELS, "%s: a pixel differs by %d" % [case["label"], worst])


func test_float32_reads_as_in_python() -> void:
	_compare("optimized", "float32", NrtoolRecognizer.NATIVE)


func test_int8_reads_as_in_python() -> void:
	_compare("optimized", "int8", NrtoolRecognizer.NATIVE)


func test_nano_reads_as_in_python() -> void:
	for precision: String in MODELS:
		_compare("nano", precision, NrtoolRecognizer.NATIVE)


func test_nano_in_gdscript_reads_as_in_python() -> void:
	for precision: String in MODELS:
		_compare("nano", precision, NrtoolRecognizer.GDSCRIPT)


func _compare(variant: String, precision: String, runtime: String) -> void:
	var vectors := golden(variant)
	var model := MODELS[precision] % variant
	var hashes: Dictionary = vectors["model_sha256"]
	equal(FileAccess.get_sha256(model), hashes[precision], "SHA-256 of the model")
	var recognizer := NrtoolRecognizer.new()
	recognizer.allows_native = runtime == NrtoolRecognizer.NATIVE
	equal(recognizer.load_model(model), "", "loading %s" % model)
	equal(recognizer.runtime, runtime, "what reads")
	var worst := 0.0
	var worst_fitted := 0.0
	for case: Dictionary in vectors["cases"]:
		var label: String = case["label"]
		var readings: Dictionary = case["readings"]
		var expected: Dictionary = readings[precision]
		var reading := recognizer.recognize_strip(grey(case["strip"] as String))
		equal(reading.problem, "", label)
		equal(reading.number, expected["digits"], "%s by strip" % label)
		near(reading.confidence, expected["confidence"], 1e-3, "%s: confidence" % label)
		worst = maxf(worst, _distance(reading, expected["log_probs"] as Array))
		var scores: Dictionary = expected["scores"]
		for number: String in scores:
			near(reading.score(number), scores[number], 1e-3, "%s: score of %s" % [label, number])
		# The same through our own fitting: its strips may differ by LEVELS, its readings not.
		var fitted := recognizer.recognize(picture(case["drawing"] as String))
		equal(fitted.number, expected["digits"], "%s by drawing" % label)
		worst_fitted = maxf(worst_fitted, _distance(fitted, expected["log_probs"] as Array))
	var cases: Array = vectors["cases"]
	print(
		(
			"       %s in %s: %d drawings, log_probs differ by %.7f at most (by %.7f through our strips)"
			% [model.get_file(), runtime, cases.size(), worst, worst_fitted]
		)
	)
	var is_as_made := runtime == NrtoolRecognizer.NATIVE
	is_as_made = is_as_made and Engine.get_architecture_name() == "x86_64"
	var elsewhere := NANO_ELSEWHERE if variant == "nano" else LOG_PROBS_ELSEWHERE
	var most := LOG_PROBS if is_as_made or precision == "float32" else elsewhere
	check(worst <= most, "log_probs differ by %s" % worst)


func _distance(reading: NrtoolReading, expected: Array) -> float:
	var worst := 0.0
	var at := 0
	for frame: Array in expected:
		for value: float in frame:
			worst = maxf(worst, absf(reading.log_probs[at] - value))
			at += 1
	return worst if at == reading.log_probs.size() else INF
