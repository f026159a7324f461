extends TestCase
## The canvas under fingers, pen and mouse, through the engine's own input.


func test_a_finger_draws_a_stroke() -> void:
	var canvas := await _canvas()
	var told: Array[String] = []
	canvas.stroke_started.connect(told.append.bind("started"))
	canvas.stroke_ended.connect(told.append.bind("ended"))
	_stroke(canvas, Vector2(50, 50), Vector2(150, 90))
	equal(canvas.strokes().size(), 1, "strokes")
	equal(told, ["started", "ended"] as Array[String], "signals")
	var stroke := canvas.strokes()[0]
	check(stroke[0].distance_to(Vector2(50, 50)) < 1.0, "it begins at %s" % stroke[0])
	check(stroke[-1].distance_to(Vector2(150, 90)) < 1.0, "it ends at %s" % stroke[-1])
	canvas.free()


func test_a_touch_is_drawn_once_though_it_is_also_told_as_a_mouse() -> void:
	var canvas := await _canvas()
	Finger.touch(canvas, Vector2(50, 50), true)
	Finger.touch(canvas, Vector2(50, 50), false)
	equal(canvas.strokes().size(), 1, "strokes of one dot")
	canvas.free()


func test_a_second_finger_is_ignored() -> void:
	var canvas := await _canvas()
	Finger.touch(canvas, Vector2(50, 50), true, 0)
	Finger.touch(canvas, Vector2(200, 150), true, 1)
	Finger.drag(canvas, Vector2(220, 160), 1)
	Finger.touch(canvas, Vector2(220, 160), false, 1)
	check(canvas.is_writing(), "the first finger still writes")
	Finger.drag(canvas, Vector2(60, 80), 0)
	Finger.touch(canvas, Vector2(60, 80), false, 0)
	equal(canvas.strokes().size(), 1, "strokes")
	check(NrtoolInk.extent(canvas.strokes()).end.x < 100.0, "only the first finger's points")
	canvas.free()


func test_a_hand_resting_beside_a_pen_draws_nothing() -> void:
	var canvas := await _canvas()
	Finger.touch(canvas, Vector2(200, 180), true, 0)
	_mouse(canvas, Vector2(50, 50), true)
	_mouse_move(canvas, Vector2(90, 60), 0.7)
	_mouse(canvas, Vector2(90, 60), false)
	Finger.touch(canvas, Vector2(210, 180), true, 2)
	Finger.touch(canvas, Vector2(210, 180), false, 2)
	equal(canvas.strokes().size(), 1, "strokes")
	check(NrtoolInk.extent(canvas.strokes()).end.x < 100.0, "only the pen's points")
	canvas.free()


func test_undo_and_clear() -> void:
	var canvas := await _canvas()
	_stroke(canvas, Vector2(50, 50), Vector2(60, 90))
	_stroke(canvas, Vector2(90, 50), Vector2(95, 90))
	canvas.undo()
	equal(canvas.strokes().size(), 1, "strokes after undo")
	check(NrtoolInk.extent(canvas.strokes()).end.x < 70.0, "the last stroke went")
	_stroke(canvas, Vector2(90, 50), Vector2(95, 90))
	canvas.clear()
	check(canvas.is_blank(), "blank after clear")
	canvas.undo()
	check(canvas.is_blank(), "undo of nothing")
	canvas.free()


func test_a_cancelled_touch_leaves_nothing() -> void:
	var canvas := await _canvas()
	Finger.touch(canvas, Vector2(50, 50), true)
	_cancel(canvas, Vector2(50, 50))
	check(canvas.is_blank(), "blank")
	canvas.free()


func _cancel(canvas: NrtoolCanvas, at: Vector2) -> void:
	var event := InputEventScreenTouch.new()
	event.canceled = true
	event.position = Finger.on_screen(canvas, at)
	Input.parse_input_event(event)
	Input.flush_buffered_events()


