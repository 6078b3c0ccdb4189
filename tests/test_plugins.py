"""The plugin host: real distributions on a real path, and what happens when one of them is broken."""

import json
import signal
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from installed import distribution, python

import regenkit
import regenkit_image
import regenkit_music
from regenkit import UserError, builtin, hookimpl, plugins

GOOD = """
    from regenkit import Generator, hookimpl

    @hookimpl
    def register_generators():
        yield Generator(name="acme/markov", target="acme_module:Markov", summary="word by word")
"""


LIST = """
    import json
    from regenkit import plugins
    host = plugins.host()
    print(json.dumps([host.names("generator"), [str(broken) for broken in host.broken]]))
"""


OWN = sorted([*builtin.FAMILIES, "gaussian", "ladder"])
"""The core's own generators."""
INSTALLED = plugins.host().names("generator")
"""Those of regenkit's own plugins as well."""


@pytest.fixture
def two(tmp_path: Path) -> Path:
    distribution(tmp_path, "acme-regenkit", "0.2", "acme", GOOD)
    distribution(tmp_path, "bent-regenkit", "1.0", "bent", "import no_such_package_anywhere\n")
    return tmp_path


def test_a_plugin_is_found_and_a_broken_one_beside_it_is_reported(two: Path) -> None:
    done = python(LIST, two)
    assert done.returncode == 0, done.stderr
    generators, broken = json.loads(done.stdout)
    assert generators == sorted(["acme/markov", *INSTALLED])
    assert broken == [
        "bent (bent-regenkit 1.0): ModuleNotFoundError: No module named 'no_such_package_anywhere' "
        f"({two / 'bent_module.py'}, line 1, in <module>)",
    ]


CUT = """
    import json
    from regenkit import plugins
    from regenkit.origin import origin_of
    host = plugins.host()
    print(json.dumps([[str(broken) for broken in host.broken], str(origin_of("acme_module")), str(origin_of("bent"))]))
"""


def test_a_distribution_without_a_name_and_one_with_a_malformed_entry_are_reported(two: Path) -> None:
    """As an installation leaves them that was cut."""
    (cut,) = two.glob("acme*.dist-info")
    (cut / "METADATA").unlink()
    (bent,) = two.glob("bent*.dist-info")
    (bent / "entry_points.txt").write_text("[regenkit]\nbent =\n")
    done = python(CUT, two)
    assert done.returncode == 0, done.stderr
    (first, second), *origins = json.loads(done.stdout)
    assert first == ("acme (?): the distribution that it comes from has no name in its metadata; install it again")
    assert second.startswith("bent (bent-regenkit 1.0): AttributeError") and origins == ["this process"] * 2


@pytest.mark.parametrize("value", ["bent_modul", "bent_module:plugin"])
def test_a_mistyped_entry_point_is_named(two: Path, value: str) -> None:
    (two / "bent_module.py").write_text("")
    (bent,) = two.glob("bent*.dist-info")
    (bent / "entry_points.txt").write_text(f"[regenkit]\nbent = {value}\n")
    (found,) = json.loads(python(LIST, two).stdout)[1]
    assert found.endswith(f"(the entry point bent = '{value}' leads there)")


def test_an_unknown_component_repeats_what_could_not_be_loaded(two: Path) -> None:
    done = python("from regenkit import plugins\nplugins.host().find('generator', 'acme/markoff')", two)
    assert "no generator is named 'acme/markoff'; did you mean 'acme/markov'?" in done.stderr
    assert f"There are: {', '.join(sorted(['acme/markov', *INSTALLED]))}" in done.stderr
    assert "could not be loaded: bent (bent-regenkit 1.0): ModuleNotFoundError" in done.stderr


MISTYPED = """
    from regenkit import Dataset, Generator, hookimpl

    @hookimpl
    def register_generators():
        yield Generator(name="acme/markov", target="acme_module:Markov")

    @hookimpl
    def register_dataset():
        yield Dataset(name="acme/data", target="acme_module:Data", x="acme/x", y="acme/y")
"""


