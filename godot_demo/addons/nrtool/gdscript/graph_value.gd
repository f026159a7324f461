class_name NrtoolGraphValue
extends RefCounted
## What an operator of a graph computes, while a network is made of it.

## What the axes [N, channels, rows, columns] have become.
enum Axes { FOUR, NO_ROWS, COLUMNS_FIRST, DONE }

## Maps between layers; null as long as it is still the image.
var maps: NrtoolMaps
## Of the image: what each of 256 levels of grey has become.
var table := PackedFloat32Array()
## What a value of 1 stands for: empty for 1, one number for all channels, or one for each.
var scales := PackedFloat32Array()
## Whether QuantizeLinear made it and DequantizeLinear is still to come, with this zero point.
var is_quantized := false
var zero := 0
var axes := Axes.FOUR


## Other maps in the same unit.
func with(other_maps: NrtoolMaps) -> NrtoolGraphValue:
	var made := NrtoolGraphValue.new()
	made.maps = other_maps
	made.scales = scales
	return made


## Whether it is maps that a layer can take.
func is_plain() -> bool:
	return maps != null and axes == Axes.FOUR and not is_quantized


## What a value of 1 stands for in each channel, times a factor, four channels to a vector.
func factors(factor: float) -> PackedVector4Array:
	var found := PackedVector4Array()
	found.resize(maps.planes.size())
	for channel: int in maps.channels:
		var four := found[channel / 4]
		four[channel % 4] = scales[channel if scales.size() > 1 else 0] * factor
		found[channel / 4] = four
	return found
