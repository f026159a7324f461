class_name NrtoolRecognizer
extends RefCounted
## Reads handwritten numbers with an .onnx file, offline.
##
##     var recognizer := NrtoolRecognizer.new()
##     var problem := recognizer.load_model("res://models/optimized.int8.onnx")
##     if problem.is_empty():
##         print(recognizer.recognize(canvas.ink()).number)
##
## `recognize` takes some milliseconds; `recognize_async` does it on a worker thread and answers
## with the signal `recognized`.

## Sent on the main thread when `recognize_async` is done, with the ticket that it gave.
signal recognized(ticket: int, reading: NrtoolReading)

## A reading below this confidence is not sure, where the model's metadata names no threshold.
const DEFAULT_THRESHOLD := 0.8
const FORMAT := "nrtool/1"
const LARGEST_MODEL := 256 << 20  # bytes
const SESSION_CLASS := &"NrtoolSession"
const OUTPUTS: Dictionary[String, String] = {
	"log_probs": "float32", "digits": "int64", "confidence": "float32"
}

## What the model says about itself: variant, data, accuracy, licence and more.
var metadata: Dictionary[String, String] = {}
## The character of each class, without the blank.
var alphabet := ""
## A reading is sure from this confidence on.
var threshold := DEFAULT_THRESHOLD
## A reading accepts an expected number from this probability on.
var verdict := NrtoolReading.DEFAULT_VERDICT
## Names ONNX Runtime's library; "" takes the one that came with the addon. Set before loading.
var library := ""

var _session: RefCounted
var _busy := Mutex.new()
var _tickets := 0
var _tasks: Dictionary[int, int] = {}  # ticket -> task


## Whether a model is loaded.
func is_ready() -> bool:
	return _session != null


## Loads a model from res://, user:// or any other path. Gives "", or what is wrong in words.
func load_model(path: String) -> String:
	if not FileAccess.file_exists(path):
		return "%s is missing: copy a model there, and export with *.onnx included" % path
	var file := FileAccess.open(path, FileAccess.READ)
	if file == null:
		return "%s cannot be read: %s" % [path, error_string(FileAccess.get_open_error())]
	if file.get_length() > LARGEST_MODEL:
		return "%s is too large to be one of our models" % path
	var problem := load_bytes(file.get_buffer(file.get_length()))
	return problem if problem.is_empty() else "%s: %s" % [path, problem]


## Loads a model from the content of an .onnx file. Gives "", or what is wrong in words.
func load_bytes(bytes: PackedByteArray) -> String:
	if not ClassDB.class_exists(SESSION_CLASS):
		return "the native library is missing for this platform: see addons/nrtool/bin"
	# Newer desktop builds of ONNX Runtime report to its makers unless they are told not to.
	if not OS.has_environment("ORT_DISABLE_TELEMETRY"):
		OS.set_environment("ORT_DISABLE_TELEMETRY", "1")
	var session: RefCounted = ClassDB.instantiate(SESSION_CLASS)
	var problem: String = session.call(&"open", bytes, library)
	if not problem.is_empty():
		return "not a model that can be loaded (%s)" % problem
	var facts := _pairs(session.call(&"metadata") as PackedStringArray)
	problem = _mismatch(session.call(&"signature") as PackedStringArray, facts)
	if not problem.is_empty():
		return "a model of another kind (%s): export one with nrtool" % problem
	_busy.lock()
	_session = session
	metadata = facts
	alphabet = facts["alphabet"]
	threshold = _fraction(facts, "threshold", DEFAULT_THRESHOLD)
	verdict = _fraction(facts, "verdict", NrtoolReading.DEFAULT_VERDICT)
	_busy.unlock()
	return ""


## Reads ink: an image of any size whose brightness is 0 for background and 1 for ink.
func recognize(ink: Image) -> NrtoolReading:
	var start := Time.get_ticks_usec()
	var strip := NrtoolStrip.fit(ink)
	var fit_ms := (Time.get_ticks_usec() - start) / 1000.0
	var reading := recognize_strip(strip)
	reading.fit_ms = fit_ms
	return reading


## The probability, 0 to 1, that the expected number was written.
func score(ink: Image, expected: String) -> float:
	return recognize(ink).score(expected)