def test_what_could_not_be_loaded_is_said_once_for_all_keys_of_a_recipe(tmp_path: Path) -> None:
    distribution(tmp_path, "acme-regenkit", "0.2", "acme", MISTYPED)
    (tmp_path / "acme.yaml").write_text(
        "dataset: {use: acme/data}\nconverter: {use: acme/rule}\ngenerator: {use: acme/markov}\n"
        "renderer: {use: acme/markov}\nevaluate: [acme/score]\n"
    )
    done = python(f"from regenkit.recipe import read\nread({str(tmp_path / 'acme.yaml')!r})", tmp_path)
    lines = done.stderr[done.stderr.index("UserError: ") :].removeprefix("UserError: ").splitlines()
    assert [line.split(": ", 1)[1] for line in lines[:-1]] == [
        "dataset.use: no dataset is named 'acme/data'",
        "converter.use: no converter is named 'acme/rule'",
        "generator.use: no generator is named 'acme/markov'",
        "renderer.use: no renderer is named 'acme/markov'",
        "evaluate.0: no metric is named 'acme/score'",
    ]
    assert lines[-1].startswith("could not be loaded: acme (acme-regenkit 0.2): AttributeError: register_dataset is no "
                                "hook; did you mean 'register_datasets'?")  # fmt: skip


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "SystemExit(3)", "GeneratorExit", "BaseException('no')"])
def test_whatever_a_plugin_raises_at_import_it_is_set_aside(tmp_path: Path, raised: str) -> None:
    distribution(tmp_path, "acme-regenkit", "0.2", "acme", GOOD)
    distribution(tmp_path, "bent-regenkit", "1.0", "bent", f"raise {raised}\n")
    done = python(LIST, tmp_path)
    assert done.returncode == 0, done.stderr
    generators, (broken,) = json.loads(done.stdout)
    assert generators == sorted(["acme/markov", *INSTALLED]) and broken.startswith("bent (bent-regenkit 1.0): ")


def test_ctrl_c_while_a_plugin_is_imported_is_obeyed(tmp_path: Path) -> None:
    module = """
        import os, signal, time
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(30)
    """
    distribution(tmp_path, "slow-regenkit", "1.0", "slow", module)
    done = python(LIST, tmp_path)
    assert done.returncode == -signal.SIGINT and not done.stdout and "KeyboardInterrupt" in done.stderr


def test_a_component_whose_module_raises_keyboard_interrupt_is_refused(tmp_path: Path) -> None:
    (tmp_path / "acme_models.py").write_text("raise KeyboardInterrupt\n")
    good = GOOD.replace("acme_module:Markov", "acme_models:Markov")
    distribution(tmp_path, "acme-regenkit", "0.2", "acme", good)
    done = python("from regenkit import plugins\nplugins.host().find('generator', 'acme/markov').load()", tmp_path)
    assert (
        "UserError: acme/markov (acme-regenkit 0.2): acme_models raises KeyboardInterrupt when it is imported"
        in done.stderr
    )


def test_strict_raises(two: Path) -> None:
    done = python(LIST, two, REGENKIT_STRICT_PLUGINS="1")
    assert done.returncode != 0 and "no_such_package_anywhere" in done.stderr


@pytest.mark.parametrize(("allowed", "names"), [("acme", ["acme/markov", *OWN]), ("", OWN)])
def test_only_allowed_plugins_are_loaded(two: Path, allowed: str, names: list[str]) -> None:
    assert json.loads(python(LIST, two, REGENKIT_PLUGINS=allowed).stdout) == [names, []]


def test_one_name_in_two_distributions_is_an_error_only_when_asked_for(tmp_path: Path) -> None:
    distribution(tmp_path, "acme-regenkit", "0.2", "acme", GOOD)
    distribution(tmp_path, "other-regenkit", "3.1", "other", GOOD)
    assert json.loads(python(LIST, tmp_path).stdout)[1] == []
    done = python("from regenkit import plugins\nplugins.host().find('generator', 'acme/markov')", tmp_path)
    assert "two generators are named 'acme/markov': of acme-regenkit 0.2 (acme_module:Markov) and" in done.stderr
    assert "choose one: write acme-regenkit:acme/markov or other-regenkit:acme/markov" in done.stderr


