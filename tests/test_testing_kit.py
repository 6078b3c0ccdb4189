"""The conformance kit: sound components pass, and each fault that it looks for is found."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import letters
import numpy as np
import pytest
from installed import distribution, regenkit
from test_scaffold import install

from regenkit import Field, Spec, plugins, tokens
from regenkit.components import Component, Evaluation, Metric
from regenkit.errors import UserError
from regenkit.recipe import load
from regenkit.testing.cases import Case, findings
from regenkit.testing.finding import Failed, Finding, same
from regenkit.testing.learning import signature
from regenkit.testing.material import Material
from regenkit.testing.metrics import it_tells_right_from_wrong
from regenkit.testing.stages import pad

OWN_TEXT = """    version = 1

    def to_text(self, rep, meta):
        from regenkit.rep_text import to_text
        return {writes}

    def from_text(self, text):
        from regenkit.rep_text import from_text
        return {reads}
"""
WRITES, READS = "to_text(self.spec, rep, meta)", "from_text(self.spec, text)"
FAULTS = {
    "text loses a field": ("family.py", "    version = 1\n", OWN_TEXT.format(writes="'family: 1'", reads=READS),
                           "its text can be read again"),
    "text without its meta": ("family.py", "    version = 1\n", OWN_TEXT.format(writes=WRITES, reads=f"{READS}[0]"),
                              "its text can be read again"),
    "text that cannot be read": ("family.py", "    version = 1\n", OWN_TEXT.partition("    def from_text")[0].format(
        writes=WRITES), "its members are there"),
    "a parse that is of another value": ("colour.py", "return text.strip().lower()",
                                         "return '#' + text.strip().lower()[:0:-1]",
                                         "what a person types becomes its value"),
    "an encode that goes another way": ("colour.py", "+ 2], 16)", "+ 2], 16) // 2",
                                        "fields become values and again fields"),
    "wrong text is taken": ("family.py", "    version = 1\n", OWN_TEXT.format(
        writes=WRITES, reads="{'family': np.int32(1)}, {}"), "wrong text is refused"),
    "a converter that counts from 0": ("family.py", "np.array(found + 1, np.int32)}", "np.array(found, np.int32)}",
                                       "what it makes is as its spec says"),
    "a converter that changes Y": ("family.py", "        last =", "        y['letter'][:] = 1\n        last =",
                                   "what it makes is as its spec says"),
    "a token past the vocabulary": ("family.py", "np.array(found + 1, np.int32)}",
                                    "np.array(found + 99, np.int32)}", "examples are as their specs say"),
    "the order of a set": ("data.py", "return sorted(ANSI_COLOR_NAMES)", "return list(set(ANSI_COLOR_NAMES))",
                           "sources are names in a fixed order"),
    "groups by hash": ("data.py", 'meta={"colour": value}', 'groups=(str(hash(name)),), meta={"colour": value}',
                       "reading twice gives the same"),
    "a split by chance": ("data.py", 'meta={"colour": value}', 'meta={"colour": value}, '
                          'split=__import__("random").choice(["train", "test"])', "reading twice gives the same"),
    "a metric that sorts": ("metrics.py", "family = Family()", "family = Family()\n    [value.sort() for sample in "
                            "of.samples for value in sample.values() if value.ndim]", "it gives one value a sample"),
    "samples less their mean": (
        "perceptron.py", "batch, entries, vocabulary = logits.shape", "batch, entries, vocabulary = logits.shape\n"
        "            logits = logits - tf.reduce_mean(logits, 0, keepdims=True)",
        "company and padding change no sample"),
    "likelihoods less their mean": ("perceptron.py", "{name: -nll for", "{name: tf.reduce_mean(nll) - nll - 9 for",
                                    "likelihoods are one an example"),
    "unsorted sources": ("data.py", "return sorted(ANSI_COLOR_NAMES)", "import os; names = list(ANSI_COLOR_NAMES); "
                         "k = os.urandom(1)[0] % 200 + 1; return names[k:] + names[:k]",
                         "sources are names in a fixed order"),
    "groups as text": ("data.py", 'meta={"colour": value}', 'groups="ab", meta={"colour": value}',
                       "examples are well formed"),
    "a bare error": ("colour.py", "found = read_text(Path(path)).split()", "found = open(path).read().split()",
                     "bad files are refused with their name"),
    "the wrong sign": ("metrics.py", "np.float64)", "np.float64) * -1", "it tells right from wrong"),
    "a mean": ("metrics.py", "return np.array([", "return np.ones(2) + np.mean([", "it gives one value a sample"),
    "undocumented": ("metrics.py", '"""[samples]: 1 where a sample\'s name is of the family of the reference\'s, else '
                     '0."""', '"""Right."""', "the docstring says what it is"),
    "an untyped option": ("perceptron.py", "width: PositiveInt = 64", "width=64", "every option has a type"),
    "a sample without a seed": ("perceptron.py", "seeds_of(seed, ", "seeds_of(0, ", "a seed says what is drawn"),
    "index for token": ("perceptron.py", "np.int32(1 + tf.argmax", "np.int32(tf.argmax", "samples are of its target"),
    "a mean over the batch": ("perceptron.py", "terms[name] = (nll, tf.ones_like(nll))",
                              "terms[name] = (nll * 0 + tf.reduce_mean(nll), tf.ones_like(nll))",
                              "company and padding change no loss"),
    "unused variables": ("perceptron.py", "        self.built = True",
                         "        self.idle = self.add_weight(name='idle', shape=(3,))\n        self.built = True",
                         "every variable gets a gradient"),
    "half precision sums": ("perceptron.py", "tf.cast(layer(x), tf.float32)", "layer(x)", "half precision works"),
    "the loss for the likelihood": ("perceptron.py", "{name: -nll for", "{name: nll for",
                                    "likelihoods are one an example"),
    "a likelihood that reads its target": (
        "perceptron.py", "each = tf.nn",
        "logits += 4 * tf.one_hot(tokens - 1, logits.shape[-1])\n            each = tf.nn",
        "probabilities add up to one"),
    "a rule of chance": ("perceptron.py", "return {\"main\": terms}", "return {\"main\": {name: (value * "
                         "tf.random.uniform([]), weight) for name, (value, weight) in terms.items()}}",
                         "losses are one an example"),
    "sums that are not the parts'": (
        "perceptron.py", 'return {"main": terms}',
        'size = tf.cast(tf.shape(nll)[0], tf.float32)\n        return {"main": {name: (value, weight * size) for name, '
        '(value, weight) in terms.items()}}', "one replica and two learn alike"),
}  # fmt: skip
"""(file, what is sound, what is at fault, the check that finds it)"""
LONG = pytest.mark.exhaustive(minutes=0.5)
QUICK = ("text loses a field", "text that cannot be read", "a bare error")


