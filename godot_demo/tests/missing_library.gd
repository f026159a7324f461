extends SceneTree
## Started by itself, since a library that is open stays open: without ONNX Runtime's library, and
## without the extension, a recogniser must say what is missing. Ends with one line.


func _initialize() -> void:
	_run.call_deferred()


func _run() -> void:
	var recognizer := NrtoolRecognizer.new()
	recognizer.library = "/nowhere/libonnxruntime.so.1"
	var problem := recognizer.load_model("res://models/optimized.int8.onnx")
	print("without the library: ", problem)
	var is_said := problem.contains("ONNX Runtime's library cannot be opened")
	GDExtensionManager.unload_extension("res://addons/nrtool/nrtool.gdextension")
	problem = NrtoolRecognizer.new().load_model("res://models/optimized.int8.onnx")
	print("without the extension: ", problem)
	is_said = is_said and problem.contains("the native library is missing")
	problem = recognizer.load_model("res://models/nano.int8.onnx")
	print("nano without the extension: ", problem if problem else recognizer.runtime)
	is_said = is_said and recognizer.runtime == NrtoolRecognizer.GDSCRIPT
	print("1 passed, 0 failed" if is_said else "0 passed, 1 failed")
	quit()
