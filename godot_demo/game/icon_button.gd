class_name IconButton
extends Button
## A round button with a drawn sign: no words to read.

enum Sign { UNDO, CLEAR, HINT, SOUND_ON, SOUND_OFF }

@export var sign := Sign.UNDO:
	set(new_sign):
		sign = new_sign
		queue_redraw()
@export var color := Palette.UNSURE


func _ready() -> void:
	flat = true
	focus_mode = Control.FOCUS_NONE
	for state: StringName in [&"normal", &"hover", &"pressed", &"disabled"]:
		add_theme_stylebox_override(state, StyleBoxEmpty.new())
	button_down.connect(queue_redraw)
	button_up.connect(queue_redraw)


func _draw() -> void:
	var radius := minf(size.x, size.y) / 2.0 - 4.0
	var push := 3.0 if button_pressed or is_pressed() else 0.0
	var middle := size / 2.0
	draw_circle(middle + Vector2(0, 4), radius, Color(0, 0.15, 0.3, 0.22), true, -1.0, true)
	draw_circle(middle + Vector2(0, push), radius, Color.WHITE, true, -1.0, true)
	draw_set_transform(middle + Vector2(0, push), 0.0, Vector2.ONE * radius / 40.0)
	match sign:
		Sign.UNDO:
			draw_arc(Vector2(2, 4), 17.0, -PI * 0.9, PI * 0.45, 24, color, 7.0, true)
			draw_colored_polygon(
				PackedVector2Array([Vector2(-28, -2), Vector2(-4, -4), Vector2(-14, 16)]), color
			)
		Sign.CLEAR:
			_lines([Vector2(-10, -14), Vector2(10, -14)], [Vector2(-19, -8), Vector2(19, -8)])
			_lines([Vector2(-14, -6), Vector2(-11, 20)], [Vector2(14, -6), Vector2(11, 20)])
			_lines([Vector2(-11, 20), Vector2(11, 20)], [Vector2(0, 0), Vector2(0, 12)])
		Sign.HINT:
			draw_circle(Vector2(0, -5), 17.0, Palette.STAR, true, -1.0, true)
			draw_arc(Vector2(0, -5), 17.0, 0, TAU, 32, color, 4.0, true)
			_lines([Vector2(-7, 16), Vector2(7, 16)], [Vector2(-5, 22), Vector2(5, 22)])
		Sign.SOUND_ON, Sign.SOUND_OFF:
			draw_colored_polygon(
				PackedVector2Array(
					[
						Vector2(-22, -7),
						Vector2(-12, -7),
						Vector2(0, -18),
						Vector2(0, 18),
						Vector2(-12, 7),
						Vector2(-22, 7),
					]
				),
				color
			)
			if sign == Sign.SOUND_ON:
				draw_arc(Vector2(2, 0), 11.0, -1.0, 1.0, 12, color, 5.0, true)
				draw_arc(Vector2(2, 0), 20.0, -1.0, 1.0, 16, color, 5.0, true)
			else:
				_lines([Vector2(8, -8), Vector2(24, 8)], [Vector2(24, -8), Vector2(8, 8)])
	draw_set_transform(Vector2.ZERO)


func _lines(first: Array[Vector2], second: Array[Vector2]) -> void:
	for ends: Array[Vector2] in [first, second]:
		draw_line(ends[0], ends[1], color, 6.0, true)
		for end: Vector2 in ends:
			draw_circle(end, 3.0, color, true, -1.0, true)
