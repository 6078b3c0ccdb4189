"""What a stage is, as types: read this before you write a generator, a renderer or a learned converter.

A stage is a conditional distribution P(target | condition) between two `Spec`s. It is built as

    Target(condition=Spec, target=Spec, **options)

where `options` are the arguments that a recipe may give. There is no class to inherit: whatever has the members of a
protocol fulfils it. `Stage` is what every generator and renderer is; `Trainable` what the loop trains; the others each
open one more part of the core, and are asked for with `isinstance`:

    Streams           `generate --stream`
    DrawsLength       its target may run along an axis that its condition does not, as text of a class
    HasLikelihood     measured in bits, not by scores alone
    Resamples         `finetune: {on: teacher_forced}`, `rep_noise: generator`
    Predicts          trained with an `auxiliary:` stage, through what it predicts
    Assists           an auxiliary stage that uses the generator it is trained with
    PredictsSteps     trained end to end, `joint:`
    ShowsFeatures     `regenkit probe`
    LearnsStatistics  a codebook or moments that follow the data without gradients
    HasGroups         several optimisers, as of an adversarial network
    PreparesTraining  makes what training alone needs (a teacher)
    ChecksSampling    refuses sampling options that do not fit how it was built
    LearnedConverter  Y → Y′ by a network, trained first
    JointConverter    the same, trained together with the others by `joint:`

Nothing here needs TensorFlow. A `Tensor` is a tf.Tensor; axes are [batch, steps, …] or [batch, height, width, …].
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from regenkit.errors import UserError
from regenkit.spec import MASK as MASK
from regenkit.spec import Fields, Spec

Tensor = Any
"""A tf.Tensor, or a numpy array in its place."""
Batch = Mapping[str, Tensor]
"""Fields by name, each [batch, …], padded with 0; with a mask, bool [batch, entries], for each clock (`Clock.mask`).

A condition has the masks of its own clocks, and those of the target's clocks on the same axes: so it says how long the
target is. A target has the masks of its own.
"""
Losses = dict[str, dict[str, Any]]
"""{group: {term: (value, weight)}}, value and weight float32 [batch]: each example's own loss, and its weight.

The loop sums values and weights over all examples of all replicas and divides. A group names the variables of one
optimiser (`HasGroups`); no term is in two groups. The key STATISTICS has sums for `absorb` (`LearnsStatistics`).
"""

OpenRun = Callable[[Path], Any]
"""A run directory → its `Pipeline`."""


def no_run(folder: Path) -> Any:
    """The `OpenRun` where runs cannot be opened."""
    raise UserError(f"{folder}: no run can be opened here")


CONDITION, TARGET, NOISE = "condition", "target", "noise"
"""Keys of a batch: its condition, its target, and a seed for each example, int32 [batch, 2]."""
PRESENT = "present"
"""Key of a batch: float32 [batch], 0 for the example that fills a replica's part which has none, else 1."""
TRUTH = "truth"
"""Key of an auxiliary stage's batch: what the generator is to draw."""
STATISTICS = "statistics"
"""Key of losses: sums over the batch by name. The loop adds them up over parts and replicas for `absorb`."""


@runtime_checkable
class Stage(Protocol):
    """Draws targets. Where nothing is trained (a rule), this is all there is to it."""

    condition: Spec
    """What it reads."""
    target: Spec
    """What it draws."""

    def sample(self, condition: Batch, *, seed: int, given: Any = None, **options: Any) -> Fields:
        """Draw a target for every example: numpy fields [batch, …], 0 after an example's end.

        The same seed gives the same output. An example's output depends on its position in the batch, not the others.
        Examples are cut to the length that the condition says, or that a mask of the target (`Clock.mask`), returned
        beside the fields, says: so one may end within the last entry of a coarser condition.

        given    by target field: integers fix the entries that are not 0; booleans [vocabulary] or [batch, steps,
                 vocabulary] mark the tokens that may be drawn
        options  the stage's own sampling options, as keyword parameters with types and defaults in its signature
                 (`temperature: NonNegativeFloat = 1.0`). A recipe's `sample:` and `generate --sample` are checked
                 against it. They do not change what is trained.
        """
        ...


@runtime_checkable
class Trainable(Protocol):
    """Learns by gradients: a keras.Model whose variables all exist once it is constructed."""

    trainable_variables: Any
    variables: Any

    def losses(self, batch: Mapping[str, Any], *, noise: Tensor | None) -> Losses:
        """The loss of each example.

        batch  {CONDITION: Batch, TARGET: Batch, NOISE: …, PRESENT: …}
        noise  int32 [batch, 2], a seed an example: draw from it with `regenkit.layers.noise`, so that one device and
               many agree. None = evaluation: no dropout, and the result does not depend on an example's position

        A pure function: it changes no variable, and nothing in it mixes the examples of a batch.
        """
        ...


