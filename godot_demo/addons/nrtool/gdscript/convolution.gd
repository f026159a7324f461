class_name NrtoolConvolution
extends NrtoolLayer
## A convolution: each output is a weighted sum over `kernel` pixels of all input channels.
##
## What GDScript computes by itself it computes one operation at a time, whether of one value or of
## sixteen: Projection * Vector4 is sixteen multiply-adds. So four input channels are weighted for
## four output channels at once, and the weights of a dozen of these stay in variables while all
## pixels go by.

const MOST_AT_ONCE := 12

var stride := Vector2i.ONE
var padding := Vector2i.ZERO  ## to the left and above
var kernel := Vector2i.ONE

var _into: NrtoolMaps
var _bias := PackedVector4Array()
## For each four output channels: a matrix for each four input channels, row and column of kernel.
var _weights: Array[Projection] = []
## What each matrix is multiplied with, for all output pixels.
var _taps: Array[PackedVector4Array] = []


## `weights` are [outputs, inputs, rows, columns], row by row; `bias` has one value an output.
func _init(
	into: NrtoolMaps,
	output: NrtoolMaps,
	of_kernel: Vector2i,
	weights: PackedFloat32Array,
	bias: PackedFloat32Array
) -> void:
	_into = into
	out = output
	kernel = of_kernel
	var area := kernel.x * kernel.y
	var inputs := weights.size() / (area * out.channels)
	var filled := 4 * NrtoolMaps.fours(inputs)
	var padded := _padded(weights, inputs * area, filled * area)
	var next := filled * area  # from the weights of an output to those of the next
	for first: int in range(0, out.channels, 4):
		var four := Vector4.ZERO
		for i: int in mini(4, out.channels - first):
			four[i] = bias[first + i]
		_bias.append(four)
		for entry: int in range(0, filled, 4):
			for pixel: int in area:
				var a := first * next + entry * area + pixel
				var b := a + area
				var c := b + area
				var d := c + area
				_weights.append(
					Projection(
						_outputs(padded, a, next),
						_outputs(padded, b, next),
						_outputs(padded, c, next),
						_outputs(padded, d, next)
					)
				)


## Weights with zeros for the inputs and outputs that fill up a four.
func _padded(weights: PackedFloat32Array, each: int, wanted: int) -> PackedFloat32Array:
	var padded := weights.duplicate()
	if each < wanted:
		var zeros := PackedFloat32Array()
		zeros.resize(wanted - each)
		padded.clear()
		for output: int in out.channels:
			padded.append_array(weights.slice(output * each, (output + 1) * each))
			padded.append_array(zeros)
	padded.resize(4 * out.planes.size() * wanted)
	return padded


static func _outputs(weights: PackedFloat32Array, at: int, next: int) -> Vector4:
	return Vector4(weights[at], weights[at + next], weights[at + 2 * next], weights[at + 3 * next])


## The first step gathers the taps, each of the others computes four channels.
func steps() -> int:
	return 1 + out.planes.size()


func work() -> int:
	return 16 * _weights.size() / out.planes.size() * out.height * out.width


func step(index: int) -> void:
	if index == 0:
		_gather()
		return
	var four := index - 1
	var sums := PackedVector4Array()
	sums.resize(out.height * out.width)
	sums.fill(_bias[four])
	var count := _taps.size()
	var tap := 0
	while tap < count:
		var at := four * count + tap
		if count - tap >= MOST_AT_ONCE:
			_add_twelve(sums, tap, at)
			tap += MOST_AT_ONCE
		elif count - tap >= 4:
			_add_four(sums, tap, at)
			tap += 4
		else:
			_add_one(sums, tap, at)
			tap += 1
	out.planes[four] = sums
	if index == out.planes.size():
		_taps.clear()


func _gather() -> void:
	_taps.clear()
	for plane: PackedVector4Array in _into.planes:
		for y: int in kernel.y:
			for x: int in kernel.x:
				_taps.append(_tap(plane, y - padding.y, x - padding.x))


## A plane moved up by `y` and left by `x`, at every `stride`th pixel, zeros around it.
func _tap(plane: PackedVector4Array, y: int, x: int) -> PackedVector4Array:
	var wide := _into.width
	if x == 0 and y == 0 and stride == Vector2i.ONE and plane.size() == out.height * out.width:
		return plane
	var blank := PackedVector4Array()
	blank.resize(out.width)
	var found := PackedVector4Array()
	for row: int in out.height:
		var from := row * stride.y + y
		if from < 0 or from >= _into.height:
			found.append_array(blank)
			continue
		var base := from * wide
		if stride.x == 1:
			var left := mini(out.width, maxi(0, -x))
			var right := mini(out.width, maxi(0, x + out.width - wide))
			found.append_array(blank.slice(0, left))
			found.append_array(plane.slice(base + x + left, base + x + out.width - right))
			found.append_array(blank.slice(0, right))
			continue
		for column: int in out.width:
			var at := column * stride.x + x
			found.append(plane[base + at] if at >= 0 and at < wide else Vector4.ZERO)
	return found


func _add_one(sums: PackedVector4Array, tap: int, at: int) -> void:
	var x0 := _taps[tap]
	var w0 := _weights[at]
	for i: int in sums.size():
		sums[i] += w0 * x0[i]


func _add_four(sums: PackedVector4Array, tap: int, at: int) -> void:
	var x0 := _taps[tap]
	var x1 := _taps[tap + 1]
	var x2 := _taps[tap + 2]
	var x3 := _taps[tap + 3]
	var w0 := _weights[at]
	var w1 := _weights[at + 1]
	var w2 := _weights[at + 2]
	var w3 := _weights[at + 3]
	for i: int in sums.size():
		sums[i] += w0 * x0[i] + w1 * x1[i] + w2 * x2[i] + w3 * x3[i]


func _add_twelve(sums: PackedVector4Array, tap: int, at: int) -> void:
	var x0 := _taps[tap]
	var x1 := _taps[tap + 1]
	var x2 := _taps[tap + 2]
	var x3 := _taps[tap + 3]
	var x4 := _taps[tap + 4]
	var x5 := _taps[tap + 5]
	var x6 := _taps[tap + 6]
	var x7 := _taps[tap + 7]
	var x8 := _taps[tap + 8]
	var x9 := _taps[tap + 9]
	var x10 := _taps[tap + 10]
	var x11 := _taps[tap + 11]
	var w0 := _weights[at]
	var w1 := _weights[at + 1]
	var w2 := _weights[at + 2]
	var w3 := _weights[at + 3]
	var w4 := _weights[at + 4]
	var w5 := _weights[at + 5]
	var w6 := _weights[at + 6]
	var w7 := _weights[at + 7]
	var w8 := _weights[at + 8]
	var w9 := _weights[at + 9]
	var w10 := _weights[at + 10]
	var w11 := _weights[at + 11]
	for i: int in sums.size():
		sums[i] += (
			(w0 * x0[i] + w1 * x1[i] + w2 * x2[i] + w3 * x3[i])
			+ (w4 * x4[i] + w5 * x5[i] + w6 * x6[i] + w7 * x7[i])
			+ (w8 * x8[i] + w9 * x9[i] + w10 * x10[i] + w11 * x11[i])
		)