@pytest.mark.parametrize(
    "case",
    [each if each in QUICK else pytest.param(each, marks=pytest.mark.exhaustive(minutes=0.5)) for each in FAULTS],
)
def test_a_fault_is_found(case: str, tmp_path: Path) -> None:
    recipe = install(tmp_path, "chess")
    file, sound, fault, check = FAULTS[case]
    path = recipe.parents[1] / "regenkit_chess" / file
    text = path.read_text(encoding="utf-8")
    assert sound in text
    path.write_text(text.replace(sound, fault, 1), encoding="utf-8")
    done = regenkit("plugins", "check", "chess", "--recipe", str(recipe), "--only", check, folder=tmp_path / "made")
    assert done.returncode == 1 and f"{check}\n" in done.stdout, done.stdout + done.stderr
    for part in ("expected", "got", "where", "remedy"):
        assert f"\n  {part:8} " in done.stdout
    assert all(len(block.splitlines()) < 40 for block in done.stdout.split("\nfailed"))  # one screen


def test_who_cannot_be_built_is_not_told_to_close_files(tmp_path: Path) -> None:
    recipe = install(tmp_path, "chess")
    path = recipe.parents[1] / "regenkit_chess" / "family.py"
    file, sound, fault, _ = FAULTS["text that cannot be read"]
    assert path.name == file
    path.write_text(path.read_text(encoding="utf-8").replace(sound, fault, 1), encoding="utf-8")
    done = regenkit("plugins", "check", "chess", "--recipe", str(recipe), "--only", "workers can have it",
                    folder=tmp_path / "made")  # fmt: skip
    assert done.returncode == 1 and "lacks from_text(text); to_text needs it" in done.stdout
    assert "correct what it names" in done.stdout and "keep open files" not in done.stdout


CODES = """\
    yield Converter(name="chess/codes", target="regenkit.models.autoencoder:TokenAutoencoder", learned=True,
                    modality="chess/name", summary="codes")
"""


@pytest.mark.exhaustive(minutes=1)
def test_a_converter_that_is_its_own_renderer_draws_and_is_measured_given_its_codes(tmp_path: Path) -> None:
    recipe = install(tmp_path, "chess")
    records = recipe.parents[1] / "regenkit_chess" / "__init__.py"
    text = records.read_text(encoding="utf-8").replace("    yield Converter(", CODES + "    yield Converter(", 1)
    records.write_text(text, encoding="utf-8")
    recipe.write_text(
        "dataset: {use: chess/colours}\nconverter: {use: chess/codes, width: 16, depth: 1, heads: 2}\n"
        "generator: {use: transformer, width: 16, depth: 1, heads: 2}\nrenderer: {use: converter}\n"
    )
    done = regenkit("plugins", "check", "chess", "--recipe", str(recipe), "--only", "converter chess/codes in",
                    folder=tmp_path / "made")  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for check in ("samples are of its target", "likelihoods are one an example", "encoding mixes no examples"):
        assert f"ok      converter chess/codes in chess.yaml: {check}\n" in done.stdout


