"""Recipes: what is refused, with its place, its key path and the nearest name."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from toy import HOST, TEXT, Toy, refusal

from regenkit import Modality, UserError, hookimpl, plugins
from regenkit.recipe import load
from regenkit.recipe.arguments import parameters
from regenkit.recipe.sampling import options_of
from regenkit.recipe.synonyms import SAME, meant
from regenkit.recipe.train_settings import TrainSettings

REFUSALS = {
    "unknown section": ("generator: {use", "genrator: {use", "6:1: genrator: unknown section; did you mean"),
    "missing section": ("converter: {use: toy/half, parts: [rhythm]}\n", "", " needs the section 'converter'"),
    "unknown argument": ("width: 64", "witdh: 64",
                         "6:29: generator.witdh: unknown key 'witdh'; did you mean 'width'? There are: "),
    "argument of another library": ("width: 64", "hidden_size: 64", "6:29: generator.hidden_size: unknown key "
                                    "'hidden_size'; did you mean 'width'? There are: "),
    "argument of another library in capitals": ("width: 64", "D_model: 64", "'D_model'; did you mean 'width'?"),
    "setting of another library": ("batch_size: 8", "lr: 8", "12:3: train.lr: unknown key 'lr'; did you mean "
                                   "'learning_rate'? There are: "),
    "setting of a stage by another name": ("generator: {steps: 50}", "generator: {epochs: 50}", "14:15: train.generator"
                                           ".epochs: unknown key 'epochs'; did you mean 'steps'?"),
    "argument of the core": ("width: 64", "target: 64", "6:29: generator.target: unknown key 'target'"),
    "hidden by **kwargs": ("width: 64", "trainable: true", "generator.trainable: unknown key 'trainable'"),
    "missing argument": ("  paired: [bach, essen]\n", "", "2:1: dataset: needs the key 'paired'"),
    "misspelt component": ("generator: {use: toy/model", "generator: {use: toy/modle",
                           "6:18: generator.use: no generator is named 'toy/modle'; did you mean 'toy/model'?"),
    "no component": ("generator: {use: toy/model,", "generator: {", "6:1: generator: needs the key 'use' or 'from'"),
    "both": ("width: 64", "from: runs/a", "6:1: generator: has both 'use' and 'from'; keep one"),
    "name of a component is a number": ("generator: {use: toy/model", "generator: {use: 3",
                                        "6:18: generator.use: should be a name, not 3"),
    "wrong type": ("width: 64", "width: wide", "6:36: generator.width: should be a valid integer, not 'wide'"),
    "quoted number": ("width: 64", "width: '64'", "generator.width: should be a valid integer, not '64'"),
    "truth for a number": ("width: 64", "width: true", "generator.width: should be a valid integer, not true"),
    "number for a truth": ("width: 64", "causal: 1", "generator.causal: should be a valid boolean, not 1"),
    "number for text": ("width: 64", "schema: 1", "should be a valid string, not 1; put it in quotes"),
    "bad value": ("width: 64", "width: 0", "generator.width: should be greater than or equal to 1, not 0"),
    "infinite": ("rate: 3e-4", "rate: 1e999", "9:9: renderer.rate: should be a finite number, not inf"),
    "branches of a union": ("width: 64", "limit: [1, x]", "generator.limit.1: should be a valid integer, not 'x'"),
    "bad choice": ("[rhythm]", "[rythm]", "5:36: converter.parts.0: should be 'rhythm', 'cadence' or 'chords', "
                   "not 'rythm'; did you mean 'rhythm'?"),
    "text for a list": ("[bach, essen]", "bach", "4:11: dataset.paired: should be a valid list, not 'bach'; "
                        "write [bach]"),
    "list for a map": ("generator: {use: toy/model, width: 64}", "generator: [toy/model]",
                       "6:12: generator: should be a map, not a list"),
    "text for a map": ("generator: {use: toy/model, width: 64}", "generator: toy/model",
                       "6:12: generator: should be a map, not 'toy/model'; write {use: toy/model}"),
    "null for a map": ("converter: {use: toy/half, parts: [rhythm]}", "converter:",
                       "5:11: converter: should be a map, not null"),
    "unknown setting": ("batch_size", "batchsize", "12:3: train.batchsize: unknown key 'batchsize'; did you mean "
                        "'batch_size'?"),
    "unknown stage": ("renderer: {steps", "rendrer: {steps", "15:3: train.rendrer: unknown key 'rendrer'; did you mean "
                      "'renderer'?"),
    "setting of a stage": ("patience: 3", "patience: 0", "15:35: train.renderer.patience: should be greater than"),
    "devices of a stage": ("generator: {steps: 50}", "generator: {steps: 50, strategy: none}",
                           "14:26: train.generator.strategy: all stages of a run have one: write it in train"),
    "stage is no map": ("generator: {steps: 50}", "generator: 50", "14:14: train.generator: should be a map, not 50"),
    "unknown metric": ("[toy/score]", "[toy/scores]", "16:12: evaluate.0: no metric is named 'toy/scores'; did you "
                       "mean 'toy/score'?"),
    "metrics no list": ("[toy/score]", "toy/score", "16:11: evaluate: should be a list of metrics, not 'toy/score'"),
    "converter of another modality": ("toy/half", "toy/mel", "5:18: converter.use: toy/mel is for speech, but "
                                      "toy/data yields tune"),
    "metric of another modality": ("toy/score", "toy/clarity", "16:12: evaluate.0: toy/clarity is for speech"),
    "direct names no generator": ("direct: {width: 96", "direct: {use: toy/half", "10:15: direct.use: "),
    "direct of a run": ("direct: {width: 96", "direct: {from: here", "10:10: direct.from: the baseline is trained"),
    "run that is not there": ("{use: toy/model, width: 64}", "{from: runs/none}",
                              "10:1: direct: there is no generator here"),
    "lost target": ("generator: {use: toy/model, width: 64}", "generator: {use: toy/lost}",
                    "6:18: generator.use: toy/lost cannot be imported from toy:Lost: AttributeError"),
    "tab": ("  batch_size", "\tbatch_size", "12:1: a tab; indent with spaces"),
    "tab inside": ("batch_size: 8", "batch_size:\t8", "12:14: a tab; write spaces"),
    "twice": ("  batch_size: 8\n", "  batch_size: 8\n  batch_size: 9\n",
              "13:3: train.batch_size: this key is here twice; the first is at "),
    "tag": ("width: 64", "width: !!python/object/apply:os.system [ls]", "6:36: tags (!) are not part of a recipe"),
    "harmless tag": ("width: 64", "width: !!int '64'", "6:36: tags (!) are not part of a recipe"),
    "anchor": ("[bach, essen]", "&a [bach]", "4:11: anchors (&) and aliases (*) are not part of a recipe"),
    "alias": ("[bach, essen]", "*a", "4:11: anchors (&) and aliases (*) are not part of a recipe"),
    "open bracket": ("width: 64}", "width: 64", "7:9: not YAML: "),
    "two documents": ("evaluate:", "---\nevaluate:", "16:1: not YAML: expected a single document"),
    "key that is a list": ("direct:", "[a, b]:", "10:1: a key must be plain text"),
    "beyond Unicode": ("toy/score", r'"\UFFFFFFFF"', " not YAML: "),
    "half a surrogate": ("toy/score", r'"\ud800"', "16:12: half a surrogate pair is not text"),
    "deep": ("width: 64", f"width: {'[' * 5000}", "more than 20 maps or lists within each other"),
    "endless number": ("width: 64", f"width: {'9' * 5000}", "6:36: this number is too long"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_refused(case: str, tmp_path: Path) -> None:
    old, new, said = REFUSALS[case]
    assert old in TEXT
    assert said in refusal(tmp_path, TEXT.replace(old, new, 1))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "toy.yaml: the file is empty"),
        (b" \n\n", "toy.yaml: the file is empty"),
        (b"# nothing\n", "toy.yaml: there is nothing in it but comments"),
        (b"a: 1\n\xff\xfe\x00\x01", "toy.yaml:2: not UTF-8 text; is this a binary file?"),
        (b"dataset: 1\nb\x00\n", "toy.yaml:2:2: a control character; is this a binary file?"),
        (
            b"- dataset\n- converter\n",
            "toy.yaml:1:1: a recipe is a map (dataset: \u2026, converter: \u2026), not a list",
        ),
        (b"just words", "not the text 'just words'"),
        (b"a: " + b"x" * 50_000, "toy.yaml: larger than 50 kB"),
    ],
)
def test_files_that_are_no_recipes(content: bytes, said: str, tmp_path: Path) -> None:
    assert said in refusal(tmp_path, content)


class Tunes:
    @hookimpl
    def register_modalities(self) -> Iterator[Modality]:
        yield Modality(name="toy/tunes", target="toy:Tunes")


def test_a_modality_that_the_record_of_a_dataset_misspells_is_named(tmp_path: Path) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text(TEXT.replace("toy/half", "toy/mel"), encoding="utf-8")
    meant = "no modality has that name: is 'toy/tunes' meant in the record of toy/data?"
    with pytest.raises(UserError, match=re.escape(f"toy/mel is for speech, but toy/data yields tune; {meant}")):
        load(path, host=plugins.Host([Toy(), Tunes()]))


def test_files_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "lyric2melody.yaml").write_text(TEXT)
    with pytest.raises(UserError, match=r"there is no such file; did you mean '.*lyric2melody.yaml'"):
        load(tmp_path / "lyrics2melody.yaml", host=HOST)
    with pytest.raises(UserError, match=r"no such file; 'class2image' alone is the recipe that comes with"):
        load(tmp_path / "recipes/class2image.yaml", host=HOST)
    with pytest.raises(UserError, match="directory"):
        load(tmp_path, host=HOST)


def test_every_fault_of_form_is_said_at_once(tmp_path: Path) -> None:
    text = TEXT.replace("toy/half", "toy/hafl").replace("batch_size: 8", "batch_size: x").replace("toy/score", "a")
    assert [line.split(" ")[1] for line in refusal(tmp_path, text).splitlines()] == [
        "converter.use:", "train.batch_size:", "evaluate.0:",
    ]  # fmt: skip


def test_every_fault_of_arguments_is_said_at_once(tmp_path: Path) -> None:
    lines = refusal(tmp_path, TEXT.replace("width: 64", "width: x").replace("  rate: 3e-4", "  rte: 1")).splitlines()
    assert [line.split(" ")[1] for line in lines] == ["generator.width:", "renderer.rte:"]


def test_a_missing_extra_is_named_with_the_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "toy_heavy.py").write_text("import no_such_package_anywhere\n\nclass Model: ...\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    said = refusal(
        tmp_path, TEXT.replace("{use: toy/model, width: 64}", "{use: toy/heavy}").replace("direct: {width: 96}\n", "")
    )
    assert said.startswith("toy.yaml:6:18: generator.use: toy/heavy needs the package 'no_such_package_anywhere'")
    assert "pip install 'regenkit[heavy]'" in said


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("generator.widht=4", "--set generator.widht=4: generator.widht: unknown key 'widht'; did you mean 'width'?"),
        ("generater.width=4", "generater: unknown section; did you mean 'generator'?"),
        ("generator.width=wide", "--set generator.width=wide: generator.width: should be a valid integer, not 'wide'"),
        ("generator.width", "--set generator.width: write KEY=VALUE"),
        ("generator.width=", "write KEY=VALUE"),
        ("=4", "write KEY=VALUE"),
        ("generator..width=4", "write KEY=VALUE"),
        ("evaluate.0=4", "--set evaluate.0=4: evaluate is not a map, it is a list"),
        ("generator.width=[1", "--set generator.width=[1: not YAML: "),
        ("generator.width=!!int 4", "tags (!) are not part of a recipe"),
        ("generator=toy/model", "--set generator=toy/model: generator: should be a map, not 'toy/model'"),
        ("train.generator.steps=-1", "train.generator.steps: should be greater than or equal to 0, not -1"),
        (".".join(["generator"] * 5000) + "=1", "more than 20 maps or lists within each other"),
        (".".join(["generator"] * 20) + "=[1]", "more than 20 maps or lists within each other"),
        ("generator.wi\ndth=4", "generator.wi\\ndth: unknown key 'wi\\ndth'"),
        ("generator.\udcff=4", "half a surrogate pair is not text"),
    ],
)
def test_refused_overrides(override: str, said: str, tmp_path: Path) -> None:
    assert said in refusal(tmp_path, TEXT, override)


@pytest.mark.parametrize(
    ("name", "names", "said"),
    [
        ("codes", ["codebook_size", "width"], "; did you mean 'codebook_size'? There are: codebook_size, width"),
        ("Codes", ["codes_of", "width"], "; did you mean 'codes_of'? There are: codes_of, width"),
        ("size", ["latent_dim", "steps"], "; did you mean 'latent_dim'? There are: latent_dim, steps"),
        ("channels", ["width", "encoder_width"], "; did you mean 'width' or 'encoder_width'? There are: "),
        ("commitment_cost", ["beta", "commitment_weight"], "; did you mean 'commitment_weight'? There are: "),
        ("beta", ["commitment_weight"], "; did you mean 'commitment_weight'? There are: commitment_weight"),
        ("epochs", ["width"], ". There are: width"),
        ("epochs", [], ". There are none"),
    ],
)
def test_a_usual_name_is_known_where_ours_is_there(name: str, names: list[str], said: str) -> None:
    assert meant(name, names).startswith(said)


def test_synonyms_are_of_keys_that_there_are() -> None:
    known = set(TrainSettings.model_fields)
    for role in ("dataset", "converter", "generator", "renderer"):
        for component, _ in plugins.host().all(role):
            known |= parameters(component).keys() | options_of(component.load()).keys()
    assert not {ours for ours, *_ in SAME} - known
    for ours, *others in SAME:
        assert len({ours, *others}) == 1 + len(others) and others == [other.casefold() for other in others]
