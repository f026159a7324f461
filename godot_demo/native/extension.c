/* The class NrtoolSession in Godot: a RefCounted around `Session`.
 *
 * Every method is written once, in typed form (`ptrcall`); `call` serves untyped callers by
 * unpacking Variants, calling the typed form, and packing its answer.
 */
#include <stdlib.h>
#include <string.h>

#include "gdextension_interface.h"
#include "session.h"

enum { MOST_ARGUMENTS = 2 };
/* Godot's sizes for 64-bit and 32-bit machines alike are at most these. */
typedef union { uint64_t align; uint8_t bytes[8]; } Name; /* String, StringName */
typedef union { uint64_t align; uint8_t bytes[16]; } Value; /* and packed arrays */

typedef struct {
	const char *name;
	GDExtensionVariantType arguments[MOST_ARGUMENTS], answer;
	int count;
	GDExtensionClassMethodPtrCall typed;
} Method;

static GDExtensionClassLibraryPtr library;
static struct {
	GDExtensionInterfaceStringNameNewWithLatin1Chars name_new;
	GDExtensionInterfaceStringNewWithUtf8Chars string_new;
	GDExtensionInterfaceStringToUtf8Chars string_to_utf8;
	GDExtensionInterfacePackedByteArrayOperatorIndexConst byte_at;
	GDExtensionInterfacePackedFloat32ArrayOperatorIndex float_at;
	GDExtensionInterfacePackedStringArrayOperatorIndex string_at;
	GDExtensionInterfaceGetVariantFromTypeConstructor from_type;
	GDExtensionInterfaceGetVariantToTypeConstructor to_type;
	GDExtensionInterfaceVariantGetType type_of;
	GDExtensionInterfaceVariantDestroy variant_destroy;
	GDExtensionInterfaceClassdbConstructObject2 construct;
	GDExtensionInterfaceObjectSetInstance set_instance;
	GDExtensionInterfaceClassdbRegisterExtensionClass4 register_class;
	GDExtensionInterfaceClassdbRegisterExtensionClassMethod register_method;
	GDExtensionInterfaceClassdbUnregisterExtensionClass unregister_class;
	GDExtensionPtrDestructor name_free, string_free;
	GDExtensionPtrBuiltInMethod bytes_size, floats_resize, strings_resize;
	GDExtensionInterfaceVariantGetPtrConstructor constructor;
	GDExtensionInterfaceVariantGetPtrDestructor destructor;
} gd;

static Name name(const char *text) {
	Name made = {0};
	gd.name_new(&made, text, 0);
	return made;
}

/* ---- what the methods do; an answer is already constructed when they are called ---- */

static void answer_string(GDExtensionTypePtr answer, const char *text) {
	gd.string_free(answer);
	gd.string_new(answer, text);
}

static void resize(GDExtensionPtrBuiltInMethod method, GDExtensionTypePtr array, int64_t size) {
	int64_t status = 0;
	GDExtensionConstTypePtr arguments[] = {&size};
	method(array, arguments, &status, 1);
}

typedef struct {
	GDExtensionTypePtr array;
	int64_t size;
} Strings;

static void add_string(void *user, const char *text) {
	Strings *strings = user;
	resize(gd.strings_resize, strings->array, strings->size + 1);
	answer_string(gd.string_at(strings->array, strings->size++), text);
}

static int64_t size_of_bytes(GDExtensionConstTypePtr array) {
	int64_t size = 0;
	gd.bytes_size((GDExtensionTypePtr)array, NULL, &size, 0);
	return size;
}

static void method_open(void *user, GDExtensionClassInstancePtr self,
                        const GDExtensionConstTypePtr *arguments, GDExtensionTypePtr answer) {
	(void)user;
	int64_t size = size_of_bytes(arguments[0]);
	int64_t length = gd.string_to_utf8(arguments[1], NULL, 0);
	char *path = calloc((size_t)length + 1, 1);
	if (!path || !size) {
		answer_string(answer, path ? "the model is empty" : "out of memory");
	} else {
		gd.string_to_utf8(arguments[1], path, length);
		int done = session_open(self, gd.byte_at(arguments[0], 0), (size_t)size, path);
		answer_string(answer, done ? "" : session_problem(self));
	}
	free(path);
}

static void method_problem(void *user, GDExtensionClassInstancePtr self,
                           const GDExtensionConstTypePtr *arguments, GDExtensionTypePtr answer) {
	(void)user, (void)arguments;
	answer_string(answer, session_problem(self));
}

