#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime.h"

enum { PROBLEM = 512, RANK = 8, LARGEST = 1 << 20 };

struct Session {
	const OrtApi *api;
	OrtEnv *env;
	OrtSession *session;
	OrtMemoryInfo *memory;
	char *input;
	int64_t shape[RANK];
	size_t rank, bytes; /* of one image */
	float *values;
	size_t room;
	char problem[PROBLEM];
};

static const char *const OUTPUTS[] = {"confidence", "digits", "log_probs"};

static int fail(Session *session, const char *why) {
	snprintf(session->problem, PROBLEM, "%s", why);
	return 0;
}

/* 1 if ONNX Runtime is content; else its words are kept. */
static int good(Session *session, OrtStatus *status) {
	if (!status) return 1;
	fail(session, session->api->GetErrorMessage(status));
	session->api->ReleaseStatus(status);
	return 0;
}

static OrtAllocator *allocator(Session *session) {
	OrtAllocator *found = NULL;
	return good(session, session->api->GetAllocatorWithDefaultOptions(&found)) ? found : NULL;
}

static void give_back(Session *session, void *text) {
	OrtAllocator *from = text ? allocator(session) : NULL;
	if (from) from->Free(from, text);
}

static void close_model(Session *session) {
	const OrtApi *api = session->api;
	if (!api) return;
	give_back(session, session->input);
	if (session->session) api->ReleaseSession(session->session);
	if (session->memory) api->ReleaseMemoryInfo(session->memory);
	session->input = NULL;
	session->session = NULL;
	session->memory = NULL;
}

Session *session_new(void) { return calloc(1, sizeof(Session)); }

void session_free(Session *session) {
	if (!session) return;
	close_model(session);
	if (session->env) session->api->ReleaseEnv(session->env);
	free(session->values);
	free(session);
}

const char *session_problem(const Session *session) { return session->problem; }

static const char *type_name(ONNXTensorElementDataType type) {
	switch (type) {
		case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT: return "float32";
		case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8: return "uint8";
		case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8: return "int8";
		case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32: return "int32";
		case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64: return "int64";
		case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE: return "float64";
		case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16: return "float16";
		default: return "other";
	}
}

/* Type and shape of an input or output; unknown lengths are -1. */
static int describe(Session *session, int is_input, size_t index, ONNXTensorElementDataType *type,
                    int64_t *shape, size_t *rank) {
	const OrtApi *api = session->api;
	const OrtTensorTypeAndShapeInfo *tensor = NULL;
	OrtTypeInfo *info = NULL;
	int done = good(session, is_input
	                             ? api->SessionGetInputTypeInfo(session->session, index, &info)
	                             : api->SessionGetOutputTypeInfo(session->session, index, &info)) &&
	           good(session, api->CastTypeInfoToTensorInfo(info, &tensor));
	*type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
	*rank = 0;
	if (done && tensor) {
		done = good(session, api->GetTensorElementType(tensor, type)) &&
		       good(session, api->GetDimensionsCount(tensor, rank));
		if (done && *rank > RANK) done = fail(session, "a tensor has too many dimensions");
		done = done && good(session, api->GetDimensions(tensor, shape, *rank));
	}
	if (info) api->ReleaseTypeInfo(info);
	return done;
}

/* The size of one image, from the model's first input. */
static int learn_input(Session *session) {
	ONNXTensorElementDataType type;
	OrtAllocator *from = allocator(session);
	size_t inputs = 0;
	if (!from || !good(session, session->api->SessionGetInputCount(session->session, &inputs)))
		return 0;
	if (inputs < 1) return fail(session, "the model has no input");
	if (!good(session, session->api->SessionGetInputName(session->session, 0, from, &session->input)) ||
	    !describe(session, 1, 0, &type, session->shape, &session->rank))
		return 0;
	session->bytes = type == ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 && session->rank > 1 ? 1 : 0;
	session->shape[0] = 1; /* one image at a time */
	for (size_t i = 1; i < session->rank; i++) {
		int64_t length = session->shape[i];
		session->bytes *= length > 0 && length <= LARGEST ? (size_t)length : 0;
		if (session->bytes > LARGEST) session->bytes = 0;
	}
	return 1;
}

int session_open(Session *session, const void *model, size_t bytes, const char *library) {
	close_model(session);
	session->problem[0] = 0;
	session->api = runtime_api(library, session->problem, PROBLEM);
	const OrtApi *api = session->api;
	if (!api) return 0;
	OrtSessionOptions *options = NULL;
	int done =
	    (session->env ||
	     good(session, api->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "nrtool", &session->env))) &&
	    good(session, api->CreateSessionOptions(&options)) &&
	    good(session, api->SetIntraOpNumThreads(options, 1)) && /* fastest for one small picture */
	    good(session, api->SetInterOpNumThreads(options, 1)) &&
	    good(session, api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault,
	                                           &session->memory)) &&
	    good(session, api->CreateSessionFromArray(session->env, model, bytes, options,
	                                              &session->session)) &&
	    learn_input(session);
	if (options) api->ReleaseSessionOptions(options);
	if (!done) close_model(session);
	return done;
}

