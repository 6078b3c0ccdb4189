"""How a stage is trained: the `train` section of a recipe."""

from typing import Annotated, Literal, final

from pydantic import BaseModel, ConfigDict, Field

from regenkit.ranges import Probability, Share

Positive = Annotated[int, Field(ge=1, lt=2**31)]
Count = Annotated[int, Field(ge=0, lt=2**31)]


@final
class TrainSettings(BaseModel):
    """Settings of the training loop for one stage. Everything counted in steps counts optimiser updates."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    seed: Annotated[int, Field(ge=0, lt=2**31)] = Field(
        0, description="of the weights, the data's order and all noise: the same seed gives the same run"
    )
    steps: Count = Field(2000, description="updates in all; 0 leaves the stage as it is initialised")
    batch_size: Positive = Field(32, description="examples an update, over all replicas, before accumulation")
    batch_steps: Positive | None = Field(
        None,
        description="the most steps of Y in a batch, before accumulation, padding included, so that long examples "
        "stand in small batches; null = any number",
    )
    window: Positive | None = Field(
        None,
        description="train on windows of so many entries of the coarsest clock of Y′ and Y, drawn anew each time; "
        "validation takes the middle of each example. null = whole examples",
    )
    accumulate: Positive = Field(
        1, description="batches whose gradients are summed for one update, so that it sees batch_size × accumulate"
    )
    paired_share: Probability = Field(
        0.5, description="part of each batch drawn from paired examples, where there are both"
    )

    rep_noise: Probability | Literal["generator"] = Field(
        0.0, description="of the renderer: the share of Y′ that is replaced in training; or errors like the generator's"
    )

    learning_rate: Annotated[float, Field(gt=0)] = Field(1e-3, description="of AdamW, after the warm-up")
    warmup_steps: Count = Field(200, description="steps in which the learning rate rises from 0 in a straight line")
    schedule: Literal["cosine", "constant"] = Field("cosine", description="of the learning rate after the warm-up")
    beta_1: Share = Field(0.9, description="decay of AdamW's mean gradient; adversarial training needs less, 0 to 0.5")
    weight_decay: Annotated[float, Field(ge=0)] = Field(0.01, description="decoupled (AdamW, arXiv 1711.05101)")
    clip_norm: Annotated[float, Field(gt=0)] | None = Field(
        1.0, description="largest norm of all gradients together; null = no clipping"
    )
    ema: Share = Field(
        0.999, description="decay of the moving average of the weights, used to evaluate and generate; 0 = none"
    )

    precision: Literal["float32", "bfloat16", "float16"] = Field(
        "float32", description="of the computation; weights stay float32. float16 scales the loss"
    )
    steps_per_call: Positive = Field(10, description="steps in one call of the compiled graph")
    validate_every: Positive = Field(200, description="steps between two validations")
    patience: Positive | None = Field(
        None, description="validations without a better loss after which training stops; null = never"
    )
    checkpoint_every: Positive = Field(200, description="steps between two checkpoints")
    keep: Positive = Field(3, description="latest checkpoints kept, besides the best")
    sample_every: Count = Field(1000, description="steps between two sets of sample files; 0 = none")
    strategy: Literal["auto", "none", "mirrored", "multi_worker"] = Field(
        "auto", description="how replicas work together; auto = mirrored where there are several GPUs"
    )


Weight = Annotated[float, Field(ge=0)]
AUXILIARY_WEIGHT = 0.1
"""The default weight of the auxiliary stage's loss beside the generator's."""


@final
class JointSettings(BaseModel):
    """The `joint` section: weights of the terms of Equation 1 (arXiv 2301.08846), see `models.joint` and, where X has
    a clock of its own, `models.joint_vectors`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    reconstruct: Weight = Field(1.0, description="of −log P(Y|Y′)")
    predict_x: Weight = Field(0.1, description="of ‖X′ − f(Y′)‖²; where Y′ is learned")
    predict_rep: Weight = Field(
        1.0, description="of ‖Y′ − f(X′)‖², for codes −log P(Y′|X), where it moves the generator"
    )
    approach: Weight = Field(
        0.1, description="of the same where it moves a learned converter; at 1 the codes may collapse"
    )
    adapt: Weight = Field(0.5, description="of −log P(Y|Y′ as predicted from X)")
    through: Literal["straight_through", "gumbel"] = Field(
        "straight_through",
        description="how a gradient passes a predicted token: a drawn one, or a distribution (arXiv 1611.01144)",
    )
    temperature: Annotated[float, Field(gt=0)] = Field(1.0, description="of that distribution")
    window: Positive | None = Field(
        None, description="entries of Y′ of each example that the renderer learns from; where X has a clock of its own"
    )
