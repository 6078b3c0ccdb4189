"""The smallest stage there is: what a step draws depends on what the condition says at that step. Its graphs are traced
in a fraction of a second, so that a command that trains it can be killed by the hundred."""

from typing import Any, final

from regenkit.layers import noise as noises
from regenkit.layers.token_nll import token_nll
from regenkit.models.sampling import seeds_of
from regenkit.quiet import keras
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Fields, Spec
from regenkit.stage import Batch, Losses


@final
class Table(keras.Model):
    """P(target | condition) over token fields, scalars or one entry a step."""

    def __init__(self, *, condition: Spec, target: Spec, width: int = 8) -> None:
        super().__init__()
        self.condition, self.target, self.width = condition, target, width
        self.tables = {name: keras.layers.Embedding(field.vocabulary + 1, width) for name, field in condition.items()}
        self.out = {name: keras.layers.Dense(field.vocabulary) for name, field in target.items()}
        for table in self.tables.values():
            table.build((None, None))
        for layer in self.out.values():
            layer.build((None, None, width))
        self.built = True

    def logits(self, condition: Batch, seeds: tf.Tensor | None) -> dict[str, tf.Tensor]:
        """[batch, steps or 1, vocabulary] by field; in training each is blurred by the noise of its example."""
        mask = tf.convert_to_tensor(condition["mask"])
        hidden = tf.zeros([*tf.unstack(tf.shape(mask)), self.width])
        for name, field in self.condition.items():
            embedded = self.tables[name](tf.convert_to_tensor(condition[name]))
            hidden += embedded[:, None] if field.scalar else embedded
        if seeds is not None:
            hidden += 0.1 * noises.normal(noises.fold_in(seeds, "blur"), self.width)[:, None]
        mean = tf.reduce_mean(hidden, 1, keepdims=True)
        return {name: layer(mean if self.target[name].scalar else hidden) for name, layer in self.out.items()}

    def losses(self, batch: Any, *, noise: tf.Tensor | None) -> Losses:
        found = {}
        for name, logits in self.logits(batch["condition"], noise).items():
            known = tf.convert_to_tensor(batch["target"][name])
            nats, counted = token_nll(logits, known[:, None] if self.target[name].scalar else known)
            found[name] = (tf.reduce_sum(nats, 1), tf.reduce_sum(counted, 1))
        return {"main": found}

    def sample(self, condition: Batch, *, seed: int, given: Any = None) -> Fields:
        mask = tf.convert_to_tensor(condition["mask"])
        seeds, drawn = seeds_of(seed, mask.shape[0]), {}
        for name, logits in self.logits(condition, None).items():
            steps = tf.range(tf.shape(logits)[1])
            random = noises.gumbel(noises.fold_in(seeds, f"field {name}", steps), logits.shape[-1])
            best = 1 + tf.argmax(logits + tf.transpose(random, [1, 0, 2]), -1, output_type=tf.int32)
            drawn[name] = (best[:, 0] if self.target[name].scalar else tf.where(mask, best, 0)).numpy()
        return drawn

    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, tf.Tensor]:
        terms = self.losses({"condition": condition, "target": target}, noise=None)["main"]
        return {name: -nats for name, (nats, _) in terms.items()}
