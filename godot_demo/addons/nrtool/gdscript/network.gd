class_name NrtoolNetwork
extends RefCounted
## A network of convolutions, computed in GDScript: from a strip to log-probabilities, at once or
## step by step. NrtoolNetworkBuilder makes it of an .onnx file.

var layers: Array[NrtoolLayer] = []
var classes := 0

var _layer := 0
var _step := 0


## Begins to read a strip of 32 x 128 bytes; what was being read is dropped.
func begin(strip: PackedByteArray) -> void:
	(layers[0] as NrtoolStripLayer).strip = strip
	_layer = 0
	_step = 0


## Goes one step on; false where there is none left, and `log_probs` are there.
func advance() -> bool:
	if _layer >= layers.size():
		return false
	layers[_layer].step(_step)
	_step += 1
	if _step == layers[_layer].steps():
		_layer += 1
		_step = 0
	return _layer < layers.size()


## How many times `advance` goes on.
func steps() -> int:
	var total := 0
	for layer: NrtoolLayer in layers:
		total += layer.steps()
	return total


## Multiply-adds of the largest step.
func largest_step() -> int:
	var most := 0
	for layer: NrtoolLayer in layers:
		most = maxi(most, layer.work())
	return most


## The natural log-softmax of each column: column by column, `classes` values each.
func log_probs() -> PackedFloat32Array:
	var maps := layers[-1].out
	var found := PackedFloat32Array()
	for column: int in maps.width:
		var logits := PackedFloat64Array()
		for kind: int in classes:
			logits.append(maps.planes[kind / 4][column][kind % 4])
		var most := logits[0]
		for logit: float in logits:
			most = maxf(most, logit)
		var total := 0.0
		for logit: float in logits:
			total += exp(logit - most)
		for logit: float in logits:
			found.append(logit - most - log(total))
	return found