## Reads a strip as `NrtoolStrip.fit` gives it.
func recognize_strip(strip: PackedByteArray) -> NrtoolReading:
	var reading := NrtoolReading.new()
	reading.strip = strip
	if strip.is_empty():
		reading.problem = "the drawing holds no ink"
		return reading
	_busy.lock()
	if _session == null:
		reading.problem = "no model is loaded"
	else:
		var start := Time.get_ticks_usec()
		var values: PackedFloat32Array = _session.call(&"run", strip)
		reading.run_ms = (Time.get_ticks_usec() - start) / 1000.0
		if values.is_empty():
			reading.problem = _session.call(&"problem")
		else:
			_unpack(values, reading)
	_busy.unlock()
	return reading


## Reads pen strokes (see NrtoolInk) on a worker thread; `recognized` brings the reading.
func recognize_strokes_async(strokes: Array[PackedVector2Array]) -> int:
	return _start(func() -> NrtoolReading: return recognize_strokes(strokes))


## Reads ink on a worker thread; `recognized` brings the reading. Leave the image as it is.
func recognize_async(ink: Image) -> int:
	return _start(func() -> NrtoolReading: return recognize(ink))


## Reads pen strokes: lists of points in any unit, x to the right, y down.
func recognize_strokes(strokes: Array[PackedVector2Array]) -> NrtoolReading:
	var start := Time.get_ticks_usec()
	var strip := NrtoolStrip.fit(NrtoolInk.draw(strokes))
	var fit_ms := (Time.get_ticks_usec() - start) / 1000.0
	var reading := recognize_strip(strip)
	reading.fit_ms = fit_ms
	return reading


func _start(work: Callable) -> int:
	_tickets += 1
	var ticket := _tickets
	_tasks[ticket] = WorkerThreadPool.add_task(_work.bind(work, ticket), true, "read a number")
	return ticket


func _work(work: Callable, ticket: int) -> void:
	var reading: NrtoolReading = work.call()
	_finish.call_deferred(ticket, reading)


func _finish(ticket: int, reading: NrtoolReading) -> void:
	WorkerThreadPool.wait_for_task_completion(_tasks[ticket])
	_tasks.erase(ticket)
	recognized.emit(ticket, reading)


## The session's values are the confidence, T digits, and T times `classes` log-probabilities.
func _unpack(values: PackedFloat32Array, reading: NrtoolReading) -> void:
	var classes := alphabet.length() + 1
	var frames := (values.size() - 1) / (classes + 1)
	if values.size() != 1 + frames * (classes + 1):
		reading.problem = "the model answered with %d values" % values.size()
		return
	reading.classes = classes
	reading.confidence = values[0]
	for digit: float in values.slice(1, 1 + frames):
		if digit >= 0.0 and digit < alphabet.length():
			reading.number += alphabet[int(digit)]
	reading.log_probs = values.slice(1 + frames)
	reading.verdict = verdict
	reading.is_sure = not reading.number.is_empty() and reading.confidence >= threshold


static func _fraction(facts: Dictionary[String, String], key: String, otherwise: float) -> float:
	var told: String = facts.get(key, "")
	return told.to_float() if told.is_valid_float() else otherwise


static func _pairs(flat: PackedStringArray) -> Dictionary[String, String]:
	var pairs: Dictionary[String, String] = {}
	for i: int in flat.size() / 2:
		pairs[flat[2 * i]] = flat[2 * i + 1]
	return pairs


## What keeps a model from being one of ours, "" if nothing does.
static func _mismatch(signature: PackedStringArray, facts: Dictionary[String, String]) -> String:
	var letters: String = facts.get("alphabet", "")
	var classes := letters.length() + 1
	var found: Dictionary[String, String] = {}
	for line: String in signature:
		var words := line.split(" ")
		var shape := words[3].split(",")
		if words[0] == "input":
			var wanted := PackedStringArray(["1", str(NrtoolStrip.HEIGHT), str(NrtoolStrip.WIDTH)])
			if words[1] != "image" or words[2] != "uint8" or shape.slice(1) != wanted:
				return "its input is not image: uint8 [N, %s]" % ", ".join(wanted)
		else:
			found[words[1]] = words[2]
			if words[1] == "log_probs" and (shape.size() != 3 or shape[2] != str(classes)):
				return "log_probs is not [N, T, %d]" % classes
	for output: String in OUTPUTS:
		if found.get(output, "") != OUTPUTS[output]:
			return "it has no output %s: %s" % [output, OUTPUTS[output]]
	if facts.get("format", "") != FORMAT:
		return "its metadata do not name the format %s" % FORMAT
	if facts.get("strip", "") != "%dx%d" % [NrtoolStrip.HEIGHT, NrtoolStrip.WIDTH]:
		return "it was made for strips of %s" % facts.get("strip", "another size")
	if facts.get("blank", "") != str(classes - 1):
		return "its blank is not the last class"
	return ""
