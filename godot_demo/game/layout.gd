class_name Layout
extends RefCounted
## Where everything goes, upright and sideways, clear of notches and rounded corners.

const EDGE := 18.0
const BUTTON := 84.0  ## more than a fingertip at any scale
const BUTTONS: Array[String] = ["Buttons/Undo", "Buttons/Clear", "Buttons/Hint", "Buttons/Sound"]


## Rectangles by node path, inside the safe area of a screen.
static func arrange(screen: Vector2, safe: Rect2) -> Dictionary[String, Rect2]:
	var places: Dictionary[String, Rect2] = {
		"Backdrop": Rect2(Vector2.ZERO, screen),
		"Confetti": Rect2(Vector2.ZERO, screen),
		"Buttons": Rect2(Vector2.ZERO, screen),
		"DeveloperPage": safe,
	}
	var area := safe.grow(-EDGE)
	var gap := EDGE
	if area.size.x > area.size.y:
		# Sideways: sum and bird on the left, the sheet on the right, buttons at the edge.
		var left := area.size.x * 0.42
		places["ScoreRow"] = Rect2(area.position, Vector2(left, 64))
		var card_height := minf(area.size.y * 0.42, 300)
		var top := area.position.y + 64 + gap
		places["SumCard"] = Rect2(Vector2(area.position.x, top), Vector2(left, card_height))
		top += card_height + gap
		places["Mascot"] = Rect2(Vector2(area.position.x, top), Vector2(left, area.end.y - top))
		var x := area.position.x + left + gap
		var board := Rect2(x, area.position.y, area.end.x - x - BUTTON - gap, area.size.y)
		places["Board"] = board
		for i: int in BUTTONS.size():
			var y := area.get_center().y + (i - 2.0) * (BUTTON + 10.0) + 5.0
			places[BUTTONS[i]] = Rect2(area.end.x - BUTTON, y, BUTTON, BUTTON)
	else:
		# Upright: row, sum, bird beside the buttons, the sheet below in reach of the thumb.
		places["ScoreRow"] = Rect2(area.position, Vector2(area.size.x, 64))
		var card_height := area.size.y * 0.22
		var top := area.position.y + 64 + gap
		places["SumCard"] = Rect2(Vector2(area.position.x, top), Vector2(area.size.x, card_height))
		top += card_height + gap
		var strip := clampf(area.size.y * 0.15, BUTTON, 190.0)
		var buttons := BUTTONS.size() * (BUTTON + 10.0)
		var bird := Vector2(area.size.x - buttons - gap, strip)
		places["Mascot"] = Rect2(Vector2(area.position.x, top), bird)
		for i: int in BUTTONS.size():
			var x := area.end.x - buttons + i * (BUTTON + 10.0) + 10.0
			places[BUTTONS[i]] = Rect2(x, top + (strip - BUTTON) / 2.0, BUTTON, BUTTON)
		top += strip + gap
		places["Board"] = Rect2(
			Vector2(area.position.x, top), Vector2(area.size.x, area.end.y - top)
		)
	return places


## The part of the screen that nothing covers, in the units of the game.
static func safe_area(window: Window, screen: Vector2) -> Rect2:
	var whole := Rect2(Vector2.ZERO, screen)
	var pixels := Vector2(window.size)
	if not OS.has_feature("mobile") or pixels.x <= 0.0 or pixels.y <= 0.0:
		return whole
	var safe := Rect2(DisplayServer.get_display_safe_area())
	var scale := screen / pixels
	var inside := whole.intersection(Rect2(safe.position * scale, safe.size * scale))
	return inside if inside.has_area() else whole
