class_name Latency
extends RefCounted
## The last measured times, in milliseconds.

const KEPT := 1000

var _times := PackedFloat64Array()


func add(milliseconds: float) -> void:
	_times.append(milliseconds)
	if _times.size() > KEPT:
		_times.remove_at(0)


func count() -> int:
	return _times.size()


## The time that a share of all stays at or below: 0.5 the median, 0.9 the p90.
func quantile(share: float) -> float:
	if _times.is_empty():
		return 0.0
	var ordered := _times.duplicate()
	ordered.sort()
	return ordered[clampi(ceili(share * ordered.size()) - 1, 0, ordered.size() - 1)]
