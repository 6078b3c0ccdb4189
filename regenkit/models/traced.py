"""A model's sampler as one graph, traced once for batches and lengths of any size."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec

Fields = Mapping[str, tf.Tensor]


def call_traced(
    model: Any, function: Callable[..., Any], condition: Fields, *inputs: Any, key: Hashable = (),
    sequential: bool = False,
) -> Any:  # fmt: skip
    """`function(condition, *inputs)`, traced when a model first calls it with this `key`, and kept with the model. A
    model may have several such functions, by name.

    condition   fields [batch, …]; those of `model.condition` have the shapes of its spec
    inputs      nested structures of tensors, whose axes may have any size
    key         whatever else the graph depends on: what `function` has of Python values, which inputs there are
    sequential  one operation needs the one before it, as the steps of a decoder do: then they are run by one thread in
                their order, without a queue between threads (each may still use several). See docs/performance.md
    """
    # not an attribute as others are, for Keras would take what a model keeps there for layers
    graphs: dict[Hashable, Any] = model.__dict__.setdefault("_samplers", {})
    key = (getattr(function, "__name__", ""), key)
    if key not in graphs:
        signature = (_signature_of_fields(condition, model.condition), *map(_signature, inputs))
        graphs[key] = tf.function(function, signature, autograph=False)
    if not sequential:
        return graphs[key](condition, *inputs)
    # not public, and after `quiet` has imported TensorFlow
    from tensorflow.python.eager.context import function_executor_type

    with function_executor_type("SINGLE_THREADED_EXECUTOR"):  # when it is traced as well, which keeps its loops whole
        return graphs[key](condition, *inputs)


def _signature_of_fields(fields: Fields, spec: Spec) -> dict[str, tf.TensorSpec]:
    known = {name: tf.TensorSpec([None, *spec[name].shape], value.dtype)
             for name, value in fields.items() if name in spec}  # fmt: skip
    return {**{name: _signature(value) for name, value in fields.items()}, **known}


def _signature(values: Any) -> Any:
    return tf.nest.map_structure(lambda value: tf.TensorSpec([None] * len(value.shape), value.dtype), values)
