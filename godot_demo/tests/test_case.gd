class_name TestCase
extends RefCounted
## One file of tests: every method named test_… is run, with a scene tree at hand. A test fails by
## a check that does not hold, and by making no check at all.

var tree: SceneTree
var failures: PackedStringArray = []
var checks := 0


func check(holds: bool, what: String) -> void:
	checks += 1
	if not holds:
		failures.append(what)


func equal(found: Variant, expected: Variant, what: String) -> void:
	check(found == expected, "%s: %s, expected %s" % [what, found, expected])


func near(found: float, expected: float, tolerance: float, what: String) -> void:
	check(absf(found - expected) <= tolerance, "%s: %s, expected %s" % [what, found, expected])


## A release's golden readings: see exports/optimized/golden.json.
func golden(variant := "optimized") -> Dictionary:
	var folder := OS.get_environment("NRTOOL_EXPORTS")
	return json(folder.path_join(variant).path_join("golden.json")) as Dictionary


func json(path: String) -> Variant:
	return JSON.parse_string(FileAccess.get_file_as_string(path))


## A file that godot_demo/tools/odd_models.py made.
func odd(file: String) -> String:
	return OS.get_environment("NRTOOL_ODD").path_join(file)


func picture(base64: String) -> Image:
	var image := Image.new()
	image.load_png_from_buffer(Marshalls.base64_to_raw(base64))
	return image


## A picture's pixels as 8-bit grey.
func grey(base64: String) -> PackedByteArray:
	var image := picture(base64)
	image.convert(Image.FORMAT_L8)
	return image.get_data()
