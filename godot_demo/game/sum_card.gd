class_name SumCard
extends Control
## The sum in large figures, with a slot for the answer; on the first levels apples to count.

enum Mark { NONE, RIGHT, AGAIN, UNSURE }

var _sum: Sums.Sum
var _shows_apples := false
var _written := ""
var _mark := Mark.NONE
var _marked := 0.0  ## seconds since the mark was set


func show_sum(sum: Sums.Sum, with_apples: bool) -> void:
	_sum = sum
	_shows_apples = with_apples
	show_answer("", Mark.NONE)


func show_answer(written: String, mark: Mark) -> void:
	_written = written
	_mark = mark
	_marked = 0.0
	set_process(true)
	queue_redraw()


func _ready() -> void:
	mouse_filter = Control.MOUSE_FILTER_IGNORE
	resized.connect(queue_redraw)


func _process(delta: float) -> void:
	_marked += delta
	queue_redraw()
	if _marked > 0.6:
		set_process(false)


func _draw() -> void:
	if _sum == null:
		return
	var card := StyleBoxFlat.new()
	card.bg_color = Color(1, 1, 1, 0.94)
	card.set_corner_radius_all(36)
	card.shadow_color = Color(0, 0.2, 0.35, 0.18)
	card.shadow_size = 10
	card.shadow_offset = Vector2(0, 5)
	card.draw(get_canvas_item(), Rect2(Vector2.ZERO, size))
	var inner := Rect2(Vector2.ZERO, size).grow_individual(-34, -24, -34, -24)
	if _shows_apples and size.y > 150.0:
		var low := inner.size.y * 0.36
		_apples(Rect2(inner.position + Vector2(0, inner.size.y - low), Vector2(inner.size.x, low)))
		inner.size.y -= low + 18.0
	_figures(inner)


func _figures(area: Rect2) -> void:
	var text := "%s=" % _sum.text()
	# The slot is as wide as the answer's digits and their frame.
	var slots := maxi(1, str(_sum.answer()).length())
	var slot_width := Numerals.text_width("0".repeat(slots)) + 0.5
	var whole := Numerals.text_width(text) + 0.3 + slot_width
	var height := minf(area.size.y / 1.25, area.size.x / whole)
	var start := area.get_center() - Vector2(whole * height, height) / 2.0
	var figures := Rect2(start, Vector2(Numerals.text_width(text) * height, height))
	Numerals.paint(self, Numerals.place(text, figures), Palette.INK, height * 0.11)
	var slot := Rect2(
		Vector2(figures.end.x + 0.3 * height, start.y - 0.125 * height),
		Vector2(slot_width, 1.25) * height
	)
	var frame := StyleBoxFlat.new()
	var color := _mark_color()
	frame.bg_color = Color(color, 0.12)
	frame.border_color = color
	frame.set_border_width_all(5)
	frame.set_corner_radius_all(int(height * 0.22))
	frame.draw(get_canvas_item(), slot)
	var shown := _written if not _written.is_empty() else "?"
	var ink := Palette.INK if _mark != Mark.NONE else Palette.FAINT.darkened(0.12)
	var inside := slot.grow(-0.16 * height)
	Numerals.paint(self, Numerals.place(shown, inside), ink, height * 0.1)
	if _mark != Mark.NONE:
		_badge(Vector2(slot.end.x - 4.0, slot.position.y + 4.0), height * 0.3, color)


func _mark_color() -> Color:
	match _mark:
		Mark.RIGHT:
			return Palette.RIGHT
		Mark.AGAIN:
			return Palette.AGAIN
	return Palette.UNSURE


## Tick, turning arrow or question mark: the shape says it as well as the colour.
func _badge(at: Vector2, radius: float, color: Color) -> void:
	var pop := 1.0 + 0.5 * maxf(0.0, 1.0 - _marked / 0.25)
	draw_set_transform(at, 0.0, Vector2.ONE * pop * radius / 40.0)
	draw_circle(Vector2.ZERO, 44.0, Color.WHITE, true, -1.0, true)
	draw_circle(Vector2.ZERO, 38.0, color, true, -1.0, true)
	if _mark == Mark.RIGHT:
		var tick := PackedVector2Array([Vector2(-18, 1), Vector2(-5, 15), Vector2(19, -14)])
		draw_polyline(tick, Color.WHITE, 9.0, true)
	elif _mark == Mark.AGAIN:
		draw_arc(Vector2.ZERO, 18.0, -PI * 0.3, PI * 1.2, 24, Color.WHITE, 8.0, true)
		var head := PackedVector2Array([Vector2(0, -18), Vector2(22, -26), Vector2(20, -3)])
		draw_colored_polygon(head, Color.WHITE)
	else:
		var area := Rect2(-20, -22, 40, 44)
		Numerals.paint(self, Numerals.place("?", area), Color.WHITE, 7.0)
	draw_set_transform(Vector2.ZERO)


## One row: as many apples as each number; those taken away are crossed out.
func _apples(area: Rect2) -> void:
	var shown := _sum.left + (_sum.right if _sum.sign == "+" else 0)
	var gap := 1.0 if _sum.sign == "+" else 0.0
	var step := minf(area.size.x / (shown + gap), area.size.y * 1.1)
	var x := area.get_center().x - step * (shown + gap - 1.0) / 2.0
	for i: int in shown:
		if _sum.sign == "+" and i == _sum.left:
			x += step * gap
		var at := Vector2(x, area.get_center().y)
		var is_taken := _sum.sign == "-" and i >= shown - _sum.right
		_apple(at, step * 0.36, is_taken)
		x += step


func _apple(at: Vector2, radius: float, is_taken: bool) -> void:
	var color := Palette.APPLE if not is_taken else Palette.FAINT
	for side: float in [-0.3, 0.3]:
		draw_circle(at + Vector2(side * radius, 0), radius * 0.82, color, true, -1.0, true)
	draw_line(
		at + Vector2(0, -radius * 0.5),
		at + Vector2(radius * 0.15, -radius * 1.2),
		Color("6b4226"),
		radius * 0.18,
		true
	)
	var leaf := at + Vector2(radius * 0.5, -radius)
	draw_circle(
		leaf, radius * 0.28, Palette.RIGHT if not is_taken else Palette.FAINT, true, -1.0, true
	)
	if is_taken:
		for turn: float in [-1.0, 1.0]:
			var arm := Vector2(turn, 1.0) * radius * 0.75
			draw_line(at - arm, at + arm, Palette.INK, radius * 0.2, true)
