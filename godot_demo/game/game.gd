class_name Game
extends Control
## The game: a sum is asked, the answer is written by hand, read, and answered with a sound, a
## colour and a shape.

signal judged(kind: Verdict.Kind, reading: NrtoolReading)

const MODELS := "res://models"
## The first that is there and can be read here is taken; after them any other.
const PREFERRED: PackedStringArray = ["optimized.int8.onnx", "nano.int8.onnx"]
const NEXT_AFTER := 1.6  ## seconds from a right answer to the next sum
const AGAIN_AFTER := 1.1  ## seconds until another try may be written
const HINT_AFTER := 2  ## wrong answers to one sum after which the number is shown to trace

var recognizer := NrtoolRecognizer.new()
var model_path := ""
var paths := candidates()  ## of models, in the order in which they are tried
var progress := Progress.new("user://progress.cfg")
var dice := RandomNumberGenerator.new()
var sum: Sums.Sum
var latency := Latency.new()  ## finger-up to answer
var last_reading: NrtoolReading
var last_strokes: Array[PackedVector2Array] = []
var last_sum: Sums.Sum  ## that was answered with them
var is_muted := false

var _ticket := 0  ## of what is on the canvas now, being read or read; 0 before it is asked for
var _lifted := 0
var _reading: NrtoolReading  ## of what is on the canvas now; null until it is there
var _is_waiting := false  ## the pause is over, the reading is not there yet
var _mistakes := 0
var _round := 0

@onready var board: Board = $Board
@onready var canvas: NrtoolCanvas = $Board/Canvas
@onready var card: SumCard = $SumCard
@onready var row: ScoreRow = $ScoreRow
@onready var mascot: Mascot = $Mascot
@onready var confetti: Confetti = $Confetti
@onready var sounds: Sounds = $Sounds
@onready var buttons: Control = $Buttons
@onready var developer: DeveloperPage = $DeveloperPage


func _ready() -> void:
	recognizer.recognized.connect(_on_recognized)
	canvas.stroke_started.connect(_on_stroke_started)
	canvas.stroke_ended.connect(_on_stroke_ended)
	canvas.paused.connect(_on_paused)
	canvas.changed.connect(_on_changed)
	row.held.connect(func() -> void: developer.open(self))
	($Buttons/Undo as IconButton).pressed.connect(_on_undo)
	($Buttons/Clear as IconButton).pressed.connect(_on_clear)
	($Buttons/Hint as IconButton).pressed.connect(_on_hint)
	($Buttons/Sound as IconButton).pressed.connect(_on_sound)
	resized.connect(_lay_out)
	get_viewport().size_changed.connect(_lay_out)
	_lay_out()
	row.show_progress(progress)
	var problem := use_any_model()
	if not problem.is_empty():
		push_warning(problem)
		developer.open(self, problem)
	ask(Sums.make(progress.level, dice))
	if "--self-test" in OS.get_cmdline_user_args():
		add_child(SelfTest.new(self))


func _process(_delta: float) -> void:
	var strokes := canvas.strokes() if canvas.is_writing() else last_strokes
	if canvas.is_writing() and not strokes.is_empty():
		var tip := board.position + canvas.position + strokes[-1][-1]
		mascot.look_at_point = tip - mascot.position
	else:
		mascot.look_at_point = mascot.size / 2.0


## The models that can be chosen: those in the project, and those put into user://models.
static func models() -> PackedStringArray:
	var found := PackedStringArray()
	for folder: String in [MODELS, "user://models"]:
		if DirAccess.dir_exists_absolute(folder):
			for file: String in DirAccess.get_files_at(folder):
				if file.get_extension() == "onnx":
					found.append(folder.path_join(file))
	return found


## The models in the order in which they are tried; the preferred one's path where there is none.
static func candidates() -> PackedStringArray:
	var found := models()
	var ordered := PackedStringArray()
	for name: String in PREFERRED:
		if MODELS.path_join(name) in found:
			ordered.append(MODELS.path_join(name))
	for path: String in found:
		if path.ends_with(".int8.onnx") and not path in ordered:
			ordered.append(path)
	for path: String in found:
		if not path in ordered:
			ordered.append(path)
	return (
		ordered if not ordered.is_empty() else PackedStringArray([MODELS.path_join(PREFERRED[0])])
	)


## Takes the first candidate that can be read here. Gives "", or what is wrong with the first.
func use_any_model() -> String:
	var first := ""
	for path: String in paths:
		var problem := use_model(path)
		if problem.is_empty():
			return ""
		first = problem if first.is_empty() else first
	return first


func use_model(path: String) -> String:
	var problem := recognizer.load_model(path)
	if problem.is_empty():
		model_path = path
		print("%s, read by %s" % [path.get_file(), recognizer.runtime])
	return problem


