"""Paths are believed only when they cannot leave the library, and compared as people read them."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mesharr.core.errors import Rejected
from mesharr.core.paths import (
    MAX_PART_BYTES,
    at,
    below,
    folder_of,
    library_path,
    same_key,
    spelled_root,
    stem_of,
)

_controls = [chr(number) for number in (*range(32), 127)]
_words = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=["/", *_controls]), min_size=1, max_size=12
)
parts = _words.filter(lambda part: part not in {".", ".."})
paths = st.lists(parts, min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a library-relative path"),
        ("/etc/passwd", "not a library-relative path"),
        ("../../etc/x", "leaves or repeats its place"),
        ("a/../../b", "leaves or repeats its place"),
        ("a/..", "leaves or repeats its place"),
        ("./a", "leaves or repeats its place"),
        ("a//b", "leaves or repeats its place"),
        ("a/", "leaves or repeats its place"),
        ("a\0.mkv", "control character"),
        ("a\n.mkv", "control character"),
        ("a\x7f.mkv", "control character"),
        ("a\ud800.mkv", "control character"),
        ("x" * 1025, "part longer than 1024"),
        ("\u00e9" * 513, "part longer than 1024"),
        ("/".join(["x" * 1000] * 5), "longer than 4095"),
        ("/".join(["\\" * 700] * 3), "longer than 4095"),  # as JSON writes them
    ],
)
def test_a_path_that_could_do_harm_is_rejected_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        library_path(text)


@pytest.mark.parametrize(
    "text",
    [
        "Dune (2021)/Dune.2021.mkv",
        "...And Justice for All (1979)/a..b.mkv",
        "Am\u00e9lie/AME\u0301LIE.mkv",
        "\u5343\u3068\u5343\u5c0b/\u5343.mkv",
        "x" * MAX_PART_BYTES,
        "/".join(["x" * MAX_PART_BYTES] * 3),
        "\u00e9" * 512,
        " a / b ",
        "a\u200db.mkv",
        "AC\\DC/Back in Black.flac",
        "a\x85\x9b2J.mkv",
    ],
)
def test_what_people_call_their_files_is_a_path_as_it_is_spelled(text: str) -> None:
    assert library_path(text) == text


@given(st.text(max_size=40))
@example("..")
@example("a/..")
def test_what_is_believed_stays_below_the_root(text: str) -> None:
    try:
        path = library_path(text)
    except Rejected:
        return
    assert below("/library", at("/library", path)) == path


@given(paths)
def test_both_unicode_forms_of_a_path_are_one_path(path: str) -> None:
    forms = {same_key(unicodedata.normalize(form, path)) for form in ("NFC", "NFD")}
    assert forms == {same_key(path)}


@given(st.text(st.characters(categories=("Ll", "Lu"), max_codepoint=0x24F), max_size=20))
@example("STRASSE/Stra\u00dfe")
@example("\u0130stanbul")
def test_a_key_is_the_key_of_itself(path: str) -> None:
    assert same_key(same_key(path)) == same_key(path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dune (2021)/DUNE.MKV", "dune (2021)/Dune.mkv"),
        ("Caf\u00e9.mkv", "CAFE\u0301.mkv"),
        ("Stra\u00dfe", "STRASSE"),
        ("\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3"),
    ],
)
def test_spellings_of_one_path_are_one_path(one: str, other: str) -> None:
    assert same_key(one) == same_key(other)


@pytest.mark.parametrize(("one", "other"), [("a.mkv", "a.mp4"), ("a/b", "a b"), ("e.mkv", "\u00e9.mkv")])
def test_two_paths_are_two_paths(one: str, other: str) -> None:
    assert same_key(one) != same_key(other)


@pytest.mark.parametrize(
    ("root", "path", "relative"),
    [
        ("/media/Movies", "/media/Movies/Dune/a.mkv", "Dune/a.mkv"),
        ("/media/Movies/", "/media/Movies/Dune", "Dune"),
        ("/media/Movies", "/media/Movies//Dune", "Dune"),
        ("/", "/Dune", "Dune"),
        ("/media/Movies", "/media/Movies", None),
        ("/media/Movies", "/media/Movies 4K/Dune", None),
        ("/media/Movies", "/media/movies/Dune", None),
        ("/media/Movies", "/media", None),
        ("/media/Movies", "/media/Movies/../Private/a.mkv", None),
        ("/media/Movies", "/media/Movies/a\\b", "a\\b"),
        ("/media/Movies", "media/Movies/Dune", None),
        ("/media/Movies", "D:\\Movies\\Dune", None),
        ("/media/Movies", "", None),
    ],
)
def test_below_is_what_lies_in_the_root_and_nothing_else(root: str, path: str, relative: str | None) -> None:
    assert below(root, path) == relative


@given(paths)
def test_a_path_below_a_root_is_found_there_again(path: str) -> None:
    assert below("/media/Movies", at("/media/Movies", path)) == path


def test_no_path_leads_out_of_a_root() -> None:
    with pytest.raises(Rejected):
        at("/media/Movies", "../x")


def test_a_file_in_the_root_has_no_folder() -> None:
    assert (folder_of("a.mkv"), folder_of("A/B/a.mkv")) == ("", "A/B")
    assert stem_of("A (2021)/A.2021.mkv") == "A.2021"


@pytest.mark.parametrize("root", ["/data/Am\u00e9lie", "/data/Ame\u0301lie", "/data/Am\u00e9lie/"])
def test_a_root_in_another_unicode_form_is_the_same_root(root: str) -> None:
    assert below(root, "/data/Ame\u0301lie/Film/a.mkv") == "Film/a.mkv"
    assert below(root, "/data/Ame\u0301lies/a.mkv") is None
    assert spelled_root(root, "/data/Ame\u0301lie/Film/a.mkv") == "/data/Ame\u0301lie"
    assert spelled_root(root, "/else/Film") == ""
