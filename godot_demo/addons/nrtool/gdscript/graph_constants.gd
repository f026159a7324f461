class_name NrtoolGraphConstants
extends RefCounted
## What a graph stores: single numbers, and weights in float32 or in steps of int8.

var _file: NrtoolOnnxFile
var _dequantized: Dictionary[String, Weights] = {}


## Stored values, in steps of `scales`: none, one, or one for each entry of the first axis.
class Weights:
	var shape := PackedInt64Array()
	var values := PackedFloat32Array()
	var scales := PackedFloat32Array()

	## The values themselves.
	func real() -> PackedFloat32Array:
		var found := values.duplicate()
		var each := values.size() / maxi(1, scales.size())
		for i: int in values.size() if not scales.is_empty() else 0:
			found[i] *= scales[i / each]
		return found


func _init(file: NrtoolOnnxFile) -> void:
	_file = file


## A stored single number; `otherwise` where there is none.
func number(name: String, otherwise := NAN) -> float:
	var stored: NrtoolOnnxFile.Tensor = _file.tensors.get(name)
	if stored == null or stored.count() != 1:
		return otherwise
	return stored.floats()[0]


## The type of a stored tensor; "" where there is none.
func type(name: String) -> String:
	var stored: NrtoolOnnxFile.Tensor = _file.tensors.get(name)
	return stored.type if stored else ""


## Whether a tensor of this shape holds this one integer.
func holds(name: String, value: int, shape: PackedInt64Array) -> bool:
	return type(name) == "int64" and number(name) == value and _file.tensors[name].shape == shape


func is_stored(name: String) -> bool:
	return _file.tensors.has(name)


## Weights by name, those of no values where no name is given; null where the file has none.
func weights(name: String) -> Weights:
	if _dequantized.has(name):
		return _dequantized[name]
	var found := Weights.new()
	if name.is_empty():
		return found
	if type(name) != "float32":
		return null
	found.shape = _file.tensors[name].shape
	found.values = _file.tensors[name].floats()
	return found


## Takes DequantizeLinear of stored values; false where it is of a kind that we do not write.
func dequantize(operation: NrtoolOnnxFile.Operation) -> bool:
	var stored := _file.tensors[operation.input(0)]
	if not stored.type in ["int8", "int32"] or type(operation.input(1)) != "float32":
		return false
	var made := Weights.new()
	made.shape = stored.shape
	made.values = stored.floats()
	made.scales = _file.tensors[operation.input(1)].floats()
	_dequantized[operation.outputs[0]] = made
	for scale: float in made.scales:
		if not (scale > 0.0 and is_finite(scale)):
			return false
	if is_stored(operation.input(2)):
		for zero: float in _file.tensors[operation.input(2)].floats():
			if zero != 0.0:
				return false
	var count := made.scales.size()
	var is_by_entry := operation.integer("axis", 1) == 0 and not stored.shape.is_empty()
	return count == 1 or is_by_entry and stored.shape[0] == count
