#include "runtime.h"

#include <stdio.h>

#if defined(ORT_STATIC)

const OrtApi *runtime_api(const char *library, char *problem, size_t room) {
	(void)library;
	const OrtApi *api = OrtGetApiBase()->GetApi(RUNTIME_API);
	if (!api) snprintf(problem, room, "the ONNX Runtime linked in is older than 1.%d", RUNTIME_API);
	return api;
}

#else

typedef const OrtApiBase *(ORT_API_CALL *GetApiBase)(void);

#if defined(_WIN32)
#include <windows.h>
#define DEFAULT_LIBRARY "onnxruntime.dll"

/* Windows has an old onnxruntime.dll of its own, so ours is named in full, beside this library. */
static GetApiBase load(const char *library, char *problem, size_t room) {
	wchar_t path[2048];
	if (library && *library) {
		if (!MultiByteToWideChar(CP_UTF8, 0, library, -1, path, 2048)) path[0] = 0;
	} else {
		HMODULE self = NULL;
		GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
		                       GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
		                   (LPCWSTR)(void *)&load, &self);
		DWORD length = GetModuleFileNameW(self, path, 2000);
		while (length && path[length - 1] != L'\\') length--;
		for (const char *from = DEFAULT_LIBRARY; (path[length++] = (wchar_t)*from); from++) {
		}
	}
	HMODULE handle = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
	if (!handle) {
		snprintf(problem, room, "Windows error %lu", (unsigned long)GetLastError());
		return NULL;
	}
	return (GetApiBase)(void *)GetProcAddress(handle, "OrtGetApiBase");
}

#else
#if defined(NRTOOL_NO_NDK)
/* As in Android's <dlfcn.h>; other headers give dlsym another name on 32-bit machines. */
void *dlopen(const char *name, int flags);
void *dlsym(void *handle, const char *symbol);
char *dlerror(void);
#define RTLD_LOCAL 0
#define RTLD_NOW (sizeof(void *) == 4 ? 0 : 2)
#else
#include <dlfcn.h>
#endif
#if defined(__APPLE__)
#define DEFAULT_LIBRARY "@loader_path/libonnxruntime.dylib"
#elif defined(__ANDROID__)
#define DEFAULT_LIBRARY "libonnxruntime.so"
#else
#define DEFAULT_LIBRARY "libonnxruntime.so.1" /* found beside this library, by its run path */
#endif

static GetApiBase load(const char *library, char *problem, size_t room) {
	void *handle = dlopen(library && *library ? library : DEFAULT_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		snprintf(problem, room, "%s", dlerror());
		return NULL;
	}
	return (GetApiBase)dlsym(handle, "OrtGetApiBase");
}
#endif

const OrtApi *runtime_api(const char *library, char *problem, size_t room) {
	static const OrtApi *api = NULL; /* for the life of the process: it cannot be unloaded safely */
	if (api) return api;
	char why[400] = "it is another library of that name";
	GetApiBase base = load(library, why, sizeof why);
	if (!base) {
		snprintf(problem, room, "ONNX Runtime's library cannot be opened (%s)", why);
		return NULL;
	}
	api = base()->GetApi(RUNTIME_API);
	if (!api) snprintf(problem, room, "ONNX Runtime's library is older than 1.%d", RUNTIME_API);
	return api;
}

#endif
