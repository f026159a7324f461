class_name NrtoolScriptSession
extends RefCounted
## Does in GDScript what the native NrtoolSession does with ONNX Runtime, for the models that have
## no LSTM: where no native library can be, such as in a browser, or was not built.

## Readings longer than this have confidence 0, as in the models' own graphs: models/ctc.py.
const LONGEST_SCORED := 7

## How often a reading was begun: who reads step by step sees whether another came between.
var turn := 0

var _network: NrtoolNetwork
var _file: NrtoolOnnxFile
var _problem := ""
var _slope := 1.0
var _offset := 0.0


## Opens the bytes of an .onnx file. Gives "", or what is wrong in words.
func open(bytes: PackedByteArray, _library := "") -> String:
	var file := NrtoolOnnxFile.new()
	var wrong := file.read(bytes)
	if not wrong.is_empty():
		return wrong
	_file = file
	_network = null
	return ""


## Makes the network, once signature and metadata were found to be right. Gives "", or a problem.
func build() -> String:
	if _file.metadata.get("decoder", "ctc") != "ctc":
		return "only ctc can be decoded in GDScript, not %s" % _file.metadata["decoder"]
	var builder := NrtoolNetworkBuilder.new()
	var network := builder.build(_file)
	if network == null:
		return builder.problem
	var letters: String = _file.metadata.get("alphabet", "")
	if network.classes != letters.length() + 1:
		return "it has %d classes for the alphabet %s" % [network.classes, letters]
	var told: String = _file.metadata.get("calibration", "1, 0")
	_slope = told.get_slice(",", 0).to_float()
	_offset = told.get_slice(",", 1).to_float()
	_network = network
	_file.tensors.clear()
	_file.nodes.clear()
	return ""


## Keys and values, one after the other.
func metadata() -> PackedStringArray:
	var flat := PackedStringArray()
	for key: String in _file.metadata:
		flat.append(key)
		flat.append(_file.metadata[key])
	return flat


func signature() -> PackedStringArray:
	return _file.signature


func problem() -> String:
	return _problem


func network() -> NrtoolNetwork:
	return _network


## Reads a strip at once: confidence, T digits, T x classes log-probabilities. Nothing where there
## is a `problem`.
func run(strip: PackedByteArray) -> PackedFloat32Array:
	if not begin(strip):
		return PackedFloat32Array()
	while advance():
		pass
	return values()


## Begins to read a strip step by step; false where it cannot be read.
func begin(strip: PackedByteArray) -> bool:
	turn += 1
	_problem = ""
	if _network == null:
		_problem = "no model is open"
	elif strip.size() != NrtoolStrip.HEIGHT * NrtoolStrip.WIDTH:
		_problem = (
			"the image has %d bytes, the model takes %d"
			% [strip.size(), NrtoolStrip.HEIGHT * NrtoolStrip.WIDTH]
		)
	else:
		_network.begin(strip)
	return _problem.is_empty()


## Goes on; false where all steps are done.
func advance() -> bool:
	return _network.advance()


## What `run` gives, once all steps are done.
func values() -> PackedFloat32Array:
	var log_probs := _network.log_probs()
	var digits := NrtoolCtc.greedy(log_probs, _network.classes)
	var found := PackedFloat32Array([_confidence(log_probs, digits)])
	for frame: int in log_probs.size() / _network.classes:
		found.append(digits[frame] if frame < digits.size() else -1)
	found.append_array(log_probs)
	return found


## The calibrated probability of the reading: toolchain/proof/calibration.py.
func _confidence(log_probs: PackedFloat32Array, digits: PackedInt32Array) -> float:
	if digits.size() > LONGEST_SCORED:
		return 0.0
	var share := minf(1.0, exp(NrtoolCtc.log_score(log_probs, _network.classes, digits)))
	var right := exp(_offset) * share ** _slope
	return right / (right + (1.0 - share) ** _slope)
