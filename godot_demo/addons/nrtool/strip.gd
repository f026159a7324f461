class_name NrtoolStrip
extends RefCounted
## From a drawing of any size to the strip that the models read: 32 x 128 pixels, one byte each,
## 0 background, 255 ink, the number right-aligned. The numbers are those of generator/strip.py.

const HEIGHT := 32
const WIDTH := 128
const MARGIN := 2  ## columns kept free at the right
const INK_HEIGHT := 24.0  ## a fitted drawing is this high ...
const INK_WIDTH := 124.0  ## ... or this wide, whichever binds first
const INK_LEVEL := 64  ## a pixel from this level on belongs to the ink's bounding box


## Fits ink, an image whose brightness is 0 for background and 1 for ink, to a strip.
## Gives 4096 bytes, row by row; none if nothing is drawn.
static func fit(ink: Image) -> PackedByteArray:
	var pixels := grey(ink)
	var box := ink_box(pixels, ink.get_width())
	if box.size == Vector2i.ZERO:
		return PackedByteArray()
	return squeeze_down(squeeze_across(pixels, ink.get_width(), box), box)


## The image's pixels, one byte each, row by row.
static func grey(ink: Image) -> PackedByteArray:
	var image := ink
	if image.is_compressed() or image.get_format() != Image.FORMAT_L8 or image.has_mipmaps():
		image = Image.new()
		image.copy_from(ink)
		if image.is_compressed():
			image.decompress()
		image.clear_mipmaps()
		image.convert(Image.FORMAT_L8)
	return image.get_data()


## The rectangle of all pixels at INK_LEVEL or above; of no size if there are none.
static func ink_box(pixels: PackedByteArray, width: int) -> Rect2i:
	var left := width
	var right := -1
	var top := -1
	var bottom := -1
	var height := pixels.size() / width if width else 0
	for y: int in height:
		var row := y * width
		var first := -1
		for x: int in width:
			if pixels[row + x] >= INK_LEVEL:
				first = x
				break
		if first < 0:
			continue
		if top < 0:
			top = y
		bottom = y
		left = mini(left, first)
		for x: int in range(width - 1, maxi(first, right) - 1, -1):
			if pixels[row + x] >= INK_LEVEL:
				right = maxi(right, x)
				break
	if top < 0:
		return Rect2i()
	return Rect2i(left, top, right - left + 1, bottom - top + 1)


## Every pixel of the strip is the mean of the drawing over the area that the pixel covers: first
## across, then down.
static func squeeze_across(pixels: PackedByteArray, stride: int, box: Rect2i) -> PackedFloat64Array:
	var wide := box.size.x
	var high := box.size.y
	var scale := _scale(box)
	var first_column := WIDTH - MARGIN - wide * scale
	var narrow := PackedFloat64Array()  # [high, WIDTH]: scaled across, not yet down
	narrow.resize(high * WIDTH)
	for column: int in WIDTH:
		var first := maxi(0, floori((column - first_column) / scale))
		var last := mini(wide - 1, ceili((column + 1 - first_column) / scale))
		for x: int in range(first, last + 1):
			var share := _overlap(column, first_column + x * scale, scale)
			if share <= 0.0:
				continue
			var at := box.position.y * stride + box.position.x + x
			for y: int in high:
				var level := pixels[at]
				at += stride
				if level:
					narrow[y * WIDTH + column] += share * level
	return narrow


## What `squeeze_across` gave, and the strip of it.
static func squeeze_down(narrow: PackedFloat64Array, box: Rect2i) -> PackedByteArray:
	var high := box.size.y
	var scale := _scale(box)
	var first_row := (HEIGHT - high * scale) / 2.0
	var strip := PackedByteArray()
	strip.resize(HEIGHT * WIDTH)
	for row: int in HEIGHT:
		var sums := PackedFloat64Array()
		sums.resize(WIDTH)
		var first := maxi(0, floori((row - first_row) / scale))
		var last := mini(high - 1, ceili((row + 1 - first_row) / scale))
		for y: int in range(first, last + 1):
			var share := _overlap(row, first_row + y * scale, scale)
			if share <= 0.0:
				continue
			for column: int in WIDTH:
				sums[column] += share * narrow[y * WIDTH + column]
		for column: int in WIDTH:
			strip[row * WIDTH + column] = clampi(floori(sums[column] + 0.5), 0, 255)
	return strip


static func _scale(box: Rect2i) -> float:
	return minf(INK_HEIGHT / box.size.y, INK_WIDTH / box.size.x)


## How much of the output pixel [pixel, pixel + 1] the input pixel [start, start + size] covers.
static func _overlap(pixel: int, start: float, size: float) -> float:
	return clampf(minf(pixel + 1, start + size) - maxf(pixel, start), 0.0, 1.0)