func test_the_pause_comes_once_after_the_last_stroke() -> void:
	var canvas := await _canvas()
	canvas.pause_seconds = 1.0
	var pauses: Array[int] = []
	canvas.paused.connect(func() -> void: pauses.append(Time.get_ticks_msec()))
	_stroke(canvas, Vector2(50, 50), Vector2(60, 90))
	_stroke(canvas, Vector2(90, 50), Vector2(95, 90))
	var lifted := Time.get_ticks_msec()
	await tree.create_timer(2.5).timeout
	equal(pauses.size(), 1, "pauses")
	check(not pauses.is_empty() and pauses[0] - lifted >= 100, "it waited")
	canvas.free()


func test_the_pause_comes_after_undo_and_after_a_cancelled_touch_too() -> void:
	for is_cancelled: bool in [false, true]:
		var canvas := await _canvas()
		canvas.pause_seconds = 0.2
		var pauses: Array[int] = []
		canvas.paused.connect(func() -> void: pauses.append(1))
		_stroke(canvas, Vector2(50, 50), Vector2(60, 90))
		if is_cancelled:
			Finger.touch(canvas, Vector2(90, 50), true)
			_cancel(canvas, Vector2(90, 50))
		else:
			_stroke(canvas, Vector2(90, 50), Vector2(95, 90))
			canvas.undo()
		await tree.create_timer(1.0).timeout
		equal(canvas.strokes().size(), 1, "strokes")
		equal(pauses.size(), 1, "pauses, cancelled: %s" % is_cancelled)
		canvas.free()


func test_a_closed_canvas_takes_nothing() -> void:
	var canvas := await _canvas()
	canvas.is_open = false
	_stroke(canvas, Vector2(50, 50), Vector2(60, 90))
	check(canvas.is_blank(), "blank")
	canvas.free()


func test_a_turned_phone_keeps_the_drawing_inside() -> void:
	var canvas := await _canvas()
	_stroke(canvas, Vector2(20, 20), Vector2(280, 180))
	canvas.size = Vector2(150, 300)
	var box := NrtoolInk.extent(canvas.strokes())
	check(Rect2(Vector2.ZERO, canvas.size).encloses(box), "inside: %s" % box)
	near(box.size.aspect(), 260.0 / 160.0, 0.01, "its shape")
	_stroke(canvas, Vector2(10, 250), Vector2(140, 290))
	var second := Rect2(canvas.strokes()[1][0], Vector2.ZERO).expand(canvas.strokes()[1][-1])
	near(second.position.distance_to(Vector2(10, 250)), 0.0, 0.01, "written where the finger is")
	near(second.end.distance_to(Vector2(140, 290)), 0.0, 0.01, "to where it was lifted")
	canvas.undo()
	canvas.size = Vector2(300, 200)
	near(canvas.strokes()[0][0].distance_to(Vector2(20, 20)), 0.0, 0.01, "turned back, as it was")
	near(canvas.strokes()[0][-1].distance_to(Vector2(280, 180)), 0.0, 0.01, "and as large")
	canvas.free()


func _canvas() -> NrtoolCanvas:
	await tree.process_frame
	tree.root.size = Vector2i(800, 600)
	var canvas := NrtoolCanvas.new()
	canvas.position = Vector2(40, 30)
	canvas.size = Vector2(300, 200)
	tree.root.add_child(canvas)
	await tree.process_frame
	return canvas


func _stroke(canvas: NrtoolCanvas, from: Vector2, to: Vector2) -> void:
	Finger.touch(canvas, from, true)
	for step: int in 10:
		Finger.drag(canvas, from.lerp(to, (step + 1) / 10.0))
	Finger.touch(canvas, to, false)


func _mouse(canvas: NrtoolCanvas, at: Vector2, pressed: bool) -> void:
	var event := InputEventMouseButton.new()
	event.button_index = MOUSE_BUTTON_LEFT
	event.pressed = pressed
	event.position = Finger.on_screen(canvas, at)
	Input.parse_input_event(event)
	Input.flush_buffered_events()


func _mouse_move(canvas: NrtoolCanvas, at: Vector2, pressure: float) -> void:
	var event := InputEventMouseMotion.new()
	event.position = Finger.on_screen(canvas, at)
	event.pressure = pressure
	event.button_mask = MOUSE_BUTTON_MASK_LEFT
	Input.parse_input_event(event)
	Input.flush_buffered_events()