@runtime_checkable
class DrawsLength(Protocol):
    """Says how long a target is whose axis the condition does not run along. Without it such a recipe is refused.

    `sample` then returns, beside the fields, the masks of the target's clocks (`Clock.mask`). Its options include

        length      steps of that axis, for all examples; None = the stage decides
        max_length  the most steps; by default what the run kept of its training data, unless the option has another
                    default than None
    """

    draws_length: bool


def draws_length(stage: object) -> bool:
    """Whether it does, as it was built: some do for a target that runs along an axis of its own alone."""
    return isinstance(stage, DrawsLength) and stage.draws_length


@runtime_checkable
class Streams(Protocol):
    """Draws its target part by part, in memory that does not grow with the number of parts."""

    def stream(self, condition: Batch, *, seed: int, **options: Any) -> Iterator[Fields]:
        """Of a batch, parts of the fields [batch, …] that joined along their axis are what `sample` draws."""
        ...


@runtime_checkable
class HasLikelihood(Protocol):
    def field_log_prob(self, condition: Batch, target: Batch) -> dict[str, Tensor]:
        """log P(field | condition, earlier fields) in nats, [batch] each; of numbers the log-density or its bound.

        A stage that draws the length includes its log-probability, as the term `spec.END`.
        """
        ...


@runtime_checkable
class Resamples(Protocol):
    def resample(self, condition: Batch, target: Batch, *, seed: int, **options: Any) -> Fields:
        """One draw of every step of a known target, given its true earlier steps. What is absent stays absent.

        options  those of `sample` that make sense here
        """
        ...


@runtime_checkable
class Predicts(Protocol):
    def predict_steps(self, condition: Batch, target: Batch, *, noise: Tensor | None = None) -> dict[str, Any]:
        """The prediction of each step given the true earlier ones, with a gradient, by field.

        For tokens the logits, [batch, steps, vocabulary]; for numbers (mean, log of the standard deviation), each
        [batch, steps, size].
        """
        ...


@runtime_checkable
class Assists(Protocol):
    def assist(self, generator: Predicts) -> None:
        """Called once, before anything else, with the generator that it is trained with: it may call it, and must not
        count its variables for its own."""
        ...


@runtime_checkable
class PredictsSteps(Predicts, Protocol):
    width: int

    def encode(self, condition: Batch, mask: Tensor, seeds: Tensor | None) -> Tensor:
        """[batch, steps, width]: what each step gets from the condition; mask bool [batch, steps]."""
        ...


@runtime_checkable
class ShowsFeatures(Protocol):
    target: Spec

    def features(self, target: Batch, seeds: Tensor, time: Tensor) -> list[Tensor]:
        """The inner features of each block, [batch, size], of a target under noise with its condition hidden.

        seeds  int32 [batch, 2]; time  scalar from 0, the target itself, to 1, noise alone
        """
        ...


@runtime_checkable
class LearnsStatistics(Protocol):
    def absorb(self, statistics: dict[str, Tensor]) -> None:
        """Update from the sums over all parts and replicas of a step; called once, after the optimisers."""
        ...


@runtime_checkable
class HasGroups(Protocol):
    def groups(self) -> dict[str, list[Any]]:
        """The variables of each optimiser by the group's name, as `losses` names them."""
        ...


@runtime_checkable
class PreparesTraining(Protocol):
    def begin_training(self, batch_size: int, open_run: OpenRun = no_run) -> None:
        """Make what only training needs; called once, before the optimisers are made.

        open_run  gives a trained run by its folder, as `regenkit.load` does: a teacher may come from one
        """
        ...


@runtime_checkable
class ChecksSampling(Protocol):
    def check_sampling(self, **options: Any) -> None:
        """Raise ValueError where the sampling options do not fit this stage (guidance without condition dropout)."""
        ...


@runtime_checkable
class DropsCondition(Protocol):
    """Training hides the whole condition of an example with the probability `condition_dropout`. Another stage never
    sees an absent X, unless some of its examples have none."""

    condition_dropout: float


@runtime_checkable
class LearnedConverter(Protocol):
    """Y → Y′. Its condition is the optional fields of Y, its target the others. With `sample` and `field_log_prob` of
    Y given Y′ it may be the renderer too (`renderer: {use: converter}`)."""

    spec: Spec
    version: int

    def encode(self, condition: Batch, target: Batch) -> Batch:
        """Y′ of a batch of Y, of the fields of `spec`; the same for the same Y."""
        ...


@runtime_checkable
class JointConverter(Protocol):
    def soft(self, condition: Batch, target: Batch, *, noise: Tensor | None) -> Any:
        """Y′ with a gradient, see `models.autoencoder.Encoded`."""
        ...
