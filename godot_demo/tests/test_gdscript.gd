extends TestCase
## Reading in GDScript: what it reads, what it refuses, and that no frame waits for it.

const NANO := "res://models/nano.int8.onnx"
const MANY := 1000
const DAMAGED := 300
const LARGEST_STEP := 150_000  # multiply-adds: a thirtieth of a reading


func test_a_small_model_reads_as_in_python() -> void:
	var recognizer := _loaded(odd("small.onnx"))
	for case: Dictionary in json(odd("small.json")):
		var reading := recognizer.recognize_strip(Marshalls.base64_to_raw(case["strip"] as String))
		var expected: Array = case["log_probs"]
		equal(reading.log_probs.size(), expected.size(), "values")
		var worst := 0.0
		for i: int in reading.log_probs.size():
			worst = maxf(worst, absf(reading.log_probs[i] - (expected[i] as float)))
		check(worst <= 1e-3, "log_probs differ by %s" % worst)


func test_models_of_other_kinds_are_refused_by_name() -> void:
	var refused: Dictionary = json(odd("refused.json"))
	for file: String in refused:
		var problem := _gdscript().load_model(odd(file + ".onnx"))
		var word: String = refused[file]
		check(problem.contains(word), "%s, refused for %s: %s" % [file, word, problem])


func test_an_lstm_is_refused_with_the_way_out() -> void:
	var recognizer := NrtoolRecognizer.new()
	recognizer.allows_native = false
	var problem := recognizer.load_model("res://models/optimized.int8.onnx")
	check(problem.contains("LSTM") and problem.contains("native library"), problem)
	problem = recognizer.load_model("res://build/float32/optimized.onnx")
	check(problem.contains("larger") and problem.contains("native library"), problem)


func test_a_file_cut_anywhere_is_refused() -> void:
	var bytes := FileAccess.get_file_as_bytes(odd("small.onnx"))
	for length: int in range(0, bytes.size(), 13):
		var problem := _gdscript().load_bytes(bytes.slice(0, length))
		check(not problem.is_empty(), "cut to %d bytes it is read" % length)


## A script's error would be told in what Godot prints.
func test_damaged_files_are_read_or_refused() -> void:
	var whole := FileAccess.get_file_as_bytes(odd("small.onnx"))
	var strip := Marshalls.base64_to_raw(json(odd("small.json"))[0]["strip"] as String)
	var dice := RandomNumberGenerator.new()
	dice.seed = 1
	var refused := 0
	for _file: int in DAMAGED:
		var bytes := whole.duplicate()
		for _byte: int in dice.randi_range(1, 4):
			bytes[dice.randi_range(0, bytes.size() - 1)] = dice.randi_range(0, 255)
		var recognizer := _gdscript()
		if recognizer.load_bytes(bytes).is_empty():
			recognizer.recognize_strip(strip)
		else:
			refused += 1
	check(refused > DAMAGED / 20, "%d of %d refused" % [refused, DAMAGED])


