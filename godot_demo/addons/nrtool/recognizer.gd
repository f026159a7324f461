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
## with the signal `recognized`. Where there are no threads it does a little in each frame.
##
## ONNX Runtime computes where the native library is. Where it is not, models without an LSTM are
## computed in GDScript; `runtime` says which it is.

## Sent on the main thread when `recognize_async` is done, with the ticket that it gave.
signal recognized(ticket: int, reading: NrtoolReading)

## A reading below this confidence is not sure, where the model's metadata names no threshold.
const DEFAULT_THRESHOLD := 0.8
const FORMAT := "nrtool/1"
const LARGEST_MODEL := 256 << 20  # bytes
const SESSION_CLASS := &"NrtoolSession"
const NATIVE := "ONNX Runtime"
const GDSCRIPT := "GDScript"
const NO_NATIVE := "the native library is missing for this platform: see addons/nrtool/bin"
const NO_RUNTIME := "ONNX Runtime's library"  ## how the native library's words begin without it
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
## What computes: NATIVE, or GDSCRIPT; "" before a model is loaded.
var runtime := ""
## Whether ONNX Runtime may compute; if not, GDScript does. Set before loading.
var allows_native := true
## Whether `recognize_async` works in slices of a frame on the main thread.
var is_sliced := not OS.has_feature("threads")
## Milliseconds of a frame after which no further step, of about one, is begun.
var slice_ms := 6.0

var _session: RefCounted
var _busy := Mutex.new()
var _tickets := 0
var _tasks: Dictionary[int, int] = {}  # ticket -> task
var _slices: Array[NrtoolSlicedReading] = []


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
	var session: RefCounted
	var native := NO_NATIVE
	if allows_native and ClassDB.class_exists(SESSION_CLASS):
		# Newer desktop builds of ONNX Runtime report to its makers unless they are told not to.
		if not OS.has_environment("ORT_DISABLE_TELEMETRY"):
			OS.set_environment("ORT_DISABLE_TELEMETRY", "1")
		session = ClassDB.instantiate(SESSION_CLASS)
		native = session.call(&"open", bytes, library)
		# Without ONNX Runtime GDScript may still read, unless another library was asked for.
		if not native.is_empty() and not (library.is_empty() and native.begins_with(NO_RUNTIME)):
			return "not a model that can be loaded (%s)" % native
	var script: NrtoolScriptSession
	if session == null or not native.is_empty():
		script = NrtoolScriptSession.new()
		session = script
		var broken := script.open(bytes)
		if not broken.is_empty():
			return "not a model that can be loaded (%s; %s)" % [broken, native]
	var facts := _pairs(session.call(&"metadata") as PackedStringArray)
	var problem := _mismatch(session.call(&"signature") as PackedStringArray, facts)
	if not problem.is_empty():
		return "a model of another kind (%s): export one with nrtool" % problem
	problem = script.build() if script else ""
	if not problem.is_empty():
		return "not a model that can be read here (%s; %s)" % [problem, native]
	_busy.lock()
	_session = session
	runtime = GDSCRIPT if script else NATIVE
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
	_busy.lock()
	var reading := _begun(strip)
	if reading.problem.is_empty():
		var start := Time.get_ticks_usec()
		var values: PackedFloat32Array = _session.call(&"run", strip)
		reading.run_ms = (Time.get_ticks_usec() - start) / 1000.0
		_conclude(values, reading)
	_busy.unlock()
	return reading


## Reads pen strokes (see NrtoolInk) on a worker thread; `recognized` brings the reading.
func recognize_strokes_async(strokes: Array[PackedVector2Array]) -> int:
	if is_sliced:
		return _slice(strokes, null)
	return _start(func() -> NrtoolReading: return recognize_strokes(strokes))


## Reads ink on a worker thread; `recognized` brings the reading. Leave the image as it is.
func recognize_async(ink: Image) -> int:
	if is_sliced:
		return _slice([], ink)
	return _start(func() -> NrtoolReading: return recognize(ink))


## Reads pen strokes: lists of points in any unit, x to the right, y down.
func recognize_strokes(strokes: Array[PackedVector2Array]) -> NrtoolReading:
	var start := Time.get_ticks_usec()
	var strip := NrtoolStrip.fit(NrtoolInk.draw(strokes))
	var fit_ms := (Time.get_ticks_usec() - start) / 1000.0
	var reading := recognize_strip(strip)
	reading.fit_ms = fit_ms
	return reading


## Gives up a reading that is done in slices: `recognized` does not bring it. One on a worker thread
## is soon done anyway, and is brought.
func cancel(ticket: int) -> void:
	_slices = _slices.filter(func(work: NrtoolSlicedReading) -> bool: return work.ticket != ticket)
	_rest_when_done()


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


func _slice(strokes: Array[PackedVector2Array], ink: Image) -> int:
	_tickets += 1
	_slices.append(NrtoolSlicedReading.new(_tickets, _session, strokes, ink))
	var tree := Engine.get_main_loop() as SceneTree
	if not tree.process_frame.is_connected(_work_a_frame):
		tree.process_frame.connect(_work_a_frame)
	return _tickets


func _work_a_frame() -> void:
	var until := Time.get_ticks_usec() + int(slice_ms * 1000.0)
	var work := _slices[0]
	while work.advance():
		if Time.get_ticks_usec() >= until:
			return
	_slices.pop_front()
	_rest_when_done()
	var reading := _begun(work.strip)
	reading.fit_ms = work.fit_ms
	reading.run_ms = work.run_ms
	if reading.problem.is_empty():
		_conclude(work.values, reading)
	recognized.emit(work.ticket, reading)


func _rest_when_done() -> void:
	var tree := Engine.get_main_loop() as SceneTree
	if _slices.is_empty() and tree.process_frame.is_connected(_work_a_frame):
		tree.process_frame.disconnect(_work_a_frame)


## A reading of a strip, with what keeps it from being read.
func _begun(strip: PackedByteArray) -> NrtoolReading:
	var reading := NrtoolReading.new()
	reading.strip = strip
	if strip.is_empty():
		reading.problem = "the drawing holds no ink"
	elif _session == null:
		reading.problem = "no model is loaded"
	return reading


func _conclude(values: PackedFloat32Array, reading: NrtoolReading) -> void:
	if values.is_empty():
		reading.problem = _session.call(&"problem")
	else:
		_unpack(values, reading)


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
