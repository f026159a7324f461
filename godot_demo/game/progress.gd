class_name Progress
extends RefCounted
## How far a child has come, kept on the device alone.

const STARS := 5  ## right answers that fill a level

var level := 1
var stars := 0
var score := 0
var path := ""  ## "" keeps nothing


func _init(file := "") -> void:
	path = file
	var config := ConfigFile.new()
	if path.is_empty() or config.load(path) != OK:
		return
	level = clampi(_number(config, "level", 1), 1, Sums.LEVELS)
	stars = clampi(_number(config, "stars", 0), 0, STARS - 1)
	score = maxi(_number(config, "score", 0), 0)


## Counts a right answer; gives whether it filled the level.
func count_right() -> bool:
	score += 1
	stars += 1
	var is_full := stars == STARS
	if is_full:
		stars = 0
		level = mini(level + 1, Sums.LEVELS)
	_save()
	return is_full


func choose_level(wanted: int) -> void:
	level = clampi(wanted, 1, Sums.LEVELS)
	stars = 0
	_save()


func _save() -> void:
	if path.is_empty():
		return
	var config := ConfigFile.new()
	config.set_value("progress", "level", level)
	config.set_value("progress", "stars", stars)
	config.set_value("progress", "score", score)
	config.save(path)


static func _number(config: ConfigFile, key: String, otherwise: int) -> int:
	var value: Variant = config.get_value("progress", key, otherwise)
	return value if value is int else otherwise