static void method_signature(void *user, GDExtensionClassInstancePtr self,
                             const GDExtensionConstTypePtr *arguments, GDExtensionTypePtr answer) {
	(void)user, (void)arguments;
	Strings strings = {answer, 0};
	resize(gd.strings_resize, answer, 0);
	session_signature(self, add_string, &strings);
}

static void method_metadata(void *user, GDExtensionClassInstancePtr self,
                            const GDExtensionConstTypePtr *arguments, GDExtensionTypePtr answer) {
	(void)user, (void)arguments;
	Strings strings = {answer, 0};
	resize(gd.strings_resize, answer, 0);
	session_metadata(self, add_string, &strings);
}

static void method_run(void *user, GDExtensionClassInstancePtr self,
                       const GDExtensionConstTypePtr *arguments, GDExtensionTypePtr answer) {
	(void)user;
	int64_t size = size_of_bytes(arguments[0]);
	const float *values = NULL;
	size_t count = 0;
	int done = session_run(self, size ? gd.byte_at(arguments[0], 0) : NULL, (size_t)size, &values,
	                       &count);
	resize(gd.floats_resize, answer, done ? (int64_t)count : 0);
	if (done && count) memcpy(gd.float_at(answer, 0), values, count * sizeof(float));
}

#define BYTES GDEXTENSION_VARIANT_TYPE_PACKED_BYTE_ARRAY
#define FLOATS GDEXTENSION_VARIANT_TYPE_PACKED_FLOAT32_ARRAY
#define STRINGS GDEXTENSION_VARIANT_TYPE_PACKED_STRING_ARRAY
#define STRING GDEXTENSION_VARIANT_TYPE_STRING

static const Method METHODS[] = {
    {"open", {BYTES, STRING}, STRING, 2, method_open},
    {"problem", {0}, STRING, 0, method_problem},
    {"signature", {0}, STRINGS, 0, method_signature},
    {"metadata", {0}, STRINGS, 0, method_metadata},
    {"run", {BYTES}, FLOATS, 1, method_run},
};

/* ---- the class ---- */

static void call(void *user, GDExtensionClassInstancePtr self,
                 const GDExtensionConstVariantPtr *arguments, GDExtensionInt count,
                 GDExtensionVariantPtr answer, GDExtensionCallError *error) {
	const Method *method = user;
	error->error = GDEXTENSION_CALL_OK;
	if (count != method->count) {
		error->error = count < method->count ? GDEXTENSION_CALL_ERROR_TOO_FEW_ARGUMENTS
		                                     : GDEXTENSION_CALL_ERROR_TOO_MANY_ARGUMENTS;
		error->expected = method->count;
		return;
	}
	for (int i = 0; i < method->count; i++) {
		if (gd.type_of(arguments[i]) != method->arguments[i]) {
			error->error = GDEXTENSION_CALL_ERROR_INVALID_ARGUMENT;
			error->argument = i;
			error->expected = method->arguments[i];
			return;
		}
	}
	Value values[MOST_ARGUMENTS] = {0}, made = {0};
	GDExtensionConstTypePtr typed[MOST_ARGUMENTS];
	for (int i = 0; i < method->count; i++) {
		gd.to_type(method->arguments[i])(&values[i], (GDExtensionVariantPtr)arguments[i]);
		typed[i] = &values[i];
	}
	gd.constructor(method->answer, 0)(&made, NULL);
	method->typed(user, self, typed, &made);
	gd.variant_destroy(answer);
	gd.from_type(method->answer)(answer, &made);
	gd.destructor(method->answer)(&made);
	for (int i = 0; i < method->count; i++) gd.destructor(method->arguments[i])(&values[i]);
}

static GDExtensionObjectPtr create(void *user, GDExtensionBool notify) {
	(void)user, (void)notify;
	Session *session = session_new();
	if (!session) return NULL;
	Name parent = name("RefCounted"), own = name("NrtoolSession");
	GDExtensionObjectPtr object = gd.construct(&parent);
	gd.set_instance(object, &own, session);
	gd.name_free(&parent);
	gd.name_free(&own);
	return object;
}

static void destroy(void *user, GDExtensionClassInstancePtr self) {
	(void)user;
	session_free(self);
}