func test_lying_lengths_are_told() -> void:
	for bytes: PackedByteArray in [
		PackedByteArray([0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),  # a graph of 4 GB
		PackedByteArray([0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),  # -1
		PackedByteArray([0x3A, 0x80]),  # a length without an end
		PackedByteArray([0x3A, 0x02, 0x0A, 0x7F]),  # a node longer than its graph
		PackedByteArray([0x0D, 0x00]),  # four bytes, of which one is there
		PackedByteArray([0x3B]),  # a group, which protobuf has no more
		PackedByteArray([0x02, 0x00]),  # field 0
	]:
		var problem := _gdscript().load_bytes(bytes)
		check(problem.contains("damaged"), "%s: %s" % [bytes, problem])


func test_in_slices_no_frame_waits_for_a_reading() -> void:
	var recognizer := _loaded(NANO)
	recognizer.is_sliced = true
	recognizer.slice_ms = 0.0  # a step a frame
	var strokes := Numerals.place("38", Rect2(0, 0, 500, 300))
	var at_once := recognizer.recognize_strokes(strokes)
	var session: NrtoolScriptSession = recognizer.get("_session")
	check(session.network().largest_step() <= LARGEST_STEP, "the largest step is small")
	var first := recognizer.recognize_strokes_async(strokes)
	var second := recognizer.recognize_async(NrtoolInk.draw(strokes))
	var frames := Engine.get_process_frames()
	var answer: Array = await recognizer.recognized
	frames = Engine.get_process_frames() - frames
	equal(answer[0], first, "the first asked is the first answered")
	var reading: NrtoolReading = answer[1]
	equal(reading.log_probs, at_once.log_probs, "the same as at once")
	check(frames > session.network().steps(), "%d frames" % frames)
	# Another reading in between, at once, must not disturb the one in the making.
	await tree.process_frame
	recognizer.recognize_strip(grey(golden("nano")["cases"][0]["strip"] as String))
	answer = await recognizer.recognized
	equal(answer[0], second, "the second")
	reading = answer[1]
	equal(reading.log_probs, at_once.log_probs, "the same as at once")
	recognizer.slice_ms = 6.0
	var longest := Latency.new()
	for _i: int in 5:
		recognizer.recognize_strokes_async(strokes)
		var last := Time.get_ticks_usec()
		while not recognizer.get("_slices").is_empty():
			await tree.process_frame
			longest.add((Time.get_ticks_usec() - last) / 1000.0)
			last = Time.get_ticks_usec()
	print(
		(
			"       %d steps, at most %d multiply-adds; frames median %.2f, p90 %.2f ms"
			% [
				session.network().steps(),
				session.network().largest_step(),
				longest.quantile(0.5),
				longest.quantile(0.9)
			]
		)
	)


func test_in_slices_a_reading_that_is_given_up_holds_up_no_other() -> void:
	var recognizer := _loaded(NANO)
	recognizer.is_sliced = true
	recognizer.slice_ms = 0.0
	var strokes := Numerals.place("38", Rect2(0, 0, 500, 300))
	var begun := recognizer.recognize_strokes_async(strokes)
	var waiting := recognizer.recognize_strokes_async(strokes)
	var wanted := recognizer.recognize_strokes_async(strokes)
	await tree.process_frame
	recognizer.cancel(begun)
	recognizer.cancel(waiting)
	var answer: Array = await recognizer.recognized
	equal(answer[0], wanted, "the only one that is brought")
	equal((answer[1] as NrtoolReading).number, "38", "and is read")
	var last := recognizer.recognize_strokes_async(strokes)
	recognizer.cancel(last)
	recognizer.cancel(last)
	await tree.process_frame
	check(not tree.process_frame.is_connected(recognizer.get("_work_a_frame")), "at rest")


func test_on_worker_threads_readings_do_not_mix() -> void:
	var recognizer := _loaded(NANO)
	recognizer.is_sliced = false
	var asked: Dictionary[int, PackedFloat32Array] = {}
	for number: String in ["38", "407", "1", "38"]:
		var strokes := Numerals.place(number, Rect2(0, 0, 500, 300))
		var expected := recognizer.recognize_strokes(strokes).log_probs
		asked[recognizer.recognize_strokes_async(strokes)] = expected
	while not asked.is_empty():
		var answer: Array = await recognizer.recognized
		equal((answer[1] as NrtoolReading).log_probs, asked[answer[0]], "the same as at once")
		asked.erase(answer[0])


func test_in_slices_blank_paper_says_so() -> void:
	var recognizer := _loaded(NANO)
	recognizer.is_sliced = true
	recognizer.recognize_strokes_async([])
	var answer: Array = await recognizer.recognized
	equal((answer[1] as NrtoolReading).problem, "the drawing holds no ink", "problem")


func test_a_thousand_readings_do_not_leak() -> void:
	var recognizer := _loaded(NANO)
	var vectors: Array = golden("nano")["cases"]
	var strips: Array[PackedByteArray] = []
	for case: Dictionary in vectors:
		strips.append(grey(case["strip"] as String))
	var expected: PackedStringArray = []
	for strip: PackedByteArray in strips:
		expected.append(recognizer.recognize_strip(strip).number)
	var objects := int(Performance.get_monitor(Performance.OBJECT_COUNT))
	var memory := OS.get_static_memory_usage()
	var same := 0
	for i: int in MANY:
		var reading := recognizer.recognize_strip(strips[i % strips.size()])
		same += int(reading.number == expected[i % strips.size()])
	equal(same, MANY, "the same")
	var more := int(Performance.get_monitor(Performance.OBJECT_COUNT)) - objects
	var grown := OS.get_static_memory_usage() - memory
	print("       %d read; %d bytes and %d objects more" % [same, grown, more])
	check(more <= 0, "%d objects more" % more)
	check(grown < 65536, "memory grew by %d bytes" % grown)


func _gdscript() -> NrtoolRecognizer:
	var recognizer := NrtoolRecognizer.new()
	recognizer.allows_native = false
	return recognizer


func _loaded(path: String) -> NrtoolRecognizer:
	var recognizer := _gdscript()
	equal(recognizer.load_model(path), "", "loading %s" % path)
	equal(recognizer.runtime, NrtoolRecognizer.GDSCRIPT, "what reads")
	return recognizer
