/* One ONNX model in ONNX Runtime, behind a handful of plain C functions; knows nothing of Godot. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct Session Session;

/* A session without a model. NULL when memory is out. */
Session *session_new(void);
void session_free(Session *session);

/* Load a model from memory; what was loaded before is let go.
 * `library` names ONNX Runtime's library; NULL or "" takes the one beside this library.
 * Returns 1, or 0 with the reason in session_problem. */
int session_open(Session *session, const void *model, size_t bytes, const char *library);

/* What went wrong last, in words; "" if nothing did. Valid until the next call. */
const char *session_problem(const Session *session);

/* Calls `tell` for each input and output, as "input image uint8 -1,1,32,128". */
typedef void (*Tell)(void *user, const char *text);
int session_signature(Session *session, Tell tell, void *user);

/* Calls `tell` for each key and each value of the model's metadata, in turn. */
int session_metadata(Session *session, Tell tell, void *user);

/* Read one image. On success `*values` holds `*count` floats: the confidence, T digits (-1 pads),
 * T times C log-probabilities, frame by frame. They stay the session's, valid until the next run.
 * Returns 1, or 0 with the reason in session_problem. Not for two threads at once. */
int session_run(Session *session, const uint8_t *image, size_t bytes, const float **values,
                size_t *count);
