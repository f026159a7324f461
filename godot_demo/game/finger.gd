class_name Finger
extends RefCounted
## A simulated finger: writes a number on a canvas through the engine's input, as a child would,
## point after point. For tests, measurements and pictures.

const STEP := 0.05  ## between two points, as a share of the digits' height


## Writes; with `frames` > 0 so many points go by in each frame, else all in one.
static func write(
	canvas: NrtoolCanvas, number: String, tree: SceneTree, points_a_frame := 0
) -> void:
	var area := Rect2(canvas.size * Vector2(0.12, 0.2), canvas.size * Vector2(0.76, 0.6))
	var done := 0
	for stroke: PackedVector2Array in Numerals.place(number, area):
		var path := dense(stroke, area.size.y * STEP)
		touch(canvas, path[0], true)
		for point: Vector2 in path:
			drag(canvas, point)
			done += 1
			if points_a_frame > 0 and done % points_a_frame == 0:
				await tree.process_frame
		touch(canvas, path[-1], false)
		if points_a_frame > 0:
			for _frame: int in 4:
				await tree.process_frame


static func touch(canvas: NrtoolCanvas, at: Vector2, pressed: bool, index := 0) -> void:
	var event := InputEventScreenTouch.new()
	event.index = index
	event.position = on_screen(canvas, at)
	event.pressed = pressed
	_send(event)


static func drag(canvas: NrtoolCanvas, at: Vector2, index := 0) -> void:
	var event := InputEventScreenDrag.new()
	event.index = index
	event.position = on_screen(canvas, at)
	_send(event)


## Touches are told in pixels of the window.
static func on_screen(canvas: NrtoolCanvas, at: Vector2) -> Vector2:
	var to_screen := canvas.get_viewport().get_screen_transform() * canvas.get_global_transform()
	return to_screen * at


static func _send(event: InputEvent) -> void:
	Input.parse_input_event(event)
	Input.flush_buffered_events()


static func dense(stroke: PackedVector2Array, step: float) -> PackedVector2Array:
	var path := PackedVector2Array([stroke[0]])
	for i: int in range(1, stroke.size()):
		var pieces := maxi(1, ceili(stroke[i].distance_to(stroke[i - 1]) / step))
		for piece: int in pieces:
			path.append(stroke[i - 1].lerp(stroke[i], float(piece + 1) / pieces))
	return path
