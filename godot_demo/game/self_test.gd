class_name SelfTest
extends Node
## The game plays itself with a simulated finger, measures, and quits: `-- --self-test`.
## Ends with one line of JSON and exit code 0 if every answer was judged right.

const ROUNDS := 20
const SETTLE_FRAMES := 5
const FRAME_MS := 16.0

var _game: Game
var _frames := Latency.new()  ## while a number is being read
var _slow := 0
var _is_reading := false
var _last := 0


func _init(game: Game) -> void:
	_game = game


func _ready() -> void:
	_play.call_deferred()


func _process(_delta: float) -> void:
	# The work of a frame, without the wait for the next one: from here to the next process step.
	var now := Time.get_ticks_usec()
	if _last > 0 and _is_reading:
		var took := (now - _last) / 1000.0
		_frames.add(took)
		if took > FRAME_MS:
			_slow += 1
	_last = now


func _play() -> void:
	var right := 0
	_game.progress = Progress.new()
	_game.is_muted = true
	_game.canvas.pause_seconds = 0.2
	for _frame: int in SETTLE_FRAMES:
		await get_tree().process_frame
	for i: int in ROUNDS:
		_game.progress.choose_level(1 + i % Sums.LEVELS)
		_game.ask(Sums.make(_game.progress.level, _game.dice))
		await Finger.write(_game.canvas, str(_game.sum.answer()), get_tree())
		_is_reading = true
		var outcome: Array = await _game.judged
		_is_reading = false
		right += int(outcome[0] == Verdict.Kind.RIGHT)
	var report := {
		"right": right,
		"rounds": ROUNDS,
		"answer_ms": {"median": _game.latency.quantile(0.5), "p90": _game.latency.quantile(0.9)},
		"frames_while_reading": _frames.count(),
		"frame_ms": {"median": _frames.quantile(0.5), "longest": _frames.quantile(1.0)},
		"frames_over_16_ms": _slow,
		"model": _game.recognizer.metadata.get("variant", "none"),
	}
	print(JSON.stringify(report))
	get_tree().quit(0 if right == ROUNDS else 1)
