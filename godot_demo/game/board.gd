class_name Board
extends Control
## The sheet of paper: a canvas with a line to write on, and a number to trace when asked.

var _hint := ""

@onready var canvas: NrtoolCanvas = $Canvas


func show_hint(number: String) -> void:
	_hint = number
	queue_redraw()


func _ready() -> void:
	resized.connect(queue_redraw)


func _draw() -> void:
	var paper := StyleBoxFlat.new()
	paper.bg_color = Palette.PAPER
	paper.set_corner_radius_all(36)
	paper.border_color = Color(1, 1, 1)
	paper.set_border_width_all(6)
	paper.shadow_color = Color(0, 0.2, 0.35, 0.22)
	paper.shadow_size = 14
	paper.shadow_offset = Vector2(0, 7)
	paper.draw(get_canvas_item(), Rect2(Vector2.ZERO, size))
	for level: float in [0.2, 0.8]:
		var y := size.y * level
		draw_dashed_line(Vector2(40, y), Vector2(size.x - 40, y), Palette.FAINT, 3.0, 14.0)
	if not _hint.is_empty():
		var area := Rect2(size.x * 0.1, size.y * 0.2, size.x * 0.8, size.y * 0.6)
		Numerals.paint(self, Numerals.place(_hint, area), Palette.FAINT, canvas.pen_width() * 1.5)
