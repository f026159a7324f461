class_name Mascot
extends Control
## Pip, a round bird: watches the pen, hops when an answer is right, tilts its head when not sure.

enum Mood { CALM, HAPPY, KIND, PUZZLED }

const BLINK_EVERY := 3.4

var look_at_point := Vector2.ZERO  ## in this control's coordinates

var _mood := Mood.CALM
var _since := 0.0
var _clock := 0.0


func feel(mood: Mood) -> void:
	_mood = mood
	_since = 0.0


func _process(delta: float) -> void:
	_since += delta
	_clock += delta
	queue_redraw()


func _draw() -> void:
	var unit := minf(size.x, size.y) / 200.0
	var hop := 0.0
	var tilt := 0.0
	if _mood == Mood.HAPPY:
		hop = absf(sin(_since * 7.0)) * 26.0 * maxf(0.0, 1.0 - _since / 1.8)
	elif _mood == Mood.PUZZLED:
		tilt = 0.18 * minf(1.0, _since * 5.0)
	elif _mood == Mood.KIND:
		tilt = 0.07 * sin(_since * 6.0) * maxf(0.0, 1.0 - _since)
	var breath := 1.0 + 0.015 * sin(_clock * 2.2)
	var middle := size / 2.0
	draw_set_transform(middle + Vector2(0, 84) * unit, 0.0, Vector2(1, 0.22) * unit)
	_disc(Vector2.ZERO, 62.0 - hop * 0.5, Color(0, 0.2, 0.1, 0.18))
	draw_set_transform(
		middle + Vector2(0, 12.0 - hop) * unit, tilt, Vector2(breath, 1 / breath) * unit
	)
	_body(hop)
	_face()
	draw_set_transform(Vector2.ZERO)


func _body(hop: float) -> void:
	var blue := Color("3f8fd2")
	for side: float in [-1.0, 1.0]:
		draw_line(Vector2(22 * side, 62), Vector2(22 * side, 76), Palette.AGAIN, 7.0, true)
		draw_line(Vector2(22 * side, 76), Vector2(34 * side, 78), Palette.AGAIN, 7.0, true)
		draw_line(Vector2(22 * side, 76), Vector2(12 * side, 78), Palette.AGAIN, 7.0, true)
	for k: int in 3:
		var feather := Vector2.from_angle(-PI / 2.0 + (k - 1) * 0.45)
		draw_line(Vector2(0, -60), Vector2(0, -62) + feather * 24.0, blue, 9.0, true)
		_disc(Vector2(0, -62) + feather * 24.0, 4.5, blue)
	_disc(Vector2.ZERO, 70.0, blue)
	_disc(Vector2(0, 20), 46.0, Color("fff1d6"))
	for side: float in [-1.0, 1.0]:
		var lift := -0.5 - hop / 22.0 if hop > 1.0 else 0.35
		var wing := Vector2.from_angle(lift if side > 0.0 else PI - lift)
		for k: int in 6:
			_disc(Vector2(58 * side, 6) + wing * k * 6.5, 19.0 - 2.2 * k, Color("2f73b5"))


func _face() -> void:
	var is_blinking := fmod(_clock, BLINK_EVERY) < 0.13
	var gaze := (look_at_point - size / 2.0).limit_length(1.0) * 6.0
	for side: float in [-1.0, 1.0]:
		var eye := Vector2(25 * side, -20)
		if _mood == Mood.HAPPY:
			draw_arc(eye + Vector2(0, 6), 14.0, PI * 1.1, PI * 1.9, 16, Palette.INK, 6.0, true)
			continue
		_disc(eye, 20.0, Color.WHITE)
		if is_blinking:
			_disc(eye, 20.0, Color("2f73b5"))
			draw_line(eye - Vector2(14, 0), eye + Vector2(14, 0), Palette.INK, 4.0, true)
		else:
			_disc(eye + gaze, 11.0, Palette.INK)
			_disc(eye + gaze + Vector2(-4, -5), 4.0, Color.WHITE)
		if _mood == Mood.PUZZLED and side > 0.0:
			draw_line(eye + Vector2(-14, -28), eye + Vector2(14, -34), Palette.INK, 6.0, true)
	for side: float in [-1.0, 1.0]:
		_disc(Vector2(44 * side, 6), 9.0, Color(1.0, 0.55, 0.55, 0.55))
	var is_open := _mood == Mood.HAPPY
	var drop := 12.0 if is_open else 4.0
	draw_colored_polygon(
		PackedVector2Array([Vector2(-12, 0), Vector2(12, 0), Vector2(0, 14 + drop)]),
		Color("f3a712")
	)
	if is_open:
		_disc(Vector2(0, 8), 5.0, Color("b5423c"))


func _disc(at: Vector2, radius: float, color: Color) -> void:
	draw_circle(at, radius, color, true, -1.0, true)
