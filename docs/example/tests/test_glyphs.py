"""What an adapter's own tests may be: the text form, the round trip, and that bad files are told."""

import numpy as np
import pytest
from regenkit_glyphs.fonts import FONTS, LETTERS, Fonts
from regenkit_glyphs.glyph import Glyph
from regenkit_glyphs.metrics import same_squares
from regenkit_glyphs.rows import Rows

from regenkit import UserError
from regenkit.pipeline.editing import parsed, text_of

EXAMPLES = [example for font in FONTS for example in Fonts().read(font)]


def test_every_letter_of_every_font_is_a_glyph():
    assert len(EXAMPLES) == len(FONTS) * len(LETTERS)
    for example in EXAMPLES:
        Glyph.spec.check(example.y, example.id)
        Rows.spec.check(Rows().convert(example.y), example.id)


def test_a_glyph_survives_its_file(tmp_path):
    value = Glyph().decode(EXAMPLES[0].y)
    Glyph().write(value, tmp_path / "a.txt")
    assert Glyph().read(tmp_path / "a.txt") == [value]
    assert np.array_equal(Glyph().encode(value)[0]["squares"], EXAMPLES[0].y["squares"])


def test_y_prime_survives_its_text():
    rep = Rows().convert(EXAMPLES[0].y)
    again, _ = parsed(Rows(), text_of(Rows(), rep, {}))
    assert np.array_equal(again["black"], rep["black"])


def test_what_is_no_glyph_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("#\n")
    with pytest.raises(UserError, match="right are 12 lines of 12 characters"):
        Glyph().read(tmp_path / "a.txt")


def test_a_sample_that_is_its_reference_scores_1():
    from regenkit import Evaluation

    ys = [example.y for example in EXAMPLES[:3]]
    assert same_squares(Evaluation(samples=ys, references=ys)).tolist() == [1, 1, 1]
