class_name NrtoolNetworkBuilder
extends RefCounted
## Makes a network that GDScript computes of the .onnx files that this project writes without an
## LSTM, float32 or int8; whatever else stands in a file is refused by name.
##
## Int8 is computed as ONNX Runtime does: activations and weights stay whole numbers, whose sums
## are exact in float32, and each layer's sums are scaled once.

const IMAGE := "image"
const LOG_PROBS := "log_probs"
const FLOAT32 := 1  # TensorProto.DataType
## What follows log_probs, which NrtoolCtc and NrtoolScriptSession compute by themselves.
const DECODING := (
	"Add ArgMax ArgMin Cast Clip CumSum Div Equal Exp Expand Gather MatMul Mul Not Or Pad Pow "
	+ "ReduceSum Reshape ScatterElements Shape Slice Split Sub Transpose Unsqueeze"
)
const MOST_WORK := 32 << 20  # multiply-adds of a reading, or values; more would take seconds

## What is wrong, "" if nothing is.
var problem := ""

var _constants: NrtoolGraphConstants
var _values: Dictionary[String, NrtoolGraphValue] = {}
var _network := NrtoolNetwork.new()
var _work := 0
## What makes the layers of each operator; null is given where it cannot.
var _makers: Dictionary[String, Callable] = {
	"Cast": _image,
	"Div": _scaled_image,
	"Mul": _scaled_image,
	"QuantizeLinear": _quantized,
	"DequantizeLinear": _dequantized,
	"Conv": _convolved,
	"Relu": _cut,
	"Add": _sum,
	"MaxPool": _pooled,
	"Gather": _turned,
	"Squeeze": _turned,
	"Transpose": _turned,
	"LogSoftmax": _turned,
}


## The network of a file that was read; null and `problem` where it cannot be computed here.
func build(file: NrtoolOnnxFile) -> NrtoolNetwork:
	_constants = NrtoolGraphConstants.new(file)
	var needed := _needed(file.nodes)
	var decoding := DECODING.split(" ")
	# First what is found nowhere in our files: that says most clearly what a file is.
	for operation: NrtoolOnnxFile.Operation in file.nodes:
		var kind := operation.operator
		if not operation.domain in ["", "ai.onnx"]:
			return _refuse("the operator %s of %s" % [kind, operation.domain])
		if not (kind in _makers or kind in decoding):
			return _refuse("the operator %s" % kind)
	if needed.is_empty():
		return _refuse("a file without %s" % LOG_PROBS)
	for i: int in file.nodes.size():
		var kind := file.nodes[i].operator
		if not (kind in _makers if needed.has(i) else kind in decoding):
			_refuse("the operator %s where it stands" % kind)
		elif needed.has(i) and problem.is_empty():
			_take(file.nodes[i])
	if not problem.is_empty():
		return null
	var last: NrtoolGraphValue = _values.get(LOG_PROBS)
	if last == null or last.axes != NrtoolGraphValue.Axes.DONE:
		return _refuse("log_probs of this kind")
	_network.classes = last.maps.channels
	return _network


func _refuse(what: String) -> NrtoolNetwork:
	if problem.is_empty():
		problem = "%s cannot be computed in GDScript" % what
	return null


## What log_probs depends on, by place in the file.
static func _needed(nodes: Array[NrtoolOnnxFile.Operation]) -> Dictionary[int, bool]:
	var wanted: Dictionary[String, bool] = {LOG_PROBS: true}
	var found: Dictionary[int, bool] = {}
	for i: int in range(nodes.size() - 1, -1, -1):
		for output: String in nodes[i].outputs:
			if wanted.has(output):
				found[i] = true
		if found.has(i):
			for input: String in nodes[i].inputs:
				wanted[input] = true
	return found


func _take(operation: NrtoolOnnxFile.Operation) -> void:
	var name := operation.input(0)
	if operation.operator == "DequantizeLinear" and _constants.is_stored(name):
		if not _constants.dequantize(operation):
			_refuse("this DequantizeLinear")
		return
	var given: NrtoolGraphValue = _values.get(name)
	if name == IMAGE and operation.operator == "Cast":
		given = NrtoolGraphValue.new()
	var made: NrtoolGraphValue
	if given != null:
		made = _makers[operation.operator].call(operation, given)
	if made == null:
		_refuse("this operator %s" % operation.operator)
	_values[operation.outputs[0]] = made


func _append(layer: NrtoolLayer) -> NrtoolMaps:
	_work += layer.work() * layer.steps()
	if _work > MOST_WORK:
		_refuse("a network of so much work")
	_network.layers.append(layer)
	return layer.out


## The image as numbers: each level of grey stands for itself.
func _image(operation: NrtoolOnnxFile.Operation, given: NrtoolGraphValue) -> NrtoolGraphValue:
	if operation.integer("to", 0) != FLOAT32 or operation.input(0) != IMAGE:
		return null
	for level: int in 256:
		given.table.append(level)
	return given


func _scaled_image(
	operation: NrtoolOnnxFile.Operation, given: NrtoolGraphValue
) -> NrtoolGraphValue:
	var factor := _constants.number(operation.input(1))
	if given.maps or not given.scales.is_empty() or not (factor > 0.0 and is_finite(factor)):
		return null
	var value := NrtoolGraphValue.new()
	for level: float in given.table:
		value.table.append(level / factor if operation.operator == "Div" else level * factor)
	return value


