class_name DeveloperPage
extends Control
## The hidden page: what the network saw and thought, how long it took here, which model it is.

var _game: Game
var _view := ProbabilityView.new()
var _facts := Label.new()
var _models := OptionButton.new()
var _save := Button.new()
var _told := Label.new()


func _ready() -> void:
	var back := ColorRect.new()
	back.color = Color(0.06, 0.11, 0.16, 0.97)
	back.set_anchors_preset(Control.PRESET_FULL_RECT)
	add_child(back)
	var column := VBoxContainer.new()
	column.set_anchors_preset(Control.PRESET_FULL_RECT)
	for side: String in ["left", "top", "right", "bottom"]:
		column.set("offset_%s" % side, 16.0 if side in ["left", "top"] else -16.0)
	column.add_theme_constant_override("separation", 8)
	add_child(column)
	var bar := HFlowContainer.new()
	column.add_child(bar)
	_models.item_selected.connect(_on_model_selected)
	bar.add_child(_models)
	_save.pressed.connect(_on_save)
	bar.add_child(_save)
	for step: int in [-1, 1]:
		var level := Button.new()
		level.text = "Level %+d" % step
		level.pressed.connect(_on_level.bind(step))
		bar.add_child(level)
	var close := Button.new()
	close.text = "Close"
	close.pressed.connect(hide)
	bar.add_child(close)
	_view.custom_minimum_size = Vector2(0, 150)
	_view.size_flags_vertical = Control.SIZE_EXPAND_FILL
	column.add_child(_view)
	_told.autowrap_mode = TextServer.AUTOWRAP_ARBITRARY
	_told.add_theme_color_override("font_color", Palette.STAR)
	column.add_child(_told)
	var scroll := ScrollContainer.new()
	scroll.size_flags_vertical = Control.SIZE_EXPAND_FILL
	scroll.horizontal_scroll_mode = ScrollContainer.SCROLL_MODE_DISABLED
	column.add_child(scroll)
	_facts.autowrap_mode = TextServer.AUTOWRAP_WORD_SMART
	_facts.size_flags_horizontal = Control.SIZE_EXPAND_FILL
	scroll.add_child(_facts)


## Shows the page; `told` is a message of what is wrong.
func open(game: Game, told := "") -> void:
	_game = game
	_told.text = told
	_models.clear()
	for path: String in Game.models():
		_models.add_item(path)
	for i: int in _models.item_count:
		if _models.get_item_text(i) == game.model_path:
			_models.select(i)
	_models.visible = _models.item_count > 0
	show()
	show_reading(game)


func show_reading(game: Game) -> void:
	_save.text = "Save as %d" % game.last_sum.answer() if game.last_sum else "Save"
	_save.disabled = game.last_strokes.is_empty()
	var text := PackedStringArray()
	var reading := game.last_reading
	if reading and game.last_sum:
		_view.show_reading(reading)
		var sure := "sure" if reading.is_sure else "not sure"
		text.append("Read: %s, confidence %.4f (%s)" % [reading.number, reading.confidence, sure])
		var expected := str(game.last_sum.answer())
		text.append("Score of %s: %.4f" % [expected, reading.score(expected)])
		text.append("Strip %.2f ms, network %.2f ms" % [reading.fit_ms, reading.run_ms])
	var times := game.latency
	if times.count() > 0:
		text.append(
			(
				"Finger up to answer: median %.1f ms, p90 %.1f ms of %d"
				% [times.quantile(0.5), times.quantile(0.9), times.count()]
			)
		)
	text.append("")
	text.append("Computed by: %s" % game.recognizer.runtime)
	for key: String in game.recognizer.metadata:
		text.append("%s: %s" % [key, game.recognizer.metadata[key]])
	_facts.text = "\n".join(text)


func _on_model_selected(index: int) -> void:
	var path := _models.get_item_text(index)
	var problem := _game.use_model(path)
	_told.text = problem if not problem.is_empty() else "Now reading with %s" % path.get_file()
	show_reading(_game)


func _on_save() -> void:
	var number := str(_game.last_sum.answer())
	var made := StrokeFile.lines(_game.last_strokes, number, "player")
	if made.is_empty():
		_told.text = "Not saved: the strokes do not fall apart into %d digits" % number.length()
		return
	var path := StrokeFile.append(made)
	_told.text = "Saved to %s" % path if not path.is_empty() else "Not saved: the disk refused"


func _on_level(step: int) -> void:
	_game.progress.choose_level(_game.progress.level + step)
	_game.row.show_progress(_game.progress)
	_game.ask(Sums.make(_game.progress.level, _game.dice))
	_told.text = "Level %d" % _game.progress.level
	show_reading(_game)
