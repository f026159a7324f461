"""The part of ONNX's file format by which a file is judged, so that judging needs no onnx package.

Messages and field numbers are those of onnx.proto; protobuf passes over all other fields.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

INT32, INT64 = 6, 7  # TensorProto.DataType
EXTERNAL = 1  # TensorProto.DataLocation

# Each message's fields: name, number, and a scalar type or the name of a message; * is repeated.
FIELDS = {
    "ModelProto": "graph 7 GraphProto, functions 25 FunctionProto*",
    "FunctionProto": "",
    "GraphProto": "node 1 NodeProto*, initializer 5 TensorProto*",
    "NodeProto": "input 1 string*, op_type 4 string, attribute 5 AttributeProto*, domain 7 string",
    "AttributeProto": "t 5 TensorProto, g 6 GraphProto, graphs 11 GraphProto*",
    "TensorProto": "dims 1 int64*, data_type 2 int32, int32_data 5 int32*, int64_data 7 int64*, "
    "name 8 string, raw_data 9 bytes, external_data 13 StringStringEntryProto*, "
    "data_location 14 int32",
    "StringStringEntryProto": "",
}
_PACKAGE = "nrtool"


def _schema() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="nrtool/judged.proto", package=_PACKAGE, syntax="proto2"
    )
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, listed in FIELDS.items():
        message = file.message_type.add(name=name)
        for word in filter(None, listed.split(", ")):
            called, number, kind = word.split()
            single = kind.rstrip("*")
            field = message.field.add(name=called, number=int(number))
            field.label = kinds.LABEL_OPTIONAL if single == kind else kinds.LABEL_REPEATED
            if single in FIELDS:
                field.type, field.type_name = kinds.TYPE_MESSAGE, f".{_PACKAGE}.{single}"
            else:
                field.type = kinds.Type.Value(f"TYPE_{single.upper()}")
    return file


_pool = descriptor_pool.DescriptorPool()
_pool.Add(_schema())
Model: Any = message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"{_PACKAGE}.ModelProto"))