func _quantized(operation: NrtoolOnnxFile.Operation, given: NrtoolGraphValue) -> NrtoolGraphValue:
	var step := _constants.number(operation.input(1))
	var type := _constants.type(operation.input(2))
	var is_ours := step > 0.0 and is_finite(step) and type in ["int8", "uint8"]
	if not is_ours or given.is_quantized or given.axes != NrtoolGraphValue.Axes.FOUR:
		return null
	var value := NrtoolGraphValue.new()
	value.is_quantized = true
	value.zero = int(_constants.number(operation.input(2), 0.0))
	value.scales = PackedFloat32Array([step])
	var low := (-128 if type == "int8" else 0) - value.zero
	var high := low + 255
	if given.maps == null:
		for level: float in given.table:
			value.table.append(clampf(roundf(level / step), low, high))
		return value
	var factors := PackedVector4Array()
	if not given.scales.is_empty():
		factors = given.factors(1.0 / step)
	value.maps = _append(NrtoolPointwise.Quantize.new(given.maps, step, factors, low, high))
	return value


## With the scale and zero point of QuantizeLinear before it: whole steps.
func _dequantized(operation: NrtoolOnnxFile.Operation, given: NrtoolGraphValue) -> NrtoolGraphValue:
	var is_same := (
		given.is_quantized
		and _constants.number(operation.input(1)) == given.scales[0]
		and int(_constants.number(operation.input(2), 0.0)) == given.zero
	)
	if not is_same:
		return null
	var value := given.with(given.maps)
	value.table = given.table
	return value


func _convolved(operation: NrtoolOnnxFile.Operation, given: NrtoolGraphValue) -> NrtoolGraphValue:
	var weights := _constants.weights(operation.input(1))
	var bias := _constants.weights(operation.input(2))
	if weights == null or bias == null or not (given.is_plain() or given.maps == null):
		return null
	var made := NrtoolConvolutionBuilder.new(operation, given, weights, bias)
	for layer: NrtoolLayer in made.layers:
		_append(layer)
	return made.value if not made.layers.is_empty() else null


func _cut(_operation: NrtoolOnnxFile.Operation, given: NrtoolGraphValue) -> NrtoolGraphValue:
	if not given.is_plain():
		return null
	return given.with(_append(NrtoolPointwise.Relu.new(given.maps)))


func _sum(operation: NrtoolOnnxFile.Operation, given: NrtoolGraphValue) -> NrtoolGraphValue:
	var other: NrtoolGraphValue = _values.get(operation.input(1))
	if other == null or not given.is_plain() or not other.is_plain():
		return null
	var a := _real(given)
	var b := _real(other)
	if a.channels != b.channels or a.height != b.height or a.width != b.width:
		return null
	return NrtoolGraphValue.new().with(_append(NrtoolPointwise.Add.new(a, b)))


func _pooled(operation: NrtoolOnnxFile.Operation, given: NrtoolGraphValue) -> NrtoolGraphValue:
	var window := operation.integers("kernel_shape", PackedInt64Array())
	var strides := operation.integers("strides", PackedInt64Array([1, 1]))
	var is_ours := (
		given.is_plain()
		and NrtoolConvolutionBuilder.are_within(window, 2, 1)
		and NrtoolConvolutionBuilder.are_within(strides, 2, 1)
		and operation.integers("pads", PackedInt64Array([0, 0, 0, 0])).count(0) == 4
		and operation.integer("ceil_mode", 0) == 0
		and operation.word("auto_pad", "NOTSET") == "NOTSET"
		and operation.integers("dilations", PackedInt64Array([1, 1])) == PackedInt64Array([1, 1])
		and operation.outputs.size() == 1
	)
	if not is_ours or window[0] > given.maps.height or window[1] > given.maps.width:
		return null
	var layer := NrtoolPointwise.MaxPool.new(
		given.maps, Vector2i(window[1], window[0]), Vector2i(strides[1], strides[0])
	)
	return given.with(_append(layer))


## The head's way to log_probs: one row of columns, turned to [N, columns, classes], log-softmax.
func _turned(operation: NrtoolOnnxFile.Operation, given: NrtoolGraphValue) -> NrtoolGraphValue:
	var stands := given.axes
	var becomes := NrtoolGraphValue.Axes.NO_ROWS
	var is_ours := given.maps and not given.is_quantized and given.maps.height == 1
	match operation.operator:
		"Gather":
			is_ours = is_ours and stands == NrtoolGraphValue.Axes.FOUR
			is_ours = is_ours and operation.integer("axis", 0) == 2
			is_ours = is_ours and _constants.holds(operation.input(1), 0, [])
		"Squeeze":
			is_ours = is_ours and stands == NrtoolGraphValue.Axes.FOUR
			is_ours = is_ours and _constants.holds(operation.input(1), 2, [1])
		"Transpose":
			var order := operation.integers("perm", PackedInt64Array())
			is_ours = is_ours and stands == NrtoolGraphValue.Axes.NO_ROWS
			is_ours = is_ours and order == PackedInt64Array([0, 2, 1])
			becomes = NrtoolGraphValue.Axes.COLUMNS_FIRST
		"LogSoftmax":
			is_ours = is_ours and stands == NrtoolGraphValue.Axes.COLUMNS_FIRST
			is_ours = is_ours and operation.integer("axis", -1) in [-1, 2]
			becomes = NrtoolGraphValue.Axes.DONE
	if not is_ours:
		return null
	var value := NrtoolGraphValue.new().with(_real(given))
	value.axes = becomes
	return value


## A value's maps in their own unit.
func _real(value: NrtoolGraphValue) -> NrtoolMaps:
	if value.scales.is_empty():
		return value.maps
	return _append(NrtoolPointwise.Scale.new(value.maps, value.factors(1.0)))
