class_name NrtoolProtobuf
extends RefCounted
## Reads one message of protobuf's wire format, field by field, and never beyond its end.
## https://protobuf.dev/programming-guides/encoding/

enum Wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 }

const LONGEST_VARINT := 10  # bytes

## The field that `next` found: its number in the .proto, and how it is written.
var number := 0
var wire := Wire.VARINT
## The field's value where it is a number; floats and doubles as their bits.
var value := 0
## Where the field's bytes lie in `bytes` where it has any: from `start`, before `end`.
var start := 0
var end := 0
## All of the file.
var bytes: PackedByteArray
## Whether the message, or one inside it, is damaged.
var is_broken := false

var _at: int
var _to: int
var _outer: NrtoolProtobuf


## The message that fills all bytes, or those from `from` on and before `to`.
func _init(all: PackedByteArray, from := 0, to := -1, outer: NrtoolProtobuf = null) -> void:
	bytes = all
	_at = from
	_to = all.size() if to < 0 else to
	_outer = outer


## Goes to the next field; false after the last, and where the message is damaged.
func next() -> bool:
	if is_broken or _at >= _to:
		return false
	var key := _varint()
	number = key >> 3
	wire = (key & 7) as Wire
	match wire:
		Wire.VARINT:
			value = _varint()
		Wire.BYTES:
			_take(_varint())
		Wire.FIXED32:
			if _take(4):
				value = bytes.decode_u32(start)
		Wire.FIXED64:
			if _take(8):
				value = bytes.decode_s64(start)
		_:
			_break()
	if number <= 0:
		_break()
	return not is_broken


## The field as a message of its own.
func message() -> NrtoolProtobuf:
	if wire != Wire.BYTES:
		_break()
		return NrtoolProtobuf.new(bytes, 0, 0, self)
	return NrtoolProtobuf.new(bytes, start, end, self)


## The field as text that people wrote.
func text() -> String:
	if wire != Wire.BYTES:
		_break()
		return ""
	return bytes.slice(start, end).get_string_from_utf8()


## The field as a name, which has no other characters than ASCII's.
func name() -> String:
	for i: int in range(start, end) if wire == Wire.BYTES else []:
		if bytes[i] > 0x7F:
			_break()
			return ""
	return text()


## Appends a repeated field of integers: one by one, or packed into one field.
func append_integers(to: PackedInt64Array) -> void:
	if wire == Wire.VARINT:
		to.append(value)
		return
	var packed := message()
	while packed._at < packed._to and not is_broken:
		to.append(packed._varint())


func _take(length: int) -> bool:
	start = _at
	end = _at
	if length < 0 or length > _to - _at:
		_break()
		return false
	end = _at + length
	_at = end
	return true


func _varint() -> int:
	var found := 0
	for place: int in LONGEST_VARINT:
		if _at >= _to:
			break
		var byte := bytes[_at]
		_at += 1
		found |= (byte & 0x7F) << (7 * place)
		if byte < 0x80:
			return found
	_break()
	return 0


func _break() -> void:
	is_broken = true
	if _outer:
		_outer._break()
