"""Songs and captions in old encodings: told by what reads as text, or refused by name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regenkit.data.text_encoding import decoded, decoded_together, encoding_of
from regenkit.errors import BadSource, UserError

# lines of our own, in encodings that files of songs have had
LINES = {
    "Тихо в саду моём, лишь ветер поёт и листья шумят": ["cp1251", "koi8-r", "cp866", "mac-cyrillic", "iso8859-5"],
    "Тихо в саду моїм, лише вітер співає і листя шумить": ["cp1251", "koi8-u"],
    "Тихо в градината ми, само вятърът пее": ["cp1251"],
    "Μέσα στον κήπο τραγουδεί το πουλί και ο άνεμος": ["cp1253"],
    "さくらの はなが さいて はるが くる よ 小さな鳥が歌う": ["shift_jis", "euc-jp"],
    "ラブソング メロディ ハート ドキドキ": ["shift_jis"],
    "春天的花园里有一只黄色的小鸟唱歌": ["gbk"],
    "春天的花園裡有一隻黃色的小鳥唱歌": ["big5"],
    "봄날의 정원에 노란 새 한 마리 노래하네": ["euc-kr"],
    "Když jsem šel zahradou, žlutý pták zpíval": ["cp1250", "iso8859-2"],
    "W ogrodzie śpiewa żółty ptak, a wiatr szumi wśród liści": ["cp1250", "iso8859-2"],
    "A kertben sárga madár énekel, és a szél fúj. Őszi este, tűz mellett": ["cp1250"],
    "Im Garten singt ein gelber Vogel. Größe und Güte, süßer Traum": ["cp1252", "cp850"],
    "Dans le jardin l'été s'en va, où es-tu, ça me fait pleurer": ["cp1252"],
    "En el jardín canta un pájaro. ¿Dónde estás, niña?": ["cp1252"],
    "Den blå bølge går på øen, når solen står op": ["cp1252"],
    "Bahçede sarı bir kuş öter, yapraklar hışırdar": ["cp1254"],
    "בגן שרה ציפור צהובה והרוח נושבת בין העלים": ["cp1255"],
    "في الحديقة يغني طائر أصفر والريح تهب": ["cp1256"],
    "ในสวนมีนกสีเหลืองร้องเพลง": ["cp874"],
}
PAIRS = [(text, encoding) for text, encodings in LINES.items() for encoding in encodings]
SUNG = [(text, encoding) for text, encoding in PAIRS if encoding != "cp874"]
"""Those that may be cut anywhere; Thai cut before a vowel sign is no text."""


@pytest.mark.parametrize(("text", "encoding"), PAIRS)
def test_a_line_in_an_old_encoding(text: str, encoding: str) -> None:
    for cased in (text, text.upper()):
        data = cased.encode(encoding, "replace")
        expected = data.decode(encoding)
        assert decoded(data, None, "a.txt") == expected
        assert decoded(data, encoding, "a.txt") == expected
    assert decoded(text[:12].encode(encoding), None, "a.txt") == text[:12]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SUNG), st.lists(st.integers(1, 4), min_size=12, max_size=12))
def test_syllables_of_a_file_have_one_encoding(pair: tuple[str, str], lengths: list[int]) -> None:
    text, encoding = pair
    syllables = []
    for length in lengths:
        syllables.append(text[:length])
        text = text[length:]
    data = [syllable.encode(encoding) for syllable in [*syllables, text]]
    name = encoding_of(data, None, "a.kar")
    assert b"".join(data).decode(name) == "".join([*syllables, text])


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=80))
def test_unicode_needs_no_guess(text: str) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert decoded(text.encode(encoding), None, "a.txt") == text.removeprefix("\ufeff")


def test_text_that_is_none_is_refused() -> None:
    with pytest.raises(BadSource, match=r"a\.txt: has text in an encoding that can't be told; say encoding: "):
        decoded(bytes([200, 97, 129, 98, 255, 99, 144, 100, 240]) * 3, None, "a.txt")
    with pytest.raises(BadSource, match=r"is not text in utf-8 \(byte 2\)"):
        decoded("süß".encode("cp1252"), "utf-8", "a.txt")
    with pytest.raises(BadSource, match=r"has NUL characters; where it is UTF-16 without its mark, say encoding: "):
        decoded("Tree".encode("utf-16-le"), None, "a.txt")
    assert decoded("Tree".encode("utf-16-le"), "utf-16-le", "a.txt") == "Tree"


@pytest.mark.parametrize("encoding", ["klingon", "hex", "rot13", "undefined", "", "a\0b", "ü"])
def test_a_codec_that_is_none_of_text_is_one_message(encoding: str) -> None:
    for read in (decoded, lambda data, *rest: encoding_of([data], *rest)):
        with pytest.raises(UserError, match=r"encoding: '.*' is no encoding of text; right is a name like utf-8"):
            read(b"", encoding, "a.txt")


def test_one_damaged_title_does_not_change_the_words() -> None:
    words = ["Stil-", "le", "Näch-", "te,", "schö-", "ne", "Träu-", "me", "für", "süß", "groß"]
    assert encoding_of([*(word.encode() for word in words * 2), b"\xff\xfe\xfd"], None, "a.kar") == "utf-8"


SENTENCES = {
    "cp1252": ["un château près de l’eau", "zwei Bäume am Fluß", "5 °C im Café"],
    "latin-1": ["una città più bella", "perché no"],
    "iso8859-1": ["en röd stuga vid sjön", "to børn spiser æbler"],
    "cp1250": ["czerwone drzewo nad rzeką", "dwa żółte koty"],
    "iso8859-2": ["červený dům u řeky", "dvě kočky na střeše"],
    "cp1251": ["красное дерево у реки", "два кота"],
    "koi8-r": ["красное дерево у реки", "зелёный дом"],
    "cp866": ["красное дерево у реки", "зелёный дом"],
    "cp1253": ["κόκκινο δέντρο", "δύο γάτες"],
    "cp1254": ["kırmızı bir ev", "ağacın altında iki kedi"],
    "shift_jis": ["赤い木", "川のそばの二匹の猫"],
    "euc-jp": ["赤い木", "緑の家"],
    "gbk": ["红色的树", "河边的两只猫"],
    "euc-kr": ["빨간 나무", "강가의 고양이 두 마리"],
    "utf-16": ["ein Bär", "一棵树"],
}


@pytest.mark.parametrize("encoding", SENTENCES)
@pytest.mark.parametrize("said", [True, False])
def test_captions_in_other_encodings(encoding: str, said: bool) -> None:
    files = {str(number): text.encode(encoding) for number, text in enumerate(SENTENCES[encoding])}
    texts, bad = decoded_together({**files, "plain": b"a tree"}, encoding if said and encoding != "utf-16" else None)
    assert not bad and texts == {
        **{str(number): text for number, text in enumerate(SENTENCES[encoding])}, "plain": "a tree"
    }  # fmt: skip
