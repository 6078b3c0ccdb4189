"""Voices of ABC that sound elsewhere than they are written, and what stands beside their notes."""

from test_music_abc import pitches, times, tune

from regenkit_music.modality.abc import read_tune


def test_transposed_voices() -> None:
    assert pitches("C D E F|", "M:4/4\nL:1/4\nK:C transpose=-2") == [58, 60, 62, 63]
    assert pitches("C D E F|", "M:4/4\nL:1/4\nK:C treble-8") == [48, 50, 52, 53]
    assert pitches("C D E F|", "M:4/4\nL:1/4\nK:C clef=treble+8") == [72, 74, 76, 77]
    assert pitches("C D E F|", "M:4/4\nL:1/4\nK:C octave=1 bass") == [72, 74, 76, 77]
    assert pitches("V:T clef=treble-8\nC D E F|") == [48, 50, 52, 53]
    assert pitches("C D E F|", "M:4/4\nL:1/4\nV:T clef=treble-8\nK:C\nV:T") == [48, 50, 52, 53]


def test_the_key_of_a_transposed_voice_is_the_one_that_sounds() -> None:
    scale = "C D E F|G A B c|c B A G|F E D C|"
    for field, tonic, mode in [("Cmaj transpose=-2", 10, "major"), ("C transpose=-2", 10, "major"),
                               ("Dm transpose=3", 5, "minor"), ("Cmaj octave=-1 treble-8", 0, "major")]:  # fmt: skip
        found = tune(scale, f"M:4/4\nL:1/4\nK:{field}")
        assert (found.tonic, found.mode) == (tonic, mode)


def test_a_clef_said_twice_moves_once_and_one_not_said_again_goes_on() -> None:
    high, low = [60, 62, 64, 65], [48, 50, 52, 53]
    for fields in ("K:C treble-8\nV:T clef=treble-8", "V:T treble-8\nK:C\nV:T treble-8", "V:T\nK:C clef=treble-8\nV:T"):
        assert pitches("C D E F|", f"M:4/4\nL:1/4\n{fields}") == low
    assert pitches("C D E F|\nK:G\nC D E =F|", "M:4/4\nL:1/4\nK:C treble-8") == [*low, *low]
    assert pitches("C D E F|[K:bass] C D E F|", "M:4/4\nL:1/4\nK:C treble-8") == [*low, *high]
    changed = "V:T\nC D E F|\nV:T clef=treble-8\nC D E F|\nV:T clef=treble\nC D E F|"
    assert pitches(changed) == [*high, *low, *high]
    name = 'V:bass nm="Bass -8"\nC D E F|'  # a name is no clef
    assert pitches(name, "M:4/4\nL:1/4\nK:C treble+8") == [72, 74, 76, 77]


def test_text_and_decorations_within_a_chord_are_no_notes() -> None:
    body = '["Am"CE]2 [!fermata!CE]2|[!1!C!f!E]2 [+accent+C"<d"E]2|[uCvE]2 ["a" C]2|'
    assert pitches(body) == [64, 64, 64, 64, 64, 60]
    assert times(body) == [(0, 8), (8, 8), (16, 8), (24, 8), (32, 8), (40, 8)]
    assert pitches('CDEF|["Coda" GABc|["D.C." c4|]') == [
        60,
        62,
        64,
        65,
        67,
        69,
        71,
        72,
        72,
    ]  # no chord: it names an ending


def test_grace_notes_are_counted() -> None:
    (found,) = read_tune("X:1\nM:4/4\nL:1/4\nK:C\n{c}C {de}D E {/f}F|", "").tunes
    assert [note.pitch for note in found.melody.notes] == [60, 62, 64, 65]
    assert found.remarks == ("grace notes, left out: 4",)
