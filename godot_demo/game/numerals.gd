class_name Numerals
extends RefCounted
## Digits and signs as a child is taught to write them: strokes in a box 0.6 wide and 1 high.
## They are the game's type, its hints to trace, and the hand in its tests and pictures.

const WIDTH := 0.6
const GAP := 0.22  ## between two characters


## The strokes of one character, in the order they are written; none for an unknown one.
static func strokes(character: String) -> Array[PackedVector2Array]:
	match character:
		"0":
			return [_arc(0.3, 0.5, 0.28, 0.48, -90, -450)]
		"1":
			return [
				PackedVector2Array([Vector2(0.1, 0.24), Vector2(0.34, 0.02), Vector2(0.34, 0.98)])
			]
		"2":
			var hook := _arc(0.3, 0.29, 0.26, 0.27, 200, 385)
			hook.append_array([Vector2(0.04, 0.97), Vector2(0.58, 0.97)])
			return [hook]
		"3":
			var bows := _arc(0.27, 0.26, 0.25, 0.24, 215, 450)
			bows.append_array(_arc(0.27, 0.74, 0.29, 0.24, 270, 505))
			return [bows]
		"4":
			return [
				PackedVector2Array([Vector2(0.4, 0.02), Vector2(0.03, 0.66), Vector2(0.6, 0.66)]),
				PackedVector2Array([Vector2(0.44, 0.4), Vector2(0.44, 0.98)]),
			]
		"5":
			var bow := PackedVector2Array([Vector2(0.13, 0.03), Vector2(0.09, 0.46)])
			bow.append_array(_arc(0.28, 0.68, 0.29, 0.29, 228, 505))
			return [bow, PackedVector2Array([Vector2(0.13, 0.03), Vector2(0.54, 0.03)])]
		"6":
			var curl := PackedVector2Array()
			for step: int in 13:
				var t := step / 12.0
				var a := Vector2(0.46, 0.02).lerp(Vector2(0.06, 0.24), t)
				curl.append(a.lerp(Vector2(0.06, 0.24).lerp(Vector2(0.03, 0.7), t), t))
			curl.append_array(_arc(0.3, 0.71, 0.27, 0.26, 180, -180))
			return [curl]
		"7":
			return [
				PackedVector2Array([Vector2(0.04, 0.04), Vector2(0.57, 0.04), Vector2(0.2, 0.98)])
			]
		"8":
			var knot := PackedVector2Array()
			for step: int in 41:
				var t := TAU * step / 40.0
				knot.append(Vector2(0.3 - 0.27 * sin(2.0 * t), 0.5 - 0.48 * cos(t)))
			return [knot]
		"9":
			var loop := _arc(0.3, 0.28, 0.26, 0.26, 0, -360)
			loop.append(Vector2(0.52, 0.98))
			return [loop]
		"+":
			return [
				PackedVector2Array([Vector2(0.3, 0.26), Vector2(0.3, 0.8)]),
				PackedVector2Array([Vector2(0.03, 0.53), Vector2(0.57, 0.53)]),
			]
		"-":
			return [PackedVector2Array([Vector2(0.05, 0.53), Vector2(0.55, 0.53)])]
		"x":
			return [
				PackedVector2Array([Vector2(0.09, 0.32), Vector2(0.51, 0.74)]),
				PackedVector2Array([Vector2(0.51, 0.32), Vector2(0.09, 0.74)]),
			]
		"=":
			return [
				PackedVector2Array([Vector2(0.05, 0.42), Vector2(0.55, 0.42)]),
				PackedVector2Array([Vector2(0.05, 0.66), Vector2(0.55, 0.66)]),
			]
		"?":
			var bend := _arc(0.3, 0.24, 0.22, 0.22, 190, 405)
			bend.append_array([Vector2(0.3, 0.56), Vector2(0.3, 0.7)])
			return [bend, PackedVector2Array([Vector2(0.3, 0.95), Vector2(0.3, 0.951)])]
	return []


## How wide a text is at height 1.
static func text_width(text: String) -> float:
	return maxf(0.0, text.length() * (WIDTH + GAP) - GAP)


## The strokes of a text, centred in a rectangle as large as fits.
static func place(text: String, area: Rect2) -> Array[PackedVector2Array]:
	var placed: Array[PackedVector2Array] = []
	var width := text_width(text)
	var scale := minf(area.size.y, area.size.x / maxf(width, 0.01))
	var start := area.get_center() - Vector2(width, 1.0) * scale / 2.0
	for i: int in text.length():
		var shift := start + Vector2(i * (WIDTH + GAP) * scale, 0.0)
		var move := Transform2D(0.0, Vector2.ONE * scale, 0.0, shift)
		for stroke: PackedVector2Array in strokes(text[i]):
			placed.append(move * stroke)
	return placed


## Draws strokes as thick round lines.
static func paint(
	item: CanvasItem, lines: Array[PackedVector2Array], color: Color, thickness: float
) -> void:
	for line: PackedVector2Array in lines:
		# Piece by piece: a polyline would put spikes on sharp corners.
		for i: int in line.size() - 1:
			item.draw_line(line[i], line[i + 1], color, thickness, true)
		for point: Vector2 in line:
			item.draw_circle(point, thickness / 2.0, color, true, -1.0, true)


static func _arc(
	x: float, y: float, across: float, down: float, from: float, to: float
) -> PackedVector2Array:
	var points := PackedVector2Array()
	var steps := maxi(2, ceili(absf(to - from) / 12.0))
	for step: int in steps + 1:
		var angle := deg_to_rad(lerpf(from, to, float(step) / steps))
		points.append(Vector2(x + across * cos(angle), y + down * sin(angle)))
	return points
