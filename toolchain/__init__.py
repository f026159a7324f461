"""The toolchain: from digits to a model that ships, and from a picture to the number in it.

Its rooms stand along the path of a number, and imports run downwards only. See README.md beside.
"""

import os

# From 1.31 on, ONNX Runtime makes an identifier of the device as it is loaded, keeps it in the
# user's cache and reports to its vendor; what is drawn or photographed here is nobody's concern.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