func ask(new_sum: Sums.Sum) -> void:
	sum = new_sum
	_mistakes = 0
	card.show_sum(sum, progress.level <= Sums.PICTURED)
	board.show_hint("")
	mascot.feel(Mascot.Mood.CALM)
	_reopen()


func _reopen() -> void:
	_round += 1
	canvas.clear()
	canvas.is_open = true


func _on_stroke_started() -> void:
	card.show_answer("", SumCard.Mark.NONE)
	_reading = null
	_is_waiting = false


## Reading begins at once, so that the answer is there when the pause says the number is complete.
func _on_stroke_ended() -> void:
	_lifted = Time.get_ticks_usec()
	last_strokes = canvas.strokes()
	last_sum = sum
	_ticket = recognizer.recognize_strokes_async(last_strokes)


func _on_changed() -> void:
	recognizer.cancel(_ticket)  # an answer to what is there now waits for no other
	_reading = null
	_ticket = 0
	_is_waiting = false
	if not canvas.is_blank() and not canvas.is_writing() and _lifted > 0:
		_on_undone.call_deferred()


func _on_undone() -> void:
	# What is left after undo or a cancelled touch is read anew; a stroke's end has asked already.
	if _ticket == 0 and not canvas.is_blank() and not canvas.is_writing():
		_on_stroke_ended()


func _on_recognized(ticket: int, reading: NrtoolReading) -> void:
	if ticket != _ticket:
		return  # of a drawing that has gone on since
	latency.add((Time.get_ticks_usec() - _lifted) / 1000.0)
	_reading = reading
	last_reading = reading
	if developer.visible:
		developer.show_reading(self)
	if _is_waiting:
		_judge()


func _on_paused() -> void:
	if not canvas.is_open or canvas.is_blank():
		return
	_is_waiting = true
	if _reading != null:
		_judge()


func _judge() -> void:
	_is_waiting = false
	var reading := _reading
	var kind := Verdict.of(reading, str(sum.answer()), canvas.strokes())
	canvas.is_open = false
	match kind:
		Verdict.Kind.RIGHT:
			_praise()
		Verdict.Kind.AGAIN:
			_encourage(reading)
		Verdict.Kind.UNSURE:
			_ask_once_more()
	judged.emit(kind, reading)


func _praise() -> void:
	card.show_answer(str(sum.answer()), SumCard.Mark.RIGHT)
	mascot.feel(Mascot.Mood.HAPPY)
	var is_level_full := progress.count_right()
	confetti.burst(card.position + card.size / 2.0, 140 if is_level_full else 60)
	row.show_progress(progress)
	_sound("level" if is_level_full else "right")
	_later(NEXT_AFTER, func() -> void: ask(_other_sum()))


func _encourage(reading: NrtoolReading) -> void:
	_mistakes += 1
	card.show_answer(reading.number, SumCard.Mark.AGAIN)
	mascot.feel(Mascot.Mood.KIND)
	_sound("again")
	if _mistakes >= HINT_AFTER:
		board.show_hint(str(sum.answer()))
	_later(AGAIN_AFTER, _reopen)


func _ask_once_more() -> void:
	card.show_answer("", SumCard.Mark.UNSURE)
	mascot.feel(Mascot.Mood.PUZZLED)
	_sound("unsure")
	_later(AGAIN_AFTER, _reopen)


## Not the same sum twice in a row.
func _other_sum() -> Sums.Sum:
	var other := Sums.make(progress.level, dice)
	for _try: int in 10:
		if other.text() != sum.text():
			break
		other = Sums.make(progress.level, dice)
	return other


func _later(seconds: float, work: Callable) -> void:
	var round_now := _round
	await get_tree().create_timer(seconds).timeout
	if is_inside_tree() and _round == round_now:
		work.call()


func _on_undo() -> void:
	_sound("tap")
	canvas.undo()


func _on_clear() -> void:
	_sound("tap")
	canvas.clear()


func _on_hint() -> void:
	_sound("tap")
	board.show_hint(str(sum.answer()))


func _on_sound() -> void:
	is_muted = not is_muted
	var button: IconButton = $Buttons/Sound
	button.sign = IconButton.Sign.SOUND_OFF if is_muted else IconButton.Sign.SOUND_ON
	_sound("tap")


func _sound(sound: String) -> void:
	if not is_muted:
		sounds.play_named(sound)


func _lay_out() -> void:
	var places := Layout.arrange(size, Layout.safe_area(get_window(), size))
	for place: String in places:
		var control: Control = get_node(place)
		var area: Rect2 = places[place]
		control.position = area.position
		control.size = area.size
	canvas.position = Vector2.ONE * 8.0
	canvas.size = board.size - Vector2.ONE * 16.0