static void add_method(Name *owner, const Method *method) {
	Name own = name(method->name), nothing = name("");
	Name hint = {0};
	gd.string_new(&hint, "");
	GDExtensionPropertyInfo answer = {method->answer, &nothing, &nothing, 0, &hint, 6};
	GDExtensionPropertyInfo arguments[MOST_ARGUMENTS];
	GDExtensionClassMethodArgumentMetadata metadata[MOST_ARGUMENTS] = {0};
	for (int i = 0; i < method->count; i++) {
		arguments[i] = answer;
		arguments[i].type = method->arguments[i];
	}
	GDExtensionClassMethodInfo info = {0};
	info.name = &own;
	info.method_userdata = (void *)method;
	info.call_func = call;
	info.ptrcall_func = method->typed;
	info.method_flags = GDEXTENSION_METHOD_FLAGS_DEFAULT;
	info.has_return_value = 1;
	info.return_value_info = &answer;
	info.argument_count = (uint32_t)method->count;
	info.arguments_info = arguments;
	info.arguments_metadata = metadata;
	gd.register_method(library, owner, &info);
	gd.name_free(&own);
	gd.name_free(&nothing);
	gd.string_free(&hint);
}

static void initialize(void *user, GDExtensionInitializationLevel level) {
	(void)user;
	if (level != GDEXTENSION_INITIALIZATION_SCENE) return;
	Name own = name("NrtoolSession"), parent = name("RefCounted");
	GDExtensionClassCreationInfo4 info = {0};
	info.is_exposed = 1;
	info.create_instance_func = create;
	info.free_instance_func = destroy;
	gd.register_class(library, &own, &parent, &info);
	for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++) add_method(&own, &METHODS[i]);
	gd.name_free(&own);
	gd.name_free(&parent);
}

static void deinitialize(void *user, GDExtensionInitializationLevel level) {
	(void)user;
	if (level != GDEXTENSION_INITIALIZATION_SCENE) return;
	Name own = name("NrtoolSession");
	gd.unregister_class(library, &own);
	gd.name_free(&own);
}

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

#define TAKE(field, function) gd.field = (void *)get("" function)

EXPORTED GDExtensionBool nrtool_init(GDExtensionInterfaceGetProcAddress get,
                                     GDExtensionClassLibraryPtr own_library,
                                     GDExtensionInitialization *initialization) {
	library = own_library;
	TAKE(name_new, "string_name_new_with_latin1_chars");
	TAKE(string_new, "string_new_with_utf8_chars");
	TAKE(string_to_utf8, "string_to_utf8_chars");
	TAKE(byte_at, "packed_byte_array_operator_index_const");
	TAKE(float_at, "packed_float32_array_operator_index");
	TAKE(string_at, "packed_string_array_operator_index");
	TAKE(from_type, "get_variant_from_type_constructor");
	TAKE(to_type, "get_variant_to_type_constructor");
	TAKE(type_of, "variant_get_type");
	TAKE(variant_destroy, "variant_destroy");
	TAKE(construct, "classdb_construct_object2");
	TAKE(set_instance, "object_set_instance");
	TAKE(register_class, "classdb_register_extension_class4");
	TAKE(register_method, "classdb_register_extension_class_method");
	TAKE(unregister_class, "classdb_unregister_extension_class");
	TAKE(constructor, "variant_get_ptr_constructor");
	TAKE(destructor, "variant_get_ptr_destructor");
	if (!gd.construct || !gd.register_class) return 0; /* Godot before 4.4 */
	GDExtensionInterfaceVariantGetPtrBuiltinMethod builtin =
	    (void *)get("variant_get_ptr_builtin_method");
	gd.name_free = gd.destructor(GDEXTENSION_VARIANT_TYPE_STRING_NAME);
	gd.string_free = gd.destructor(STRING);
	/* Godot's hashes of the signatures `size() -> int` and `resize(int) -> int`. */
	Name size = name("size"), resize_name = name("resize");
	gd.bytes_size = builtin(BYTES, &size, 3173160232);
	gd.floats_resize = builtin(FLOATS, &resize_name, 848867239);
	gd.strings_resize = builtin(STRINGS, &resize_name, 848867239);
	gd.name_free(&size);
	gd.name_free(&resize_name);
	initialization->minimum_initialization_level = GDEXTENSION_INITIALIZATION_SCENE;
	initialization->initialize = initialize;
	initialization->deinitialize = deinitialize;
	return 1;
}
