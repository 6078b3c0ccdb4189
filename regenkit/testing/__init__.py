"""The conformance kit: whether a plugin does what the types of `regenkit/adapter.py` and `regenkit/stage.py` say.

    import pytest
    from regenkit.testing import cases

    @pytest.mark.parametrize("case", cases("chess", ["recipes/openings.yaml"]), ids=str)
    def test_the_plugin_conforms(case):
        case.run()

`regenkit plugins check chess --recipe recipes/openings.yaml` does the same from the command line. Nothing in the core
imports it.
"""

from regenkit.testing.cases import Case, cases
from regenkit.testing.finding import Failed, Finding, Skipped

__all__ = ["Case", "Failed", "Finding", "Skipped", "cases"]
