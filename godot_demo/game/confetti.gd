class_name Confetti
extends Control
## A burst of paper in several shapes.

const COLORS: Array[Color] = [
	Color("e69f00"), Color("56b4e9"), Color("009e73"), Color("f0e442"), Color("cc79a7")
]
const SECONDS := 1.9
const PULL := 900.0  ## pixels a second, each second

var _bits: Array[Dictionary] = []
var _age := SECONDS


func _ready() -> void:
	mouse_filter = Control.MOUSE_FILTER_IGNORE
	set_process(false)


func burst(from: Vector2, count := 70) -> void:
	_bits.clear()
	for i: int in count:
		var speed := Vector2.from_angle(randf_range(-PI * 0.95, -PI * 0.05)) * randf_range(250, 760)
		_bits.append(
			{"at": from, "speed": speed, "color": COLORS[i % COLORS.size()], "turn": randf() * TAU}
		)
	_age = 0.0
	set_process(true)


func _process(delta: float) -> void:
	_age += delta
	if _age >= SECONDS:
		_bits.clear()
		set_process(false)
	queue_redraw()


func _draw() -> void:
	var fade := clampf((SECONDS - _age) * 2.0, 0.0, 1.0)
	for i: int in _bits.size():
		var bit := _bits[i]
		var start: Vector2 = bit["at"]
		var speed: Vector2 = bit["speed"]
		var color: Color = bit["color"]
		var turn: float = bit["turn"]
		color.a = fade
		var at := start + speed * _age + Vector2(0, PULL * _age * _age / 2.0)
		draw_set_transform(at, turn + _age * 5.0, Vector2(1.0, cos(turn + _age * 9.0)))
		if i % 3 == 0:
			draw_circle(Vector2.ZERO, 8.0, color)
		elif i % 3 == 1:
			draw_rect(Rect2(-8, -5, 16, 10), color)
		else:
			draw_colored_polygon(
				PackedVector2Array([Vector2(0, -9), Vector2(8, 7), Vector2(-8, 7)]), color
			)
	draw_set_transform(Vector2.ZERO)
