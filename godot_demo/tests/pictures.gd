extends SceneTree
## Plays the game before a camera: pictures and the frames of a film, as PNG files into the folder
## named by the user argument. Needs a window; `make godot-pictures` gives it one.

const FILM_EVERY := 130  ## milliseconds between two frames of the film

var _game: Game
var _folder := ""
var _shot := 0
var _is_filming := false
var _last := 0


func _initialize() -> void:
	_folder = OS.get_cmdline_user_args()[0]
	_run.call_deferred()


func _run() -> void:
	Engine.max_fps = 30
	var scene: PackedScene = load("res://game/game.tscn")
	_game = scene.instantiate()
	root.add_child(_game)
	_game.progress = Progress.new()
	_game.progress.score = 12
	_game.progress.stars = 2
	_game.is_muted = true
	await _size(Vector2i(1280, 720))
	process_frame.connect(_on_frame)
	_ask(Sums.Sum.new(3, "+", 4))
	_is_filming = true
	await _pause(0.4)
	await _write("7")
	await _pause(0.35)
	_save("landscape")
	await _pause(0.9)
	_ask(Sums.Sum.new(8, "-", 3))
	await _pause(0.3)
	await _write("2")
	await _pause(0.3)
	_save("again")
	await _pause(0.9)
	await _write("5")
	await _pause(1.0)
	_is_filming = false
	await _size(Vector2i(540, 1080))
	_game.progress.choose_level(4)
	_game.progress.stars = 3
	_ask(Sums.Sum.new(9, "+", 5))
	await Finger.write(_game.canvas, "14", self, 12)
	await _pause(0.2)
	_save("portrait")
	await _game.judged
	await _pause(1.9)
	_game.ask(Sums.Sum.new(6, "x", 7))
	await Finger.write(_game.canvas, "42", self, 12)
	_game.developer.open(_game)
	await _game.judged
	await _pause(0.2)
	_save("developer")
	_game.developer.hide()
	await _pause(1.9)
	_game.ask(Sums.Sum.new(6, "x", 7))
	for x: float in [0.2, 0.5]:
		Finger.touch(_game.canvas, _game.canvas.size * Vector2(x, 0.3), true)
		for step: int in 40:
			var turn := Vector2.from_angle(step * 1.7) * step
			Finger.drag(_game.canvas, _game.canvas.size * Vector2(x + 0.1, 0.5) + turn * 4.0)
		Finger.touch(_game.canvas, _game.canvas.size * Vector2(x, 0.3), false)
	await _game.judged
	await _pause(0.3)
	_save("unsure")
	quit()


func _ask(sum: Sums.Sum) -> void:
	_game.ask(sum)
	_game.row.show_progress(_game.progress)


func _write(number: String) -> void:
	await Finger.write(_game.canvas, number, self, 5)
	await _game.judged


func _size(size: Vector2i) -> void:
	root.size = size
	await _pause(0.3)


func _pause(seconds: float) -> void:
	await create_timer(seconds).timeout


func _on_frame() -> void:
	if _is_filming and Time.get_ticks_msec() - _last >= FILM_EVERY:
		_last = Time.get_ticks_msec()
		_save("film-%03d" % _shot)
		_shot += 1


func _save(picture: String) -> void:
	root.get_texture().get_image().save_png(_folder.path_join("%s.png" % picture))
