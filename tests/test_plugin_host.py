"""One plugin that is at fault, with two healthy ones beside it that go on working."""

import json
import textwrap
from pathlib import Path

import pytest
from installed import distribution, python, regenkit

HEALTHY = """
    from regenkit import Generator, hookimpl

    @hookimpl
    def register_generators():
        yield Generator(name="{name}/markov", target="{name}_models:Markov", summary="word by word")
"""
RECORD = """
    from regenkit import Command, Converter, Generator, Metric, Modality, hookimpl

    @hookimpl
    def {hook}():
        {body}
"""
GENERATOR = 'Generator(name="bent/x", target="bent_models:X")'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with two healthy plugins."""
    for name in ("acme", "zeta"):
        distribution(tmp_path, f"regenkit-{name}", "0.2", name, HEALTHY.format(name=name))
    return tmp_path


def listed(place: Path, **environment: str) -> dict:
    """What `regenkit plugins --json` says; both healthy plugins are in it."""
    done = regenkit("plugins", "--json", folder=place, **environment)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {"acme/markov", "zeta/markov"} <= {each["name"] for each in found["generator"]}
    return found


MISTAKES = {
    "return for yield": (RECORD.format(hook="register_generators", body=f"return {GENERATOR}"),
                         "returns a Generator; write yield in place of return", 4),
    "nothing is yielded": (RECORD.format(hook="register_generators", body="pass"), "returns None; right is to", 4),
    "a forgotten mark": (RECORD.replace("@hookimpl", "#").format(hook="register_generators", body=f"yield {GENERATOR}"),
                         "register_generators lacks @hookimpl", 5),
    "a misspelt hook": (RECORD.format(hook="register_generatros", body=f"yield {GENERATOR}"),
                        "register_generatros is no hook; did you mean 'register_generators'?", 4),
    "a misspelt hook without its mark": (
        RECORD.replace("@hookimpl", "#").format(hook="register_generator", body=f"yield {GENERATOR}"),
        "register_generator is no hook and lacks @hookimpl; did you mean 'register_generators'?", 5),
    "text for a tuple": (RECORD.format(hook="register_modalities", body='yield Modality(name="m", target="a:b", '
                                       'reads=".txt")'), "Modality(reads='.txt'): should be a tuple; write "
                         "reads=('.txt',)", 6),
    "a suffix without its dot": (RECORD.format(hook="register_modalities", body='yield Modality(name="m", target="a:b",'
                                               ' reads=("txt",))'), "a suffix is like '.txt'", 6),
    "no such side": (RECORD.format(hook="register_metrics", body='yield Metric(name="m", target="a:b", modality="x", '
                                   'better="bigger")'), "Metric(better='bigger'): right is one of higher, lower", 6),
    "a colon in a name": (RECORD.format(hook="register_generators", body='yield Generator(name="a:b", target="a:b")'),
                          "a name has no colon", 4),
    "one name twice": (RECORD.format(hook="register_generators", body=f"yield {GENERATOR}; yield {GENERATOR}"),
                       "two records named 'bent/x'", 4),
    "no hooks": ("from regenkit import hookimpl\n", "has no hooks", 0),
    "a syntax error": ("def broken(:\n    pass\n", "SyntaxError: invalid syntax", 1),
    "an error deeper down": ("import math\n\ndef f():\n    return math.sqrt(-1)\n\nf()\n", "ValueError: math", 4),
    "sys.exit": ("import sys\nsys.exit(0)\n", "SystemExit: 0", 2),
    "a KeyboardInterrupt": ("raise KeyboardInterrupt\n", "KeyboardInterrupt", 1),
    "a record of another role": (RECORD.format(hook="register_metrics", body=f"yield {GENERATOR}"),
                                 "register_metrics yielded Generator(", 4),
}  # fmt: skip
"""(module, what is said, the line that is named)"""


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_named_with_its_line_and_the_others_work(case: str, place: Path) -> None:
    module, said, line = MISTAKES[case]
    file = distribution(place, "regenkit-bent", "1.0", "bent", module)
    (broken,) = listed(place)["broken"]
    assert (broken["name"], broken["distribution"], broken["version"]) == ("bent", "regenkit-bent", "1.0")
    assert said in broken["error"]
    if line:
        assert f"{file.name}, line {line}" in broken["error"]


def test_an_unknown_name_in_the_environment_is_refused(place: Path) -> None:
    done = regenkit("plugins", folder=place, REGENKIT_PLUGINS="acmee")
    assert done.returncode == 2
    assert "REGENKIT_PLUGINS=acmee: no plugin named 'acmee' is installed; did you mean 'acme'?" in done.stderr


PRINTS = """
    import os, sys
    print("printed")
    os.write(1, b"by descriptor\\n")
    os.system("echo by a child")
    sys.__stdout__.write("to the original\\n")
