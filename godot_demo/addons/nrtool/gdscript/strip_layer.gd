class_name NrtoolStripLayer
extends NrtoolLayer
## The strip as the first convolution takes it. One channel would fill a quarter of a Vector4, so
## the columns of its kernel become channels: at row y and column x lie the values of the strip at
## row y and columns x * stride - padding, and those to the right of it.

## The 32 x 128 bytes to be read.
var strip := PackedByteArray()

var _values: PackedFloat32Array
var _columns: int
var _stride: int
var _padding: int


## `values` has what each of 256 levels of grey counts as.
func _init(values: PackedFloat32Array, columns: int, stride: int, padding: int, width: int) -> void:
	_values = values
	_columns = columns
	_stride = stride
	_padding = padding
	out = NrtoolMaps.new(columns, NrtoolStrip.HEIGHT, width)


func steps() -> int:
	return 1


func step(_index: int) -> void:
	var empty := PackedVector4Array()
	empty.resize(out.width)
	var needed := (out.width - 1) * _stride + 4 * out.planes.size()
	for four: int in out.planes.size():
		var plane := PackedVector4Array()
		for y: int in out.height:
			var bytes := strip.slice(y * NrtoolStrip.WIDTH, (y + 1) * NrtoolStrip.WIDTH)
			if bytes.count(0) == NrtoolStrip.WIDTH and _values[0] == 0.0:
				plane.append_array(empty)
				continue
			var row := PackedFloat32Array()
			row.resize(maxi(needed, _padding + NrtoolStrip.WIDTH))
			for x: int in NrtoolStrip.WIDTH:
				row[_padding + x] = _values[bytes[x]]
			var at := 4 * four
			for x: int in out.width:
				plane.append(Vector4(row[at], row[at + 1], row[at + 2], row[at + 3]))
				at += _stride
		out.planes[four] = plane
