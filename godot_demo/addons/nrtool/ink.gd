class_name NrtoolInk
extends RefCounted
## Draws pen strokes as the models know them: the same thickness on the strip, however small or
## large a hand wrote, however many pixels the screen has.

const OVERSAMPLING := 3.0  ## pixels of ink per pixel of the strip
const THICKNESS := 2.8  ## of a line, in pixels of the strip; models were trained on 1.5 to 5
const SMALLEST := 1e-3  ## extents below this are a dot


## A drawing in the making, so that a frame need not wait for all of it.
class Drawing:
	const PIECES := 8  # lines from point to point that a step draws

	var _strokes: Array[PackedVector2Array]
	var _bounds: Rect2
	var _scale := 1.0
	var _radius := THICKNESS * OVERSAMPLING / 2.0
	var _border := Vector2.ONE * ceilf(_radius + 1.0)
	var _size := Vector2i.ONE
	var _pixels := PackedByteArray([0])
	var _stroke := 0
	var _point := 0
	var _from := Vector2.ZERO

	func _init(strokes: Array[PackedVector2Array]) -> void:
		_strokes = strokes
		_bounds = NrtoolInk.extent(strokes)
		if NrtoolInk._is_empty(strokes):
			_stroke = strokes.size()
			return
		var high := NrtoolStrip.INK_HEIGHT - THICKNESS
		var wide := NrtoolStrip.INK_WIDTH - THICKNESS
		# A dot is shown by any scale.
		if maxf(_bounds.size.x, _bounds.size.y) > SMALLEST:
			_scale = (
				OVERSAMPLING
				* minf(high / maxf(_bounds.size.y, SMALLEST), wide / maxf(_bounds.size.x, SMALLEST))
			)
		_size = Vector2i((_bounds.size * _scale + 2.0 * _border).ceil())
		_pixels.resize(_size.x * _size.y)
		_pixels.fill(0)

	## Draws some more; false where all is drawn.
	func advance() -> bool:
		for _piece: int in PIECES:
			if _stroke >= _strokes.size():
				return false
			var stroke := _strokes[_stroke]
			if _point >= stroke.size():
				_stroke += 1
				_point = 0
				continue
			var to := (stroke[_point] - _bounds.position) * _scale + _border
			if _point == 0:
				_from = to
			# Points closer than a pixel add nothing but work.
			var is_end := _point == 0 or _point == stroke.size() - 1
			if is_end or _from.distance_squared_to(to) >= 1.0:
				NrtoolInk._line(_pixels, _size, _from, to, _radius)
				_from = to
			_point += 1
		return true

	func image() -> Image:
		return Image.create_from_data(_size.x, _size.y, false, Image.FORMAT_L8, _pixels)


## Strokes are lists of points in any unit, x to the right, y down. Gives 8-bit grey ink.
static func draw(strokes: Array[PackedVector2Array]) -> Image:
	var drawing := Drawing.new(strokes)
	while drawing.advance():
		pass
	return drawing.image()


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
	var top := maxi(0, floori(minf(from.y, to.y) - reach))
	var bottom := mini(size.y - 1, ceili(maxf(from.y, to.y) + reach))
	var along := to - from
	var squared := maxf(along.length_squared(), 1e-9)
	for y: int in range(top, bottom + 1):
		# Where the line's ends leave this row alone, nothing beside them is looked at.
		var off := maxf(0.0, maxf(minf(from.y, to.y) - y - 0.5, y + 0.5 - maxf(from.y, to.y)))
		var half := sqrt(maxf(0.0, reach * reach - off * off))
		var left := maxi(0, floori(minf(from.x, to.x) - half))
		var right := mini(size.x - 1, ceili(maxf(from.x, to.x) + half))
		var row := y * size.x
		for x: int in range(left, right + 1):
			var found := pixels[row + x]
			if found == 255:
				continue
			var point := Vector2(x + 0.5, y + 0.5) - from
			var nearest := along * clampf(point.dot(along) / squared, 0.0, 1.0)
			var level := int(
				clampf(radius - point.distance_to(nearest) + 0.5, 0.0, 1.0) * 255.0 + 0.5
			)
			if level > found:
				pixels[row + x] = level