static int tell_one(Session *session, int is_input, size_t index, Tell tell, void *user) {
	const OrtApi *api = session->api;
	OrtAllocator *from = allocator(session);
	ONNXTensorElementDataType type;
	int64_t shape[RANK];
	size_t rank;
	char *name = NULL, text[512];
	if (!from || !describe(session, is_input, index, &type, shape, &rank) ||
	    !good(session, is_input ? api->SessionGetInputName(session->session, index, from, &name)
	                            : api->SessionGetOutputName(session->session, index, from, &name)))
		return 0;
	int end = snprintf(text, 300, "%s %s %s ", is_input ? "input" : "output", name, type_name(type));
	if (end > 299) end = 299;
	for (size_t i = 0; i < rank; i++)
		end += snprintf(text + end, sizeof text - (size_t)end, i ? ",%lld" : "%lld",
		                (long long)shape[i]);
	give_back(session, name);
	tell(user, text);
	return 1;
}

int session_signature(Session *session, Tell tell, void *user) {
	size_t inputs = 0, outputs = 0;
	if (!session->session) return fail(session, "no model is open");
	int done = good(session, session->api->SessionGetInputCount(session->session, &inputs)) &&
	           good(session, session->api->SessionGetOutputCount(session->session, &outputs));
	for (size_t i = 0; done && i < inputs; i++) done = tell_one(session, 1, i, tell, user);
	for (size_t i = 0; done && i < outputs; i++) done = tell_one(session, 0, i, tell, user);
	return done;
}

int session_metadata(Session *session, Tell tell, void *user) {
	const OrtApi *api = session->api;
	OrtModelMetadata *metadata = NULL;
	char **keys = NULL;
	int64_t count = 0;
	if (!session->session) return fail(session, "no model is open");
	OrtAllocator *from = allocator(session);
	int done = from && good(session, api->SessionGetModelMetadata(session->session, &metadata)) &&
	           good(session, api->ModelMetadataGetCustomMetadataMapKeys(metadata, from, &keys, &count));
	for (int64_t i = 0; done && i < count; i++) {
		char *value = NULL;
		done = good(session,
		            api->ModelMetadataLookupCustomMetadataMap(metadata, from, keys[i], &value));
		tell(user, keys[i]);
		tell(user, value ? value : "");
		give_back(session, value);
	}
	for (int64_t i = 0; keys && i < count; i++) give_back(session, keys[i]);
	give_back(session, keys);
	if (metadata) api->ReleaseModelMetadata(metadata);
	return done;
}

/* Append an output's values to session->values as floats. */
static int append(Session *session, OrtValue *value, size_t *count) {
	const OrtApi *api = session->api;
	OrtTensorTypeAndShapeInfo *info = NULL;
	ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
	size_t more = 0;
	void *data = NULL;
	int done = good(session, api->GetTensorTypeAndShape(value, &info)) &&
	           good(session, api->GetTensorElementType(info, &type)) &&
	           good(session, api->GetTensorShapeElementCount(info, &more)) &&
	           good(session, api->GetTensorMutableData(value, &data));
	if (info) api->ReleaseTensorTypeAndShapeInfo(info);
	if (!done) return 0;
	if (more > LARGEST) return fail(session, "an output is too large");
	if (*count + more > session->room) {
		float *grown = realloc(session->values, (*count + more) * sizeof(float));
		if (!grown) return fail(session, "out of memory");
		session->values = grown;
		session->room = *count + more;
	}
	float *to = session->values + *count;
	if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT) {
		memcpy(to, data, more * sizeof(float));
	} else if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64) {
		for (size_t i = 0; i < more; i++) to[i] = (float)(int32_t)((int64_t *)data)[i];
	} else {
		return fail(session, "an output is neither float32 nor int64");
	}
	*count += more;
	return 1;
}

int session_run(Session *session, const uint8_t *image, size_t bytes, const float **values,
                size_t *count) {
	const OrtApi *api = session->api;
	session->problem[0] = 0;
	*count = 0;
	if (!session->session) return fail(session, "no model is open");
	if (!bytes || bytes != session->bytes) {
		snprintf(session->problem, PROBLEM, "the image has %zu bytes, the model takes %zu", bytes,
		         session->bytes);
		return 0;
	}
	OrtValue *input = NULL, *outputs[3] = {NULL, NULL, NULL};
	const char *inputs[] = {session->input};
	int done = good(session, api->CreateTensorWithDataAsOrtValue(
	                             session->memory, (void *)image, bytes, session->shape,
	                             session->rank, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, &input)) &&
	           good(session, api->Run(session->session, NULL, inputs, (const OrtValue *const *)&input,
	                                  1, OUTPUTS, 3, outputs));
	for (int i = 0; i < 3; i++) {
		done = done && append(session, outputs[i], count);
		if (outputs[i]) api->ReleaseValue(outputs[i]);
	}
	if (input) api->ReleaseValue(input);
	*values = session->values;
	return done;
}
