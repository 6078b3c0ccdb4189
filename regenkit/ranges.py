"""Types of arguments with a range, beside pydantic's own (PositiveInt, NonNegativeFloat …)."""

from typing import Annotated

from pydantic import Field

Share = Annotated[float, Field(ge=0, lt=1)]
"""The type of an argument from 0 to below 1."""
Probability = Annotated[float, Field(ge=0, le=1)]
"""The type of an argument from 0 to 1."""
