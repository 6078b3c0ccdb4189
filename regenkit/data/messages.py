"""tf.train.Example without TensorFlow, so that the processes which read and convert need not import it.

The message is TensorFlow's own (tensorflow/core/example/example.proto and feature.proto), in a pool of its own: the
default one has TensorFlow's once that is imported, and accepts no second message of its name.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Kind = descriptor_pb2.FieldDescriptorProto
PACKAGE = "tensorflow"


def _declared() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="regenkit/example.proto", package=PACKAGE, syntax="proto3")
    for kind, scalar in (("Bytes", Kind.TYPE_BYTES), ("Float", Kind.TYPE_FLOAT), ("Int64", Kind.TYPE_INT64)):
        values = file.message_type.add(name=f"{kind}List")
        values.field.add(name="value", number=1, type=scalar, label=Kind.LABEL_REPEATED)
    feature = file.message_type.add(name="Feature")
    feature.oneof_decl.add(name="kind")
    for number, kind in enumerate(("Bytes", "Float", "Int64"), 1):
        _refer(feature, f"{kind.lower()}_list", number, f"{kind}List").oneof_index = 0
    features = file.message_type.add(name="Features")
    _refer(features, "feature", 1, "Features.FeatureEntry").label = Kind.LABEL_REPEATED
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=Kind.TYPE_STRING, label=Kind.LABEL_OPTIONAL)
    _refer(entry, "value", 2, "Feature")
    _refer(file.message_type.add(name="Example"), "features", 1, "Features")
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.Example"))


def _refer(message: Any, name: str, number: int, other: str) -> Any:
    return message.field.add(
        name=name, number=number, type=Kind.TYPE_MESSAGE, label=Kind.LABEL_OPTIONAL, type_name=f".{PACKAGE}.{other}"
    )


Example: Any = _declared()
"""The class of the message; `Example.FromString(data)` reads one."""
