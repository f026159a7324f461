class_name NrtoolCanvas
extends Control
## A sheet to write on with a finger, a pen or the mouse. One pointer writes at a time: a second
## finger is ignored, and so is a hand that rests on the screen while a pen is in use.

## The first point of a stroke was set.
signal stroke_started
## A stroke is complete; `strokes()` holds it.
signal stroke_ended
## Nothing was written for `pause_seconds` since the last stroke.
signal paused
## The drawing is not what it was: after strokes, undo and clear.
signal changed

const MOUSE := -1
const NOBODY := -2
const PALM_SECONDS := 1.0  ## after a pen was seen, touches this soon are the hand that holds it
const CLOSEST := 1.5  ## pixels between two points that are kept

@export var ink_color := Color("1b3a5c")
## The pen's thickness, as a share of the sheet's shorter side.
@export_range(0.01, 0.2) var pen_share := 0.05
@export_range(0.2, 5.0) var pause_seconds := 1.0
## Whether new strokes are taken.
@export var is_open := true:
	set(open):
		is_open = open
		if not open and _pointer != NOBODY:
			_drop_stroke()

var _strokes: Array[PackedVector2Array] = []  ## in pixels of the sheet as large as it was at first
var _first_size := Vector2.ZERO
var _pointer := NOBODY
var _last_pen := -INF
var _pause := Timer.new()


func _ready() -> void:
	_pause.one_shot = true
	_pause.timeout.connect(func() -> void: paused.emit())
	add_child(_pause)
	mouse_default_cursor_shape = Control.CURSOR_CROSS
	clip_contents = true
	resized.connect(queue_redraw)


## All strokes, in pixels of this control; the caller's own copy.
func strokes() -> Array[PackedVector2Array]:
	var placed: Array[PackedVector2Array] = []
	for stroke: PackedVector2Array in _strokes:
		placed.append(_placed() * stroke)
	return placed


## The drawing as the models take it: 8-bit grey, 0 background, 255 ink.
func ink() -> Image:
	return NrtoolInk.draw(_strokes)


func is_blank() -> bool:
	return _strokes.is_empty()


func is_writing() -> bool:
	return _pointer != NOBODY


## Takes the last stroke back.
func undo() -> void:
	if _pointer != NOBODY:
		_drop_stroke()
	elif not _strokes.is_empty():
		_strokes.pop_back()
		_wait(2.0)  # who takes a stroke back means to write another
		_tell_change()


func clear() -> void:
	_pointer = NOBODY
	_pause.stop()
	if not _strokes.is_empty():
		_strokes.clear()
		_tell_change()


func pen_width() -> float:
	return maxf(2.0, pen_share * minf(size.x, size.y))


func _gui_input(event: InputEvent) -> void:
	var touch := event as InputEventScreenTouch
	var drag := event as InputEventScreenDrag
	var button := event as InputEventMouseButton
	var motion := event as InputEventMouseMotion
	if touch:
		_on_touch(touch)
	elif drag:
		if drag.index == _pointer:
			_extend(drag.position)
	elif event.device == InputEvent.DEVICE_ID_EMULATION:
		pass  # the same finger once more, as a mouse
	elif button and button.button_index == MOUSE_BUTTON_LEFT:
		if not button.pressed:
			_end(MOUSE)
		else:
			_begin(MOUSE, button.position)
	elif motion:
		if motion.pressure > 0.0:
			_last_pen = _now()
		if _pointer == MOUSE:
			_extend(motion.position)
	else:
		return
	accept_event()


func _on_touch(touch: InputEventScreenTouch) -> void:
	if touch.canceled:
		if touch.index == _pointer:
			_drop_stroke()
	elif not touch.pressed:
		_end(touch.index)
	elif _now() - _last_pen > PALM_SECONDS:
		_begin(touch.index, touch.position)


func _begin(pointer: int, at: Vector2) -> void:
	if not is_open:
		return
	if _pointer != NOBODY:
		# A pen coming down proves the touch before it to be the hand; else the first one writes.
		if pointer != MOUSE or _pointer == MOUSE:
			return
		_drop_stroke()
	_pointer = pointer
	_pause.stop()
	if _strokes.is_empty():
		_first_size = size
	_strokes.append(PackedVector2Array([_on_first(at)]))
	stroke_started.emit()
	queue_redraw()


func _extend(at: Vector2) -> void:
	var stroke: PackedVector2Array = _strokes[-1]
	var point := _on_first(at)
	if stroke[-1].distance_to(point) * _placed().get_scale().x >= CLOSEST:
		stroke.append(point)
		_strokes[-1] = stroke
		queue_redraw()


func _end(pointer: int) -> void:
	if pointer != _pointer:
		return
	_pointer = NOBODY
	_wait()
	_tell_change()
	stroke_ended.emit()


func _drop_stroke() -> void:
	_pointer = NOBODY
	_strokes.pop_back()
	_wait()
	_tell_change()


func _wait(pauses := 1.0) -> void:
	if _strokes.is_empty():
		_pause.stop()
	else:
		_pause.start(pauses * pause_seconds)


func _tell_change() -> void:
	changed.emit()
	queue_redraw()


## Where the drawing lies on the sheet: its shape stays when the phone is turned, and turned back it
## is as large as it was.
func _placed() -> Transform2D:
	var smaller := size.min(_first_size)
	if size == _first_size or smaller.x <= 0.0 or smaller.y <= 0.0:
		return Transform2D.IDENTITY
	var factor := minf(size.x / _first_size.x, size.y / _first_size.y)
	return Transform2D(0.0, Vector2.ONE * factor, 0.0, (size - _first_size * factor) / 2.0)


func _on_first(at: Vector2) -> Vector2:
	return _placed().affine_inverse() * at.clamp(Vector2.ZERO, size)


func _draw() -> void:
	var width := pen_width()
	for stroke: PackedVector2Array in strokes():
		for i: int in stroke.size() - 1:
			draw_line(stroke[i], stroke[i + 1], ink_color, width, true)
		for point: Vector2 in stroke:
			draw_circle(point, width / 2.0, ink_color, true, -1.0, true)


static func _now() -> float:
	return Time.get_ticks_msec() / 1000.0
