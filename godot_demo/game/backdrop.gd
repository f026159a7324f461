class_name Backdrop
extends Control
## Sky, sun, drifting clouds, hills and flowers behind the game.

const CLOUDS: Array[Vector3] = [
	Vector3(0.12, 0.1, 1.0), Vector3(0.55, 0.05, 0.7), Vector3(0.86, 0.16, 0.9)
]
const DRIFT := 0.004  ## screen widths a second

var _clouds: Array[Node2D] = []


## One cloud, drawn once and then only moved.
class Cloud:
	extends Node2D

	func _draw() -> void:
		var puffs: Array[Vector3] = [
			Vector3(-46, 12, 22), Vector3(-14, -6, 34), Vector3(26, 2, 28), Vector3(52, 16, 18)
		]
		for puff: Vector3 in puffs:
			draw_circle(Vector2(puff.x, puff.y), puff.z, Color.WHITE, true, -1.0, true)
		draw_rect(Rect2(-46, 8, 98, 26), Color.WHITE)


func _ready() -> void:
	mouse_filter = Control.MOUSE_FILTER_IGNORE
	for place: Vector3 in CLOUDS:
		var cloud := Cloud.new()
		cloud.scale = Vector2.ONE * place.z
		cloud.modulate = Color(1, 1, 1, 0.8)
		add_child(cloud)
		_clouds.append(cloud)
	resized.connect(queue_redraw)


func _process(_delta: float) -> void:
	var moved := Time.get_ticks_msec() / 1000.0 * DRIFT
	for i: int in _clouds.size():
		var x := fposmod(CLOUDS[i].x + moved + 0.15, 1.3) - 0.15
		_clouds[i].position = Vector2(x * size.x, CLOUDS[i].y * size.y + 30.0)


func _draw() -> void:
	var corners := PackedVector2Array([Vector2.ZERO, Vector2(size.x, 0), size, Vector2(0, size.y)])
	var sky := PackedColorArray(
		[Palette.SKY_TOP, Palette.SKY_TOP, Palette.SKY_LOW, Palette.SKY_LOW]
	)
	draw_polygon(corners, sky)
	var sun := Vector2(size.x * 0.93, size.y * 0.06)
	for ring: int in 3:
		draw_circle(
			sun, 120.0 - 28.0 * ring, Color(1, 0.93, 0.5, 0.25 + 0.3 * ring), true, -1.0, true
		)
	_hill(0.8, 0.05, 1.3, 0.4, Palette.HILL_FAR)
	_hill(0.88, 0.04, 0.9, 2.2, Palette.HILL_NEAR)
	var dice := RandomNumberGenerator.new()
	dice.seed = 7
	for i: int in 14:
		var at := Vector2(dice.randf() * size.x, size.y * (0.945 + 0.045 * dice.randf()))
		var petal := Color.WHITE if i % 2 else Color("ffd9ec")
		for k: int in 5:
			draw_circle(at + Vector2.from_angle(TAU * k / 5.0) * 6.0, 4.5, petal, true, -1.0, true)
		draw_circle(at, 4.0, Palette.STAR, true, -1.0, true)


func _hill(level: float, swing: float, waves: float, phase: float, color: Color) -> void:
	var edge := PackedVector2Array([Vector2(0, size.y)])
	for i: int in 33:
		var x := i / 32.0
		edge.append(
			Vector2(x * size.x, size.y * (level - swing * sin(x * TAU * waves / 2.0 + phase)))
		)
	edge.append(size)
	draw_colored_polygon(edge, color)
