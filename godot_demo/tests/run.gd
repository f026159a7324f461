extends SceneTree
## Runs every test_*.gd beside this file, or those whose names contain a word of the user
## arguments, and ends with the line "N passed, N failed".

const FOLDER := "res://tests"


func _initialize() -> void:
	_run.call_deferred()


func _run() -> void:
	var words := OS.get_cmdline_user_args()
	var passed := 0
	var failed := 0
	for file: String in DirAccess.get_files_at(FOLDER):
		if not (file.begins_with("test_") and file.ends_with(".gd")) or file == "test_case.gd":
			continue
		if not words.is_empty() and not _is_wanted(file, words):
			continue
		var script: GDScript = load(FOLDER.path_join(file))
		if script == null or not script.can_instantiate():
			failed += 1
			print("FAILED %s: it does not compile" % file)
			continue
		for method: Dictionary in script.get_script_method_list():
			var test: String = method["name"]
			if not test.begins_with("test_"):
				continue
			var case: TestCase = script.new()
			case.tree = self
			var start := Time.get_ticks_msec()
			await case.call(test)
			if case.checks == 0:
				case.failures.append("it checked nothing")
			var took := Time.get_ticks_msec() - start
			var title := "%s %s" % [file.get_basename(), test.trim_prefix("test_")]
			if case.failures.is_empty():
				passed += 1
				print("ok     %s (%d ms)" % [title, took])
			else:
				failed += 1
				print(
					"FAILED %s\n       %s" % [title, "\n       ".join(case.failures.slice(0, 10))]
				)
	print("%d passed, %d failed" % [passed, failed])
	quit(1 if failed or not passed else 0)


static func _is_wanted(file: String, words: PackedStringArray) -> bool:
	for word: String in words:
		if file.contains(word):
			return true
	return false
