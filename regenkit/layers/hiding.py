"""Parts of a condition are hidden in training, so that a model works without them: 0 is "absent" in every field."""

from collections.abc import Mapping

from regenkit.layers import noise
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec


def hidden(
    condition: Mapping[str, tf.Tensor],
    spec: Spec,
    seeds: tf.Tensor | None,
    *,
    required: float,
    optional: float,
) -> dict[str, tf.Tensor]:
    """Hide optional fields at the rate `optional` each, and at the rate `required` the whole of the rest.

    An optional scalar stays: whoever supplies it, or a default, always says one. Without noise, when a model is chosen
    by its validation loss, the rest of the optional fields is absent, as for a user who supplies nothing.
    """
    found = dict(condition)
    all_required = noise.keep(noise.fold_in(seeds, "hide the condition"), 1, required)
    for name, field in spec.items():
        if field.optional and field.scalar:
            continue
        if seeds is None:
            if field.optional:
                found[name] = tf.zeros_like(found[name])
            continue
        kept = all_required
        if field.optional:
            kept = noise.keep(noise.fold_in(seeds, f"hide {name}"), 1, optional)
        if kept is not None:
            shape = [-1] + [1] * (len(found[name].shape) - 1)
            found[name] *= tf.cast(tf.reshape(kept, shape) > 0, found[name].dtype)
    return found
