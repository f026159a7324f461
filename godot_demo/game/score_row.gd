class_name ScoreRow
extends Control
## Level flag, the five stars of the level, and all right answers so far.
## Held down for two seconds, the flag opens the developer page.

signal held

const HOLD_SECONDS := 2.0

var _level := 1
var _stars := 0
var _score := 0
var _hold := Timer.new()


func _ready() -> void:
	_hold.one_shot = true
	_hold.timeout.connect(func() -> void: held.emit())
	add_child(_hold)
	resized.connect(queue_redraw)


func show_progress(progress: Progress) -> void:
	_level = progress.level
	_stars = progress.stars
	_score = progress.score
	queue_redraw()


func _gui_input(event: InputEvent) -> void:
	var button := event as InputEventMouseButton  # touches arrive as these too
	if button and button.button_index == MOUSE_BUTTON_LEFT:
		if button.pressed and button.position.x < size.y * 1.4:
			_hold.start(HOLD_SECONDS)
		else:
			_hold.stop()


func _draw() -> void:
	var high := size.y
	var flag := PackedVector2Array(
		[
			Vector2(0, 0),
			Vector2(high, 0),
			Vector2(high * 1.3, high * 0.5),
			Vector2(high, high),
			Vector2(0, high),
		]
	)
	draw_colored_polygon(flag, Palette.PLUM)
	var figure := Rect2(high * 0.15, high * 0.2, high * 0.8, high * 0.6)
	Numerals.paint(self, Numerals.place(str(_level), figure), Color.WHITE, high * 0.09)
	var x := high * 1.85
	for i: int in Progress.STARS:
		_star(Vector2(x, high / 2.0), high * 0.4, i < _stars)
		x += high * 0.86
	var text := str(_score)
	var width := Numerals.text_width(text) * high * 0.5
	var area := Rect2(x + high * 0.15, high * 0.25, width, high * 0.5)
	if area.end.x <= size.x:
		Numerals.paint(self, Numerals.place(text, area), Palette.INK, high * 0.08)


func _star(at: Vector2, radius: float, is_won: bool) -> void:
	var points := PackedVector2Array()
	for i: int in 10:
		var reach := radius if i % 2 == 0 else radius * 0.48
		points.append(at + Vector2.from_angle(-PI / 2.0 + TAU * i / 10.0) * reach)
	draw_colored_polygon(points, Palette.STAR if is_won else Color(1, 1, 1, 0.7))
	points.append(points[0])
	draw_polyline(points, Palette.INK, 3.0, true)