def test_the_parts_of_a_batch_may_be_padded_to_different_lengths() -> None:
    parts = [{"target": {"move": np.zeros((count, steps, 2), np.float32), "mask": np.ones((count, steps), bool)}}
             for count, steps in ((3, 16), (2, 32))]  # fmt: skip
    found = signature(parts)["target"]
    assert {name: each.shape.as_list() for name, each in found.items()} == {
        "move": [None, None, 2], "mask": [None, None]
    }  # fmt: skip
    assert signature(parts[:1])["target"]["move"].shape.as_list() == [None, 16, 2]


def test_a_condition_is_padded_on_the_clocks_of_its_target_too() -> None:
    spec = Spec({"letter": tokens(3), "code": Field(vocabulary=5, hop=Fraction(4))})
    condition = {"letter": np.ones((2, 8)), "mask": np.ones((2, 8)), "mask y 4": np.ones((2, 2))}
    padded = {name: value.shape for name, value in pad(condition, spec, 16).items()}
    assert padded == {"letter": (2, 24), "mask": (2, 24), "mask y 4": (2, 6)}


def test_an_unknown_plugin_is_refused(tmp_path: Path) -> None:
    done = regenkit("plugins", "check", "imgae", folder=tmp_path)
    assert done.returncode == 2 and "no plugin is named 'imgae'; did you mean 'image'?" in done.stderr
    metric = 'Metric(name="toy/sum", target="math:fsum", modality="toy")'
    module = f"from regenkit import Metric, hookimpl\n@hookimpl\ndef register_metrics():\n    return [{metric}]\n"
    distribution(tmp_path, "toys", "1.0", "toys", module)
    done = regenkit("plugins", "check", "toys", "--only", "no such check", folder=tmp_path)
    assert done.returncode == 2 and "--only 'no such check': no check's line has this text" in done.stderr


def test_equal_faults_of_two_components_are_two() -> None:
    """The second was skipped: "it fails for a reason that is above". One error that comes up in both is one fault."""

    def has_none(component: Component) -> None:
        """It has one."""
        raise Failed("there is none", "write one")

    def raises(component: Component) -> None:
        """It can be read."""
        raise UserError("no such folder")

    two = [Metric(name=f"toy/{name}", target=f"{__name__}:{name}", modality="toy") for name in ("regenkit", "install")]
    for check, states in ((has_none, ["failed", "failed"]), (raises, ["failed", "skipped"])):
        found = findings(Case(component=each, check=check) for each in two)
        assert [each.state for each in found] == states


def test_a_finding_is_short() -> None:
    said: dict[str, Any] = {"component": "metric a/b", "check": "it is well", "state": "failed"}
    lines = str(Finding(**said, expected="one", got="x" * 5000, where="file, line 1", remedy="two\nthree")).splitlines()
    assert len(lines) == 6 and max(map(len, lines)) < 700


def test_what_differs_is_shown() -> None:
    same({"a": [1, 2]}, {"a": [1, 2]}, "it has")
    same({"a": [1.0, float("nan")]}, {"a": [1.0, float("nan")]}, "it has")
    for other in ({"b": [1, 2]}, {"a": [1]}, {"a": [1, 3]}):
        with pytest.raises(Failed, match="it has"):
            same({"a": [1, 2]}, other, "it has")
    with pytest.raises(Failed, match=r"they differ by up to 0\.5"):
        same({"a": [1.0]}, {"a": [1.5]}, "it has", close=0.1)
    with pytest.raises(Failed, match=r"it has a = \[nan\], not \[1\.\]$"):  # no warning of numpy's instead
        same({"a": [1.0]}, {"a": [float("nan")]}, "it has", close=0.1)


def undefined(of: Evaluation) -> np.ndarray:
    """[samples]: NaN, as each sample is too short."""
    return np.full(len(of.samples), np.nan)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_metric_that_is_never_defined_is_not_accused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where warnings are errors, as in many projects, numpy's of an empty mean was taken for the metric's fault."""
    monkeypatch.chdir(tmp_path)
    host = plugins.Host([letters])
    monkeypatch.setattr(plugins, "host", lambda: host)
    Path("toy.yaml").write_text(letters.RECIPE)
    metric = Metric(name="toy/undefined", target=f"{__name__}:undefined", modality="notes", better="higher")
    material = Material(load(Path("toy.yaml")))
    found = Case(component=metric, check=it_tells_right_from_wrong, material=material).finding()
    assert (found.state, found.got) == ("skipped", "it is NaN")


# --- the plugins of this repository --------------------------------------------------------------------------------

OWN = sorted(path.name.removeprefix("regenkit_") for path in (Path(__file__).parents[1] / "plugins").glob("regenkit_*"))


@pytest.mark.parametrize("plugin", OWN)
def test_the_records_of_our_own_plugins_are_sound(plugin: str) -> None:
    from regenkit.testing import records
    from regenkit.testing.cases import Case

    own = [each for role in plugins.ROLES for each, _ in plugins.host().all(role) if each.origin.plugin == plugin]
    assert own, "is it among the entry points of the installed distribution?"
    found = [Case(component=each, check=check).finding() for each in own for check in records.checks(each)]
    assert [str(each) for each in found if each.state == "failed"] == []
