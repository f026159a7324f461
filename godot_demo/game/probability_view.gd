class_name ProbabilityView
extends Control
## The strip, and below it each column's probabilities: one row a digit, the blank last.

const STRIP_SHARE := 0.42

var _reading: NrtoolReading
var _texture: ImageTexture


func show_reading(reading: NrtoolReading) -> void:
	_reading = reading
	_texture = null
	if reading.strip.size() == NrtoolStrip.WIDTH * NrtoolStrip.HEIGHT:
		var image := Image.create_from_data(
			NrtoolStrip.WIDTH, NrtoolStrip.HEIGHT, false, Image.FORMAT_L8, reading.strip
		)
		_texture = ImageTexture.create_from_image(image)
	queue_redraw()


func _ready() -> void:
	texture_filter = CanvasItem.TEXTURE_FILTER_NEAREST
	resized.connect(queue_redraw)


func _draw() -> void:
	draw_rect(Rect2(Vector2.ZERO, size), Color("10202c"))
	if _reading == null or _texture == null:
		return
	var label := 22.0
	var wide := size.x - label
	var strip_height := minf(size.y * STRIP_SHARE, wide / 4.0)
	draw_texture_rect(_texture, Rect2(label, 0, wide, strip_height), false)
	if _reading.classes == 0:
		return
	var frames := _reading.log_probs.size() / _reading.classes
	var cell := Vector2(wide / frames, (size.y - strip_height - 6.0) / _reading.classes)
	var font := get_theme_default_font()
	for kind: int in _reading.classes:
		var y := strip_height + 6.0 + kind * cell.y
		var title := str(kind) if kind < _reading.classes - 1 else "–"
		draw_string(font, Vector2(4, y + cell.y - 2), title, 0, -1, int(minf(cell.y, 18.0)))
		for frame: int in frames:
			var share := exp(_reading.log_probs[frame * _reading.classes + kind])
			var color := Color("16384a").lerp(Color("f0e442"), sqrt(share))
			draw_rect(Rect2(Vector2(label + frame * cell.x, y), cell - Vector2.ONE), color)
