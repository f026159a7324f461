class_name NrtoolOnnxFile
extends RefCounted
## What an .onnx file holds, as far as reading with it in GDScript asks: nodes, stored tensors,
## inputs, outputs, metadata. Field numbers are those of onnx.proto.

const LARGEST := 4 << 20  ## bytes; our files of this kind are below 1 MB
const MOST_VALUES := 1 << 20  ## in one stored tensor
const MOST_AXES := 8
const NAMES: Dictionary[int, String] = {
	1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 9: "bool"
}
const SIZES: Dictionary[String, int] = {
	"float32": 4, "uint8": 1, "int8": 1, "int32": 4, "int64": 8, "bool": 1
}

var nodes: Array[Operation] = []
var tensors: Dictionary[String, Tensor] = {}
## As the native session tells it: "input image uint8 -1,1,32,128".
var signature := PackedStringArray()
var metadata: Dictionary[String, String] = {}


## An operator, what goes in and what comes out by name.
class Operation:
	var operator := ""
	var domain := ""
	var inputs := PackedStringArray()
	var outputs := PackedStringArray()
	var _attributes: Dictionary[String, Variant] = {}

	func input(place: int) -> String:
		return inputs[place] if place < inputs.size() else ""

	func integer(attribute: String, otherwise: int) -> int:
		var told: Variant = _attributes.get(attribute)
		return told if told is int else otherwise

	func integers(attribute: String, otherwise: PackedInt64Array) -> PackedInt64Array:
		var told: Variant = _attributes.get(attribute)
		return told if told is PackedInt64Array else otherwise

	func word(attribute: String, otherwise: String) -> String:
		var told: Variant = _attributes.get(attribute)
		return told if told is String else otherwise


## A stored tensor: its values are read when they are asked for.
class Tensor:
	var type := ""
	var shape := PackedInt64Array()
	var raw := PackedByteArray()

	func count() -> int:
		var product := 1
		for length: int in shape:
			product *= length
		return product

	## Its values, row by row, whatever their type.
	func floats() -> PackedFloat32Array:
		if type == "float32":
			return raw.to_float32_array()
		if type == "int8":
			return _signed()
		var found := PackedFloat32Array()
		found.resize(count())
		for i: int in found.size():
			found[i] = _integer(i)
		return found

	## Most of a file is this: as few operations a value as can be.
	func _signed() -> PackedFloat32Array:
		var found := PackedFloat32Array(Array(raw))
		for i: int in found.size():
			if found[i] > 127.0:
				found[i] -= 256.0
		return found

	func integers() -> PackedInt64Array:
		var found := PackedInt64Array()
		if type != "float32":
			found.resize(count())
			for i: int in found.size():
				found[i] = _integer(i)
		return found

	func _integer(place: int) -> int:
		match type:
			"int8":
				return raw.decode_s8(place)
			"int32":
				return raw.decode_s32(4 * place)
			"int64":
				return raw.decode_s64(8 * place)
		return raw[place]


## Reads a file's bytes. Gives "", or what is wrong in words.
func read(bytes: PackedByteArray) -> String:
	if bytes.is_empty():
		return "the file is empty"
	if bytes.size() > LARGEST:
		return "the file is larger than %d bytes" % LARGEST
	var model := NrtoolProtobuf.new(bytes)
	var problem := ""
	var graphs := 0
	while problem.is_empty() and model.next():
		match model.number:
			7:
				graphs += 1
				problem = _read_graph(model.message())
			14:
				_read_metadata(model.message())
			25:
				problem = "it has functions of its own"
	if model.is_broken:
		return "the file is damaged, or no .onnx at all"
	if problem.is_empty() and graphs != 1:
		return "it holds %d graphs" % graphs
	return problem


func _read_graph(graph: NrtoolProtobuf) -> String:
	var problem := ""
	while problem.is_empty() and graph.next():
		match graph.number:
			1:
				problem = _read_node(graph.message())
			5:
				problem = _read_tensor(graph.message())
			11:
				_read_value(graph.message(), "input")
			12:
				_read_value(graph.message(), "output")
			15:
				problem = "it stores sparse tensors"
	return problem


func _read_node(message: NrtoolProtobuf) -> String:
	var node := Operation.new()
	while message.next():
		match message.number:
			1:
				node.inputs.append(message.name())
			2:
				node.outputs.append(message.name())
			4:
				node.operator = message.name()
			5:
				_read_attribute(message.message(), node._attributes)
			7:
				node.domain = message.name()
	nodes.append(node)
	if node.outputs.is_empty():
		return "an operator %s has no output" % node.operator
	return ""


## Attributes of other kinds than integers and text are passed over: none of our operators has one.
func _read_attribute(message: NrtoolProtobuf, into: Dictionary[String, Variant]) -> void:
	var name := ""
	var many := PackedInt64Array()
	var found: Variant = null
	while message.next():
		match message.number:
			1:
				name = message.name()
			3:
				found = message.value
			4:
				found = message.name()
			8:
				message.append_integers(many)
	into[name] = many if not many.is_empty() else found


func _read_tensor(message: NrtoolProtobuf) -> String:
	var tensor := Tensor.new()
	var name := ""
	var is_elsewhere := false
	while message.next():
		match message.number:
			1:
				message.append_integers(tensor.shape)
			2:
				tensor.type = NAMES.get(message.value, "other")
			8:
				name = message.name()
			9:
				tensor.raw = message.bytes.slice(message.start, message.end)
			13, 14:
				is_elsewhere = is_elsewhere or message.number == 13 or message.value != 0
	if message.is_broken:
		return ""  # the reader of the file says so
	tensors[name] = tensor
	if is_elsewhere:
		return "the tensor %s lies in another file" % name
	if tensor.shape.size() > MOST_AXES:
		return "the tensor %s has %d axes" % [name, tensor.shape.size()]
	var count := 1
	for length: int in tensor.shape:
		if length < 0 or length > MOST_VALUES or count * length > MOST_VALUES:
			return "the tensor %s is too large" % name
		count *= length
	if not tensor.type in SIZES or tensor.raw.size() != count * SIZES[tensor.type]:
		return "the tensor %s does not hold what its shape and type say" % name
	return ""


func _read_value(message: NrtoolProtobuf, kind: String) -> void:
	var name := ""
	var type := "other"
	var shape := PackedStringArray()
	while message.next():
		if message.number == 1:
			name = message.name()
		elif message.number == 2:
			var either := message.message()
			while either.next():
				if either.number != 1:
					continue  # a sequence or a map
				var tensor := either.message()
				while tensor.next():
					if tensor.number == 1:
						type = NAMES.get(tensor.value, "other")
					elif tensor.number == 2:
						shape = _lengths(tensor.message())
	# As words they are told apart by spaces.
	signature.append(" ".join([kind, name.replace(" ", "_"), type, ",".join(shape)]))


func _lengths(message: NrtoolProtobuf) -> PackedStringArray:
	var found := PackedStringArray()
	while message.next():
		if message.number == 1:
			var length := "-1"  # named, not fixed
			var dimension := message.message()
			while dimension.next():
				if dimension.number == 1:
					length = str(dimension.value)
			found.append(length)
	return found


func _read_metadata(message: NrtoolProtobuf) -> void:
	var key := ""
	var value := ""
	while message.next():
		match message.number:
			1:
				key = message.text()
			2:
				value = message.text()
	metadata[key] = value
