class_name StrokeFile
extends RefCounted
## Drawings as pen strokes, one digit a line of JSON, as `nrtool train --custom` reads them.

const FOLDER := "user://drawings"
const FILE := "drawings.jsonl"


## The lines of one drawing of a number; none where its strokes do not fall apart into its digits.
static func lines(
	strokes: Array[PackedVector2Array], number: String, writer: String
) -> PackedStringArray:
	var digits := split(strokes, number.length())
	var made := PackedStringArray()
	for i: int in digits.size():
		var record := {
			"label": number[i], "writer": writer, "source": "game", "strokes": _points(digits[i])
		}
		made.append(JSON.stringify(record))
	return made


## Adds lines to the file; gives its path, or "" if it could not be written.
static func append(made: PackedStringArray, folder := FOLDER) -> String:
	DirAccess.make_dir_recursive_absolute(folder)
	var path := folder.path_join(FILE)
	var is_new := not FileAccess.file_exists(path)
	var file := FileAccess.open(path, FileAccess.WRITE if is_new else FileAccess.READ_WRITE)
	if file == null:
		return ""
	file.seek_end()
	for line: String in made:
		file.store_line(line)
	return ProjectSettings.globalize_path(path)


## Strokes in groups of overlapping columns, left to right; none unless there are `count` groups.
static func split(strokes: Array[PackedVector2Array], count: int) -> Array[Array]:
	var spans: Array[Array] = []  # [left, right, strokes]
	for stroke: PackedVector2Array in strokes:
		var one: Array[PackedVector2Array] = [stroke]
		var box := NrtoolInk.extent(one)
		var span: Array = [box.position.x, box.end.x, one]
		var apart: Array[Array] = []
		for other: Array in spans:
			if other[0] <= span[1] and span[0] <= other[1]:
				var joined: Array[PackedVector2Array] = []
				joined.append_array(other[2] as Array)
				joined.append_array(span[2] as Array)
				span = [minf(other[0], span[0]), maxf(other[1], span[1]), joined]
			else:
				apart.append(other)
		apart.append(span)
		spans = apart
	if spans.size() != count:
		return []
	spans.sort_custom(func(a: Array, b: Array) -> bool: return a[0] < b[0])
	var groups: Array[Array] = []
	for span: Array in spans:
		groups.append(span[2] as Array)
	return groups


static func _points(strokes: Array) -> Array:
	return strokes.map(
		func(stroke: PackedVector2Array) -> Array:
			return Array(stroke).map(
				func(point: Vector2) -> Array:
					return [snappedf(point.x, 0.1), snappedf(point.y, 0.1)]
			)
	)
