class_name NrtoolMaps
extends RefCounted
## The values between two layers: `channels` maps of `height` rows and `width` columns. Four
## channels share a Vector4, so that the engine computes with four, or sixteen, values at a time.

var channels: int
var height: int
var width: int
## For each four channels height * width vectors, row by row.
var planes: Array[PackedVector4Array] = []


func _init(of_channels: int, of_height: int, of_width: int) -> void:
	channels = of_channels
	height = of_height
	width = of_width
	var plane := PackedVector4Array()
	plane.resize(height * width)
	for _four: int in fours(channels):
		planes.append(plane.duplicate())


## How many vectors of four so many channels fill.
static func fours(of_channels: int) -> int:
	return (of_channels + 3) / 4
