/* ONNX Runtime's table of functions, from a library opened at run time (or linked in, on iOS). */
#pragma once

#include "onnxruntime_c_api.h"

/* The oldest table that has all we call: any ONNX Runtime from 1.14 on gives it. */
#define RUNTIME_API 14

/* Opens the library once per process; later calls return the same table whatever they name.
 * NULL with the reason in `problem`, of `room` bytes. Not for two threads at once. */
const OrtApi *runtime_api(const char *library, char *problem, size_t room);
