class_name NrtoolPointwise
extends RefCounted
## The layers between convolutions, which take each value by itself or compare neighbours.


class Relu:
	extends NrtoolLayer
	var _into: NrtoolMaps

	func _init(into: NrtoolMaps) -> void:
		_into = into
		out = NrtoolMaps.new(into.channels, into.height, into.width)

	func step(index: int) -> void:
		var plane := _into.planes[index].duplicate()
		for i: int in plane.size():
			plane[i] = plane[i].max(Vector4.ZERO)
		out.planes[index] = plane


## Values times a factor for each channel.
class Scale:
	extends NrtoolLayer
	var _into: NrtoolMaps
	var _factors: PackedVector4Array

	func _init(into: NrtoolMaps, factors: PackedVector4Array) -> void:
		_into = into
		_factors = factors
		out = NrtoolMaps.new(into.channels, into.height, into.width)

	func step(index: int) -> void:
		var plane := _into.planes[index].duplicate()
		var factor := _factors[index]
		for i: int in plane.size():
			plane[i] = plane[i] * factor
		out.planes[index] = plane


class Add:
	extends NrtoolLayer
	var _one: NrtoolMaps
	var _other: NrtoolMaps

	func _init(one: NrtoolMaps, other: NrtoolMaps) -> void:
		_one = one
		_other = other
		out = NrtoolMaps.new(one.channels, one.height, one.width)

	func step(index: int) -> void:
		var plane := _one.planes[index].duplicate()
		var other := _other.planes[index]
		for i: int in plane.size():
			plane[i] += other[i]
		out.planes[index] = plane


## Values to whole steps of int8 arithmetic, as many as eight bits can tell apart: what
## QuantizeLinear gives, less its zero point.
class Quantize:
	extends NrtoolLayer
	var _into: NrtoolMaps
	var _factors: PackedVector4Array
	var _step: Vector4
	var _low: Vector4
	var _high: Vector4

	## Values are divided by `step_size`, or, where there are `factors`, multiplied by those.
	func _init(
		into: NrtoolMaps, step_size: float, factors: PackedVector4Array, low: int, high: int
	) -> void:
		_into = into
		_factors = factors
		_step = Vector4.ONE * step_size
		_low = Vector4.ONE * low
		_high = Vector4.ONE * high
		out = NrtoolMaps.new(into.channels, into.height, into.width)

	func step(index: int) -> void:
		var plane := _into.planes[index].duplicate()
		if _factors.is_empty():
			for i: int in plane.size():
				plane[i] = (plane[i] / _step).round().clamp(_low, _high)
		else:
			var factor := _factors[index]
			for i: int in plane.size():
				plane[i] = (plane[i] * factor).round().clamp(_low, _high)
		out.planes[index] = plane


## The largest value of each window; windows lie wholly inside.
class MaxPool:
	extends NrtoolLayer
	var _into: NrtoolMaps
	var _window: Vector2i
	var _stride: Vector2i

	func _init(into: NrtoolMaps, window: Vector2i, stride: Vector2i) -> void:
		_into = into
		_window = window
		_stride = stride
		out = NrtoolMaps.new(
			into.channels,
			(into.height - window.y) / stride.y + 1,
			(into.width - window.x) / stride.x + 1
		)

	func work() -> int:
		return 4 * out.height * out.width * _window.x * _window.y

	func step(index: int) -> void:
		var from := _into.planes[index]
		var plane := PackedVector4Array()
		for row: int in out.height:
			for column: int in out.width:
				var first := row * _stride.y * _into.width + column * _stride.x
				var most := from[first]
				for y: int in _window.y:
					for x: int in _window.x:
						most = most.max(from[first + y * _into.width + x])
				plane.append(most)
		out.planes[index] = plane