"""


@pytest.mark.parametrize("command", [["plugins", "--json"], ["plugins"]])
def test_what_a_plugin_prints_at_import_goes_to_standard_error(command: list[str], place: Path) -> None:
    distribution(place, "regenkit-loud", "1.0", "loud", PRINTS + HEALTHY.format(name="loud"))
    done = regenkit(*command, folder=place)
    assert done.returncode == 0 and "loud/markov" in done.stdout
    for said in ("printed", "by descriptor", "by a child", "to the original"):
        assert said in done.stderr and said not in done.stdout


def test_what_a_component_prints_at_import_goes_to_standard_error(place: Path) -> None:
    (place / "acme_models.py").write_text(textwrap.dedent(PRINTS) + "class Markov: ...\n")
    code = "from regenkit import plugins\nprint(plugins.host().find('generator', 'acme/markov').load().__name__)"
    done = python(code, place)
    assert done.stdout == "Markov\n" and "by a child" in done.stderr


def test_a_slow_import_is_named_with_its_seconds(place: Path) -> None:
    distribution(place, "regenkit-slow", "1.0", "slow", "import time\ntime.sleep(0.6)\n" + textwrap.dedent(
        HEALTHY.format(name="slow")))  # fmt: skip
    assert listed(place)["slow"]["slow"] >= 0.6
    assert "slow takes" in regenkit("plugins", folder=place).stdout


# --- one name in two distributions ------------------------------------------------------------------------------------


def test_the_core_s_names_stay_its_own(place: Path) -> None:
    taken = HEALTHY.replace("{name}/markov", "transformer").format(name="taker")
    distribution(place, "regenkit-taker", "1.0", "taker", taken)
    (clash,) = listed(place)["clashes"]
    assert clash["name"] == "transformer" and clash["keeps"] == "regenkit"
    code = """
        from regenkit import plugins
        for name in ("transformer", "regenkit-taker:transformer", "Regenkit.Taker:transformer"):
            found = plugins.host().find("generator", name)
            print(found.name, found.target)
    """
    assert python(code, place).stdout.splitlines() == [
        "transformer regenkit.models.transformer:Transformer",
        "regenkit-taker:transformer taker_models:Markov",
        "Regenkit.Taker:transformer taker_models:Markov",
    ]


def test_two_plugins_of_one_name_are_told_apart_by_distribution(place: Path) -> None:
    distribution(place, "regenkit-twin", "3.0", "twin", HEALTHY.format(name="acme"))
    code = """
        from regenkit import UserError, plugins
        host = plugins.host()
        print(host.find("generator", "regenkit-twin:acme/markov").origin)
        print(host.find("generator", "acme/markov", near=host.find("generator", "zeta/markov").origin))
    """
    done = python(code, place)
    assert done.stdout == "regenkit-twin 3.0\n"
    assert "choose one: write regenkit-acme:acme/markov or regenkit-twin:acme/markov" in done.stderr
    doctor = "acme/markov is in regenkit-acme and regenkit-twin: the name is refused; write"
    assert doctor in regenkit("plugins", folder=place).stdout


def test_a_distribution_without_the_name_says_what_it_has(place: Path) -> None:
    code = "from regenkit import plugins\nplugins.host().find('generator', 'regenkit-acme:markov')"
    said = "no generator is named 'regenkit-acme:markov'; of regenkit-acme there are: acme/markov"
    assert said in python(code, place).stderr


# --- components that cannot be imported -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (None, "ModuleNotFoundError: there is no module acme_models; correct its target"),
        ("class Markow: ...\n", "AttributeError: acme_models has no Markov; did you mean 'Markow'?"),
        ("import zed_is_not_here\n", "needs the package 'zed_is_not_here', which is not installed ("),
        ("import zed_is_not_here\n", "acme_models.py, line 1, in <module>): pip install zed_is_not_here"),
        ("x = {}['y']\n", "KeyError: 'y' ("),
        ("class Markov:\n    x: int = (\n", "SyntaxError: '(' was never closed"),
    ],
)
def test_a_target_that_cannot_be_imported(module: str | None, said: str, place: Path) -> None:
    if module is not None:
        (place / "acme_models.py").write_text(module)
    done = python("from regenkit import plugins\nplugins.host().find('generator', 'acme/markov').load()", place)
    assert "UserError: acme/markov (regenkit-acme 0.2)" in done.stderr and said in done.stderr
    if "(" in said and module:
        assert "acme_models.py, line" in done.stderr


def test_a_missing_extra_names_its_own_distribution(place: Path) -> None:
    module = HEALTHY.replace('summary="word by word"', 'extra="zed"').format(name="chess")
    requires = "Provides-Extra: zed\nRequires-Dist: zed-is-not-here>=1; extra == 'zed'\n"
    distribution(place, "regenkit-chess", "0.1", "chess", module, requires)
    (place / "chess_models.py").write_text("import zed_is_not_here\n")
    done = python("from regenkit import plugins\nplugins.host().find('generator', 'chess/markov').load()", place)
    assert "which is not installed: pip install 'regenkit-chess[zed]'" in done.stderr
    code = """
        from regenkit import plugins
        from regenkit.extras import missing
        print(missing(plugins.host().find("generator", "chess/markov")))
    """
    assert python(code, place).stdout == "['zed-is-not-here']\n"


# --- commands of plugins ----------------------------------------------------------------------------------------------

COMMANDS = """
    import typer
    app = typer.Typer()

    @app.command()
    def count(upto: int) -> None:
        "Count."
        print(*range(upto))

    @app.command()
    def fail() -> None:
        raise KeyError("lost")

    @app.command()
    def leave() -> None:
        raise typer.Exit(3)

    def greet(name: str = "you") -> None:
        "Greet."
        print("hello", name)

    number = 3
