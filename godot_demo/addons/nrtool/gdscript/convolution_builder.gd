class_name NrtoolConvolutionBuilder
extends RefCounted
## Makes layers of a Conv operator, whether it stands between maps or takes the image, whether its
## weights are float32 or int8.

const LARGEST := 16  # kernel, stride and padding
const MOST_VALUES := 1 << 18  # of all channels of a layer

## The layers, in order; none where it is a Conv of another kind than ours.
var layers: Array[NrtoolLayer] = []
## What the last of them gives.
var value := NrtoolGraphValue.new()

var _given: NrtoolGraphValue
var _outputs: int
var _kernel: Vector2i
var _stride: Vector2i
var _padding: Vector2i
var _size: Vector2i


func _init(
	operation: NrtoolOnnxFile.Operation,
	given: NrtoolGraphValue,
	weights: NrtoolGraphConstants.Weights,
	bias: NrtoolGraphConstants.Weights
) -> void:
	_given = given
	if _measure(operation, weights, bias):
		_make(weights, bias)


## Whether each of so many lengths is between `least` and LARGEST.
static func are_within(lengths: PackedInt64Array, count: int, least: int) -> bool:
	for length: int in lengths:
		if length < least or length > LARGEST:
			return false
	return lengths.size() == count


func _measure(
	operation: NrtoolOnnxFile.Operation,
	weights: NrtoolGraphConstants.Weights,
	bias: NrtoolGraphConstants.Weights
) -> bool:
	var shape := weights.shape
	var pads := operation.integers("pads", PackedInt64Array([0, 0, 0, 0]))
	var strides := operation.integers("strides", PackedInt64Array([1, 1]))
	var is_ours := (
		shape.size() == 4
		and shape[0] >= 1
		and shape[1] == (_given.maps.channels if _given.maps else 1)
		and are_within(shape.slice(2), 2, 1)
		and are_within(strides, 2, 1)
		and are_within(pads, 4, 0)
		and operation.integer("group", 1) == 1
		and operation.word("auto_pad", "NOTSET") == "NOTSET"
		and operation.integers("dilations", PackedInt64Array([1, 1])) == PackedInt64Array([1, 1])
		and (bias.values.is_empty() or bias.shape == PackedInt64Array([shape[0]]))
		and _given.scales.size() <= 1
	)
	if not is_ours:
		return false
	_outputs = shape[0]
	_kernel = Vector2i(shape[3], shape[2])
	_stride = Vector2i(strides[1], strides[0])
	_padding = Vector2i(pads[1], pads[0])
	var room := Vector2i(NrtoolStrip.WIDTH, NrtoolStrip.HEIGHT)
	if _given.maps:
		room = Vector2i(_given.maps.width, _given.maps.height)
	var slack := room + _padding + Vector2i(pads[3], pads[2]) - _kernel
	_size = slack / _stride + Vector2i.ONE
	return mini(slack.x, slack.y) >= 0 and _size.x * _size.y * (_outputs + 4) <= MOST_VALUES


func _make(weights: NrtoolGraphConstants.Weights, bias: NrtoolGraphConstants.Weights) -> void:
	var unit := _given.scales[0] if not _given.scales.is_empty() else 1.0
	var is_whole := not _given.scales.is_empty() and not weights.scales.is_empty()
	var factors := weights.values if is_whole else weights.real()
	var added := bias.real()
	added.resize(_outputs)
	if is_whole:
		# Whole numbers times whole numbers: the sums are scaled where they are used.
		for output: int in _outputs:
			var scale := weights.scales[output if weights.scales.size() > 1 else 0] * unit
			value.scales.append(scale)
			added[output] /= scale
			if not bias.scales.is_empty():
				added[output] = roundf(added[output])
	else:
		for i: int in factors.size() if unit != 1.0 else 0:
			factors[i] *= unit
	var into := _given.maps
	if into == null:
		var strip := NrtoolStripLayer.new(_given.table, _kernel.x, _stride.x, _padding.x, _size.x)
		layers.append(strip)
		into = strip.out
		factors = _columns_as_channels(factors)
		_kernel.x = 1
		_stride.x = 1
		_padding.x = 0
	value.maps = NrtoolMaps.new(_outputs, _size.y, _size.x)
	var layer := NrtoolConvolution.new(into, value.maps, _kernel, factors, added)
	layer.stride = _stride
	layer.padding = _padding
	layers.append(layer)


## Weights [outputs, 1, rows, columns] as [outputs, columns, rows, 1].
func _columns_as_channels(weights: PackedFloat32Array) -> PackedFloat32Array:
	var turned := PackedFloat32Array()
	for output: int in _outputs:
		for x: int in _kernel.x:
			for y: int in _kernel.y:
				turned.append(weights[(output * _kernel.y + y) * _kernel.x + x])
	return turned
