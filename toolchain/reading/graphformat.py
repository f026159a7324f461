"""The part of ONNX's file format by which a file is judged, so that judging needs no onnx package.

Messages and field numbers are those of onnx.proto; protobuf passes over all other fields.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

INT32, INT64 = 6, 7  # TensorProto.DataType
EXTERNAL = 1  # TensorProto.DataLocation

# Each message's fields: name, number, and a scalar type or the name of a message; * is repeated.
FIELDS = {
    "ModelProto": "graph 7 GraphProto, opset_import 8 OperatorSetIdProto*, "
    "metadata_props 14 StringStringEntryProto*, training_info 20 TrainingInfoProto*, "
    "functions 25 FunctionProto*",
    "OperatorSetIdProto": "domain 1 string, version 2 int64",
    "TrainingInfoProto": "",
    "FunctionProto": "",
    "GraphProto": "node 1 NodeProto*, initializer 5 TensorProto*, input 11 ValueInfoProto*, "
    "output 12 ValueInfoProto*, sparse_initializer 15 SparseTensorProto*",
    "SparseTensorProto": "",
    "ValueInfoProto": "name 1 string, type 2 TypeProto",
    "TypeProto": "tensor_type 1 Tensor",
    "Tensor": "shape 2 TensorShapeProto",
    "TensorShapeProto": "dim 1 Dimension*",
    "Dimension": "dim_value 1 int64",
    "NodeProto": "input 1 string*, output 2 string*, op_type 4 string, "
    "attribute 5 AttributeProto*, domain 7 string",
    "AttributeProto": "name 1 string, i 3 int64, s 4 bytes, t 5 TensorProto, g 6 GraphProto, "
    "ints 8 int64*, graphs 11 GraphProto*",
    "TensorProto": "dims 1 int64*, data_type 2 int32, int32_data 5 int32*, int64_data 7 int64*, "
    "name 8 string, raw_data 9 bytes, external_data 13 StringStringEntryProto*, "
    "data_location 14 int32",
    "StringStringEntryProto": "key 1 string, value 2 string",
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
