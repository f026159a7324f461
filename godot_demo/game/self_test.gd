class_name SelfTest
extends Node
## The game plays itself with a simulated finger, measures, and quits: `-- --self-test`.
## Ends with one line of JSON and exit code 0 if every answer was judged right. With `--sliced` it
## reads without threads, as browsers do.

const ROUNDS := 20
const IDLE_FRAMES := 200  ## measured first, for what the machine itself brings
const FRAME_MS := 16.0

var _game: Game
var _idle := Frames.new()
var _reading := Frames.new()  ## from finger-up to verdict
var _now: Frames  ## which of them this frame belongs to
var _last := 0


## Times between the beginnings of two frames.
class Frames:
	var times := Latency.new()
	var slow := 0

	func add(milliseconds: float) -> void:
		times.add(milliseconds)
		slow += int(milliseconds > FRAME_MS)

	func report() -> Dictionary:
		return {
			"frames": times.count(),
			"median_ms": times.quantile(0.5),
			"longest_ms": times.quantile(1.0),
			"over_16_ms": slow,
		}


func _init(game: Game) -> void:
	_game = game


func _ready() -> void:
	_play.call_deferred()


func _process(_delta: float) -> void:
	var now := Time.get_ticks_usec()
	if _last > 0 and _now:
		_now.add((now - _last) / 1000.0)
	_last = now


func _play() -> void:
	var right := 0
	_game.progress = Progress.new()
	_game.is_muted = true
	if "--sliced" in OS.get_cmdline_user_args():
		_game.recognizer.is_sliced = true
	_game.canvas.pause_seconds = 0.2
	_now = _idle
	for _frame: int in IDLE_FRAMES:
		await get_tree().process_frame
	_now = null
	for i: int in ROUNDS:
		_game.progress.choose_level(1 + i % Sums.LEVELS)
		_game.ask(Sums.make(_game.progress.level, _game.dice))
		await Finger.write(_game.canvas, str(_game.sum.answer()), get_tree())
		_now = _reading
		_last = 0  # not the frame that all the writing was done in
		var outcome: Array = await _game.judged
		_now = null
		right += int(outcome[0] == Verdict.Kind.RIGHT)
	var report := {
		"right": right,
		"rounds": ROUNDS,
		"answer_ms": {"median": _game.latency.quantile(0.5), "p90": _game.latency.quantile(0.9)},
		"frames_idle": _idle.report(),
		"frames_while_reading": _reading.report(),
		"model": _game.recognizer.metadata.get("variant", "none"),
		"runtime": _game.recognizer.runtime,
		"sliced": _game.recognizer.is_sliced,
	}
	print(JSON.stringify(report))
	get_tree().quit(0 if right == ROUNDS else 1)