def test_listing_everything_imports_nothing_heavy() -> None:
    code = """
        import sys, regenkit
        from regenkit import plugins
        host = plugins.Host()
        import regenkit_music
        host = plugins.Host([regenkit_music])
        print([host.all(role) for role in plugins.ROLES] and
              [name for name in ("tensorflow", "keras", "music21", "librosa", "pretty_midi", "matplotlib")
               if name in sys.modules])
    """
    assert python(code).stdout.strip() == "[]"


def test_the_core_is_a_plugin() -> None:
    host = plugins.Host()
    assert host.find("generator", "transformer").target == host.find("renderer", "transformer").target
    assert sorted(component.name for component, origin in host.all("generator") if origin == "regenkit") == OWN


def test_a_name_of_another_role_is_recognised() -> None:
    host = plugins.Host([regenkit_music])
    with pytest.raises(UserError, match=r"no generator is named 'music/template' \(that is a converter\)"):
        host.find("generator", "music/template")


def test_a_name_without_its_prefix_is_recognised() -> None:
    host = plugins.Host([regenkit_music])
    with pytest.raises(UserError, match="did you mean 'music/pitch_overlap'"):
        host.find("metric", "pitch-overlap")


def test_every_shipped_component_can_be_imported() -> None:
    host = plugins.Host([regenkit_music, regenkit_image])
    missing = []
    for role in plugins.ROLES:
        for component, origin in host.all(role):
            if origin == "regenkit":
                continue
            try:
                assert callable(component.load())
            except (UserError, ImportError, AttributeError) as error:
                missing.append(f"{role} {component.name}: {error}")
    assert missing == []


def test_a_component_whose_module_ends_the_process_is_named(tmp_path: Path) -> None:
    distribution(tmp_path, "acme-regenkit", "0.2", "acme", GOOD.replace("acme_module:", "acme_licensed:"))
    (tmp_path / "acme_licensed.py").write_text("import sys\nsys.exit('no licence')\n")
    done = python("from regenkit import plugins\nplugins.host().find('generator', 'acme/markov').load()", tmp_path)
    assert (
        "UserError: acme/markov (acme-regenkit 0.2): acme_licensed ends the process when it is imported (no licence)"
        in done.stderr
    )


def test_a_strategy_of_a_plugin_goes_before_the_core_s() -> None:
    class Own:
        @hookimpl
        def make_strategy(self, recipe: Any) -> Any:
            return recipe if recipe == "gpu" else SimpleNamespace(name=f"own for {recipe}", scope=nullcontext)

    assert plugins.Host([Own()]).strategy("x").name == "own for x"
    with pytest.raises(
        UserError, match=r"its make_strategy returns 'gpu'; right is a tf\.distribute\.Strategy, or None"
    ):
        plugins.Host([Own()]).strategy("gpu")


def test_callbacks_of_all_plugins_are_collected_and_what_is_none_is_named(tmp_path: Path) -> None:
    import keras

    class One:
        def __init__(self, returned: Any) -> None:
            self.returned = returned

        @hookimpl
        def training_callbacks(self, stage: str) -> Any:
            return self.returned

    mine, warned = keras.callbacks.Callback(), list[str]()
    returned = [[mine], (each for each in [mine]), None, mine, [mine, "renderer"], 3]
    assert plugins.Host(map(One, returned)).callbacks("x", "renderer", tmp_path, warned.append) == [mine] * 3
    said = "its training_callbacks returns {}; right is a list of Keras callbacks. renderer is trained without them"
    assert [message.partition(": ")[2] for message in warned] == [said.format([mine, "renderer"]), said.format(3)][::-1]


def test_regenkit_names_what_a_plugin_needs() -> None:
    for name in ("Spec", "Field", "tokens", "hookimpl", "UserError", "Generator"):
        assert hasattr(regenkit, name)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = regenkit.nonsense
