"""The toolchain: from digits to a model that ships, and from a picture to the number in it.

Its rooms stand along the path of a number, and imports run downwards only. See README.md beside.
"""
