class_name NrtoolLayer
extends RefCounted
## A layer of a network: computes `out`, step by step, so that a frame need not wait for all of it.

var out: NrtoolMaps


## How many steps it takes; each is a small part of the whole.
func steps() -> int:
	return out.planes.size()


## Computes one step of `steps`, in order.
func step(_index: int) -> void:
	pass


## Multiply-adds of the largest step, or values where there are none.
func work() -> int:
	return 4 * out.height * out.width