"""


@pytest.fixture
def commanded(place: Path) -> Path:
    records = "; ".join(
        f'yield Command(name="{name}", target="cmd_commands:{target}", summary="{name} of a plugin [a toy]")'
        for name, target in {"chess": "app", "greet": "greet", "train": "greet", "number": "number"}.items()
    )
    distribution(place, "regenkit-cmd", "1.0", "cmd", RECORD.format(hook="register_commands", body=records))
    (place / "cmd_commands.py").write_text(textwrap.dedent(COMMANDS))
    return place


def test_a_plugin_adds_commands(commanded: Path) -> None:
    assert "chess of a plugin [a toy]" in regenkit("--help", folder=commanded).stdout
    assert regenkit("chess", "count", "3", folder=commanded).stdout == "0 1 2\n"
    assert regenkit("greet", "--name", "Anna", folder=commanded).stdout == "hello Anna\n"
    assert "Count." in regenkit("chess", "count", "--help", folder=commanded).stdout
    assert regenkit("chess", "leave", folder=commanded).returncode == 3
    assert "Train a recipe" in regenkit("train", "--help", folder=commanded).stdout


def test_a_plugin_s_command_that_fails_is_named(commanded: Path) -> None:
    done = regenkit("chess", "fail", folder=commanded)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "(regenkit-cmd 1.0): fail raised KeyError: 'lost'" in done.stderr
    assert "cmd_commands.py, line 12, in fail: raise KeyError" in done.stderr
    assert "a int; right is a function" in regenkit("number", folder=commanded).stderr
    assert "Traceback" in regenkit("chess", "fail", folder=commanded, REGENKIT_STRICT_PLUGINS="1").stderr
