class_name NrtoolSlicedReading
extends RefCounted
## A reading in the making, in steps of about a millisecond: where there are no threads, as in most
## browsers, some of them are done in each frame.

enum Stage { DRAW, BOX, ACROSS, DOWN, RUN, DONE }

var ticket: int
var strip := PackedByteArray()
## What the session gave; nothing where there was no ink, or it has a problem.
var values := PackedFloat32Array()
## Milliseconds of work so far, from ink to strip and in the network.
var fit_ms := 0.0
var run_ms := 0.0

var _session: RefCounted
var _drawing: NrtoolInk.Drawing
var _ink: Image
var _pixels: PackedByteArray
var _box: Rect2i
var _narrow: PackedFloat64Array
var _turn := -1
var _stage := Stage.DRAW


## Reads strokes where there are some, else ink. Without a session, makes the strip alone.
func _init(
	of_ticket: int, session: RefCounted, strokes: Array[PackedVector2Array], ink: Image
) -> void:
	ticket = of_ticket
	_session = session
	_ink = ink
	if ink == null:
		_drawing = NrtoolInk.Drawing.new(strokes)
	else:
		_stage = Stage.BOX


## Goes a step on; false where all is done.
func advance() -> bool:
	var start := Time.get_ticks_usec()
	var is_network := _stage == Stage.RUN
	_advance()
	var took := (Time.get_ticks_usec() - start) / 1000.0
	if is_network:
		run_ms += took
	else:
		fit_ms += took
	return _stage != Stage.DONE


func _advance() -> void:
	match _stage:
		Stage.DRAW:
			if not _drawing.advance():
				_ink = _drawing.image()
				_stage = Stage.BOX
		Stage.BOX:
			_pixels = NrtoolStrip.grey(_ink)
			_box = NrtoolStrip.ink_box(_pixels, _ink.get_width())
			_stage = Stage.DONE if _box.size == Vector2i.ZERO else Stage.ACROSS
		Stage.ACROSS:
			_narrow = NrtoolStrip.squeeze_across(_pixels, _ink.get_width(), _box)
			_stage = Stage.DOWN
		Stage.DOWN:
			strip = NrtoolStrip.squeeze_down(_narrow, _box)
			_stage = Stage.RUN if _session else Stage.DONE
		Stage.RUN:
			_run()


func _run() -> void:
	var stepped := _session as NrtoolScriptSession
	if stepped == null:
		values = _session.call(&"run", strip)
		_stage = Stage.DONE
	elif stepped.turn != _turn:
		# Not begun yet, or another reading came between.
		_stage = Stage.RUN if stepped.begin(strip) else Stage.DONE
		_turn = stepped.turn
	elif not stepped.advance():
		values = stepped.values()
		_stage = Stage.DONE
