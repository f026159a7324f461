extends TestCase
## From ink to strip; that it equals Python's is in test_golden.gd.


func test_nothing_drawn_gives_no_strip() -> void:
	check(NrtoolStrip.fit(Image.create_empty(50, 40, false, Image.FORMAT_L8)).is_empty(), "blank")


func test_a_bar_stands_at_the_right_as_high_as_can_be() -> void:
	var strip := NrtoolStrip.fit(_bar(Image.FORMAT_L8))
	equal(_box(strip), Rect2i(122, 4, 4, 24), "the bar's box")


func test_any_format_of_image_will_do() -> void:
	var expected := NrtoolStrip.fit(_bar(Image.FORMAT_L8))
	equal(NrtoolStrip.fit(_bar(Image.FORMAT_RGBA8)), expected, "the strip of a colour image")


func test_a_wide_drawing_fits_by_its_width() -> void:
	var image := Image.create_empty(500, 20, false, Image.FORMAT_L8)
	image.fill_rect(Rect2i(10, 8, 480, 4), Color.WHITE)
	var box := _box(NrtoolStrip.fit(image))
	equal([box.position.x, box.end.x], [2, 126], "its columns")


func test_thickness_does_not_depend_on_size() -> void:
	for scale: float in [0.1, 1.0, 40.0]:
		var stroke := PackedVector2Array([Vector2(3, 3) * scale, Vector2(3, 60) * scale])
		var strip := NrtoolStrip.fit(NrtoolInk.draw([stroke]))
		var box := _box(strip)
		equal(box.size.y, 24, "height at scale %s" % scale)
		check(absi(box.size.x - 3) <= 1, "thickness %d at scale %s" % [box.size.x, scale])


func test_a_dot_is_drawn_and_emptiness_is_not() -> void:
	var dot := PackedVector2Array([Vector2(5, 5)])
	check(not NrtoolStrip.fit(NrtoolInk.draw([dot])).is_empty(), "a dot")
	check(NrtoolStrip.fit(NrtoolInk.draw([])).is_empty(), "no strokes")
	check(NrtoolStrip.fit(NrtoolInk.draw([PackedVector2Array()])).is_empty(), "an empty stroke")


func _bar(format: Image.Format) -> Image:
	var image := Image.create_empty(70, 90, false, format)
	image.fill(Color.BLACK)
	image.fill_rect(Rect2i(30, 12, 10, 60), Color.WHITE)
	return image


func _box(strip: PackedByteArray) -> Rect2i:
	return NrtoolStrip.ink_box(strip, NrtoolStrip.WIDTH)
