class_name Sums
extends RefCounted
## The sums of each level, from counting apples to times tables.

const LEVELS := 8
const PICTURED := 3  ## levels up to this show their numbers as apples too


## One sum; `sign` is "+", "-" or "x".
class Sum:
	var left := 0
	var sign := "+"
	var right := 0

	func _init(a: int, operation: String, b: int) -> void:
		left = a
		sign = operation
		right = b

	func answer() -> int:
		match sign:
			"-":
				return left - right
			"x":
				return left * right
		return left + right

	func text() -> String:
		return "%d%s%d" % [left, sign, right]


## A sum of a level, 1 to LEVELS.
static func make(level: int, dice: RandomNumberGenerator) -> Sum:
	match level:
		1:
			return _add(dice, 2, 5)
		2:
			return _add(dice, 4, 9)
		3:
			return _take(dice, 2, 9)
		4:
			return _add(dice, 10, 20)
		5:
			return _take(dice, 10, 20)
		6:
			return _times(dice, 2, 5)
		7:
			return _add(dice, 21, 99)
	return _times(dice, 2, 10)


static func _add(dice: RandomNumberGenerator, least: int, most: int) -> Sum:
	var total := dice.randi_range(least, most)
	var left := dice.randi_range(1, total - 1)
	return Sum.new(left, "+", total - left)


static func _take(dice: RandomNumberGenerator, least: int, most: int) -> Sum:
	var left := dice.randi_range(least, most)
	return Sum.new(left, "-", dice.randi_range(1, left - 1))


static func _times(dice: RandomNumberGenerator, least: int, most: int) -> Sum:
	return Sum.new(dice.randi_range(least, most), "x", dice.randi_range(least, most))
