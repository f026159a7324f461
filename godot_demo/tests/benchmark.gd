extends SceneTree
## Measures readings of nano: `--script tests/benchmark.gd -- READINGS`. Ends with a line of JSON.
##
## Times are those of the clock, and, where Linux tells it, those that the main thread was at work:
## on a busy machine the clock also counts what others do.

const MODELS: PackedStringArray = ["nano.int8.onnx", "nano.onnx"]
const WARM := 5

var _clock := PackedFloat64Array()
var _work := PackedFloat64Array()
var _began := 0
var _worked := 0.0


func _initialize() -> void:
	_run.call_deferred()


func _run() -> void:
	var readings := maxi(1, int(OS.get_cmdline_user_args()[0]))
	var vectors := OS.get_environment("NRTOOL_EXPORTS").path_join("nano/golden.json")
	var strips: Array[PackedByteArray] = []
	for case: Dictionary in JSON.parse_string(FileAccess.get_file_as_string(vectors))["cases"]:
		var image := Image.new()
		image.load_png_from_buffer(Marshalls.base64_to_raw(case["strip"] as String))
		image.convert(Image.FORMAT_L8)
		strips.append(image.get_data())
	var rows: Array[Dictionary] = []
	for model: String in MODELS:
		for is_native: bool in [false, true]:
			rows.append(_measure(model, is_native, strips, readings))
	var report := {"rows": rows, "drawing": _draw(readings), "slices": await _slice(readings)}
	print(JSON.stringify(report))
	quit()


func _measure(
	model: String, is_native: bool, strips: Array[PackedByteArray], readings: int
) -> Dictionary:
	var recognizer := NrtoolRecognizer.new()
	recognizer.allows_native = is_native
	var bytes := FileAccess.get_file_as_bytes("res://models".path_join(model))
	_start()
	var problem := recognizer.load_bytes(bytes)
	_stop()
	var load := _told()
	for i: int in WARM + readings:
		if i == WARM:
			_told()
		_start()
		recognizer.recognize_strip(strips[i % strips.size()])
		_stop()
	return {
		"model": model,
		"bytes": bytes.size(),
		"runtime": recognizer.runtime,
		"problem": problem,
		"load": load,
		"reading": _told(),
	}


## From strokes to the strip, which comes before every reading.
func _draw(readings: int) -> Dictionary:
	var strokes := _strokes()
	for _i: int in mini(readings, 50):
		_start()
		NrtoolStrip.fit(NrtoolInk.draw(strokes))
		_stop()
	return _told()


## What a frame is held up where there are no threads.
func _slice(readings: int) -> Dictionary:
	var recognizer := NrtoolRecognizer.new()
	recognizer.allows_native = false
	recognizer.load_model("res://models".path_join(MODELS[0]))
	recognizer.is_sliced = true
	var frames := 0
	var times := mini(readings, 50)
	for _i: int in times:
		recognizer.recognize_strokes_async(_strokes())
		process_frame.disconnect(recognizer._work_a_frame)
		while not recognizer._slices.is_empty():
			_start()
			recognizer._work_a_frame()
			_stop()
			frames += 1
			await process_frame
	return {"frames": float(frames) / times, "frame": _told()}


func _strokes() -> Array[PackedVector2Array]:
	var dense: Array[PackedVector2Array] = []
	for stroke: PackedVector2Array in Numerals.place("407", Rect2(0, 0, 500, 300)):
		dense.append(Finger.dense(stroke, 4.0))
	return dense


func _start() -> void:
	_worked = _at_work()
	_began = Time.get_ticks_usec()


func _stop() -> void:
	_clock.append((Time.get_ticks_usec() - _began) / 1000.0)
	_work.append(_at_work() - _worked)


## What was measured since it was last told, in milliseconds.
func _told() -> Dictionary:
	var total := 0.0
	for work: float in _work:
		total += work
	_clock.sort()
	var told := {
		"clock_ms": _clock[_clock.size() / 2],
		"clock_p90_ms": _clock[_clock.size() * 9 / 10],
		"work_ms": total / _work.size(),  # Linux counts it in steps of milliseconds
		"clock_longest_ms": _clock[-1],
	}
	_clock.clear()
	_work.clear()
	return told


## Milliseconds that the main thread was at work; 0 where the system does not tell.
static func _at_work() -> float:
	var file := FileAccess.open("/proc/self/schedstat", FileAccess.READ)
	return file.get_line().get_slice(" ", 0).to_float() / 1e6 if file else 0.0
