class_name NrtoolInk
extends RefCounted
## Draws pen strokes as the models know them: the same thickness on the strip, however small or
## large a hand wrote, however many pixels the screen has.

const OVERSAMPLING := 3.0  ## pixels of ink per pixel of the strip
const THICKNESS := 2.8  ## of a line, in pixels of the strip; models were trained on 1.5 to 5
const SMALLEST := 1e-3  ## extents below this are a dot


## Strokes are lists of points in any unit, x to the right, y down. Gives 8-bit grey ink.
static func draw(strokes: Array[PackedVector2Array]) -> Image:
	var bounds := extent(strokes)
	if not bounds.has_area() and bounds.size == Vector2.ZERO and _is_empty(strokes):
		return Image.create_empty(1, 1, false, Image.FORMAT_L8)
	var high := NrtoolStrip.INK_HEIGHT - THICKNESS
	var wide := NrtoolStrip.INK_WIDTH - THICKNESS
	var scale := (
		OVERSAMPLING
		* minf(high / maxf(bounds.size.y, SMALLEST), wide / maxf(bounds.size.x, SMALLEST))
	)
	if maxf(bounds.size.x, bounds.size.y) <= SMALLEST:
		scale = 1.0  # a dot: any scale shows it
	var radius := THICKNESS * OVERSAMPLING / 2.0
	var border := Vector2.ONE * ceilf(radius + 1.0)
	var size := Vector2i((bounds.size * scale + 2.0 * border).ceil())
	var pixels := PackedByteArray()
	pixels.resize(size.x * size.y)
	for stroke: PackedVector2Array in strokes:
		var from := (
			(stroke[0] - bounds.position) * scale + border if not stroke.is_empty() else border
		)
		for i: int in stroke.size():
			var to := (stroke[i] - bounds.position) * scale + border
			# Points closer than a pixel add nothing but work.
			if i == 0 or i == stroke.size() - 1 or from.distance_squared_to(to) >= 1.0:
				_line(pixels, size, from, to, radius)
				from = to
	return Image.create_from_data(size.x, size.y, false, Image.FORMAT_L8, pixels)


## The rectangle that holds all points.
static func extent(strokes: Array[PackedVector2Array]) -> Rect2:
	var low := Vector2.INF
	var far := -Vector2.INF
	for stroke: PackedVector2Array in strokes:
		for point: Vector2 in stroke:
			low = low.min(point)
			far = far.max(point)
	return Rect2(low, far - low) if low.is_finite() else Rect2()


static func _is_empty(strokes: Array[PackedVector2Array]) -> bool:
	return strokes.all(func(stroke: PackedVector2Array) -> bool: return stroke.is_empty())


## A line with round ends: each pixel's level falls from 255 to 0 across the line's edge.
static func _line(
	pixels: PackedByteArray, size: Vector2i, from: Vector2, to: Vector2, radius: float
) -> void:
	var reach := radius + 1.0
	var left := maxi(0, floori(minf(from.x, to.x) - reach))
	var right := mini(size.x - 1, ceili(maxf(from.x, to.x) + reach))
	var top := maxi(0, floori(minf(from.y, to.y) - reach))
	var bottom := mini(size.y - 1, ceili(maxf(from.y, to.y) + reach))
	var along := to - from
	var squared := maxf(along.length_squared(), 1e-9)
	for y: int in range(top, bottom + 1):
		for x: int in range(left, right + 1):
			var point := Vector2(x + 0.5, y + 0.5) - from
			var nearest := along * clampf(point.dot(along) / squared, 0.0, 1.0)
			var level := int(
				clampf(radius - point.distance_to(nearest) + 0.5, 0.0, 1.0) * 255.0 + 0.5
			)
			if level > pixels[y * size.x + x]:
				pixels[y * size.x + x] = level
