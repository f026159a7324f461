extends TestCase
## The real scene, written on by a simulated finger until it says right.


func test_numbers_written_by_finger_are_right() -> void:
	var game := await _game()
	for sum: Sums.Sum in [
		Sums.Sum.new(3, "+", 4), Sums.Sum.new(9, "x", 9), Sums.Sum.new(60, "+", 40)
	]:
		game.ask(sum)
		equal(await _answer(game, str(sum.answer())), Verdict.Kind.RIGHT, sum.text())
	equal(game.progress.score, 3, "score")
	check(game.latency.count() >= 3, "latencies were measured")
	await _close(game)


func test_another_number_is_another_try_and_then_a_hint() -> void:
	var game := await _game()
	game.ask(Sums.Sum.new(2, "+", 3))
	for _try: int in Game.HINT_AFTER:
		game.canvas.is_open = true
		game.canvas.clear()
		equal(await _answer(game, "7"), Verdict.Kind.AGAIN, "7 for 5")
	equal(game.board.get("_hint"), "5", "the hint")
	equal(game.progress.score, 0, "score")
	await _close(game)


func test_a_scribble_is_not_called_wrong() -> void:
	var game := await _game()
	game.ask(Sums.Sum.new(2, "+", 3))
	var dice := RandomNumberGenerator.new()
	dice.seed = 5
	Finger.touch(game.canvas, game.canvas.size / 2.0, true)
	for step: int in 60:
		var at := Vector2(dice.randf_range(0.2, 0.8), dice.randf_range(0.2, 0.8))
		Finger.drag(game.canvas, at * game.canvas.size)
	Finger.touch(game.canvas, game.canvas.size / 2.0, false)
	var outcome: Array = await game.judged
	equal(outcome[0], Verdict.Kind.UNSURE, "a scribble, read as %s" % outcome[1].number)
	await _close(game)


func test_what_is_left_after_undo_is_judged_and_saved_as_what_it_answered() -> void:
	var game := await _game()
	game.canvas.pause_seconds = 2.0
	game.ask(Sums.Sum.new(3, "+", 4))
	await Finger.write(game.canvas, "7", tree)
	Finger.touch(game.canvas, game.canvas.size * 0.9, true)
	Finger.touch(game.canvas, game.canvas.size * 0.9, false)
	game.canvas.undo()
	var outcome: Array = await game.judged
	equal(outcome[0], Verdict.Kind.RIGHT, "the 7 without the stray dot")
	game.ask(Sums.Sum.new(2, "+", 3))
	equal(game.last_sum.answer(), 7, "the sum that was answered")
	await _close(game)


func test_an_undo_while_the_reading_is_awaited_gives_time_to_write_on() -> void:
	var game := await _game()
	game.canvas.pause_seconds = 2.0
	game.ask(Sums.Sum.new(8, "+", 9))
	await Finger.write(game.canvas, "17", tree)
	game._reading = null  # as on a device that has not read it yet
	game._on_paused()
	check(game._is_waiting, "the pause is over, the reading is not there")
	game.canvas.undo()
	check(not game._is_waiting, "what is left waits for its own pause")
	await _close(game)


func test_a_missing_model_opens_the_developer_page() -> void:
	var game := await _game()
	check(not game.developer.visible, "hidden where there is one")
	await _close(game)
	game = await _game(["res://models/none.onnx"])
	check(game.developer.visible, "shown where there is none")
	await _close(game)


func test_everything_stays_inside_the_safe_area() -> void:
	for screen: Vector2 in [
		Vector2(1280, 720), Vector2(720, 1560), Vector2(720, 960), Vector2(1560, 720)
	]:
		var safe := Rect2(Vector2.ZERO, screen).grow_individual(-30, -40, -10, -20)
		var places := Layout.arrange(screen, safe)
		var boxes: Array[Rect2] = []
		for place: String in places:
			if place in ["Backdrop", "Confetti", "Buttons", "DeveloperPage"]:
				continue
			check(safe.encloses(places[place]), "%s at %s" % [place, screen])
			for box: Rect2 in boxes:
				check(
					not box.grow(-1.0).intersects(places[place]),
					"%s overlaps at %s" % [place, screen]
				)
			boxes.append(places[place])
		check(places["Board"].size.x >= 300.0 and places["Board"].size.y >= 300.0, "room to write")


func _game(paths := Game.candidates()) -> Game:
	await tree.process_frame
	tree.root.size = Vector2i(1280, 720)
	var scene: PackedScene = load("res://game/game.tscn")
	var game: Game = scene.instantiate()
	game.paths = paths
	tree.root.add_child(game)
	game.progress = Progress.new()
	game.is_muted = true
	game.canvas.pause_seconds = 0.2
	await tree.process_frame
	await tree.process_frame
	return game


## All in one frame: between two, a busy machine might let the pause pass that ends a number.
func _answer(game: Game, number: String) -> Verdict.Kind:
	await Finger.write(game.canvas, number, tree)
	var outcome: Array = await game.judged
	return outcome[0]


## Freed a frame later: a test goes on from within the game's own signal.
func _close(game: Game) -> void:
	game.queue_free()
	await tree.process_frame
	await tree.process_frame
