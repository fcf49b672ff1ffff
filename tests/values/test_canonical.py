"""RFC 8785 bytes, digests, and the strict reading of JSON."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pmap

from tests.processes import HANG
from tests.strategies import documents, frozen_documents, nested, numbers, places, texts, vectors
from tier2_core.errors import InvalidValueError
from tier2_core.values.canonical import (
    LISTED,
    canonical_json,
    digest,
    digest_around,
    parse_json,
    read_json,
    wrapper_digest,
)
from tier2_core.values.edit import set_at
from tier2_core.values.freeze import freeze, same
from tier2_core.values.thaw import thaw


def refusal(data: Any) -> InvalidValueError:
    with pytest.raises(InvalidValueError) as caught:
        parse_json(data)
    return caught.value


# --- bytes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", vectors("values/canonical"), ids=lambda case: case["name"])
def test_canonical_bytes_are_those_of_the_vector(case: dict[str, str]) -> None:
    expected = case["canonical"].encode()
    assert canonical_json(parse_json(case["json"].encode())) == expected
    assert canonical_json(parse_json(expected)) == expected


@pytest.mark.parametrize(("bits", "text"), vectors("values/numbers"))
def test_numbers_of_rfc_8785_appendix_b(bits: str, text: str | None) -> None:
    number = struct.unpack(">d", bytes.fromhex(bits))[0]
    if text is None:
        with pytest.raises(InvalidValueError):
            canonical_json(number)
    else:
        assert canonical_json([number]) == b"[%s]" % text.encode()
        assert canonical_json({"n": [number, 0.5]}) == b'{"n":[%s,0.5]}' % text.encode()


@given(frozen_documents())
def test_canonical_json_is_what_another_implementation_of_rfc_8785_writes(document: Any) -> None:
    assert canonical_json(document) == rfc8785.dumps(thaw(document))


@given(st.lists(numbers(), max_size=3), st.dictionaries(texts(), st.none(), max_size=4))
def test_one_unusual_part_does_not_spoil_the_rest(some: list[Any], mapping: dict[str, Any]) -> None:
    """Numbers and keys that the standard library writes differently, beside and above those that it does not."""
    document = {"plain": [1, 0.5, "a"], "some": some, "deep": [{"mapping": mapping}, 1e16, {"z": 1, "y": 2}]}
    assert canonical_json(document) == rfc8785.dumps(thaw(document))


def test_equal_maps_with_different_histories_have_the_same_bytes() -> None:
    names = [f"k{i}" for i in range(20)]
    one, other = pmap(dict.fromkeys(names, 1)), pmap(dict.fromkeys(reversed(names), 1))
    for name in map(str, range(200)):
        other = other.set(name, 0)
    for name in map(str, range(200)):
        other = other.remove(name)
    assert canonical_json(one) == canonical_json(other) == rfc8785.dumps(dict(one))


def test_another_hash_seed_gives_the_same_bytes_and_the_same_message() -> None:
    program = (
        "from tier2_core.values.canonical import *\n"
        "d = freeze({k: {v: [1e16, k] for v in 'pqrstu😀é'} for k in 'abcdefgh'})\n"
        "print(canonical_json(d), digest(d), thaw(d))\n"
        "try: freeze({k: {v: {1} for v in 'pqrstu'} for k in 'abcdefgh'})\n"
        "except Exception as error: print(error, error.path)\n"
    ).replace("import *", "import *\nfrom tier2_core.values.freeze import *\nfrom tier2_core.values.thaw import *", 1)
    outputs = {
        subprocess.run(
            [sys.executable, "-X", "utf8", "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            timeout=HANG,
            text=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1
    assert "/a/p" in outputs.pop()


# --- digests -------------------------------------------------------------------------------------


@given(documents())
def test_a_digest_is_the_sha_256_of_the_canonical_bytes(document: Any) -> None:
    expected = sha256(rfc8785.dumps(thaw(document))).hexdigest()
    frozen = freeze(document)
    assert digest(document) == digest(frozen) == digest(frozen) == expected


@given(frozen_documents(), st.sampled_from(["tier2/link/v1", "t", "null", '{"a":1}']))
def test_a_tagged_digest_is_over_the_tag_a_nul_and_the_bytes(document: Any, tag: str) -> None:
    plain = digest(document)
    tagged = digest(document, tag=tag)
    assert tagged == sha256(tag.encode() + b"\0" + canonical_json(document)).hexdigest()
    assert digest(document) == plain != tagged != digest(document, tag=tag + "/")


@pytest.mark.parametrize("tag", ["", "a\0b", "é", "\ud800", 1, b"tag", True])
def test_a_tag_is_ascii_text_without_nul(tag: Any) -> None:
    with pytest.raises(InvalidValueError, match="expected ASCII text without NUL"):
        digest({}, tag=tag)


def test_a_digest_is_that_of_the_document_as_it_is_after_a_change() -> None:
    before = freeze({"a": [1], "b": {}})
    first = digest(before)
    after = set_at(before, ("a", "0"), 2)
    assert digest(after) == sha256(b'{"a":[2],"b":{}}').hexdigest()
    assert digest(before) == first


@given(frozen_documents(), texts(), st.none() | st.just("tier2/link/v1"))
def test_the_digest_of_a_wrapper_is_that_of_the_document_it_would_be(document: Any, name: str, tag: str | None) -> None:
    for part in (document, thaw(document)):
        for wrapper in (part, [part], {name: part, "b": [1, part], "\ue000": None, "😀": "x"}):
            assert wrapper_digest(wrapper, tag) == digest(wrapper, tag)


def test_a_wrapper_may_hold_documents_as_deep_as_any() -> None:
    document = freeze(nested(0, 64))
    expected = b'{"before":[%s]}' % canonical_json(document)
    assert wrapper_digest({"before": [document]}) == sha256(expected).hexdigest()


@given(st.lists(documents(2), max_size=5), st.sampled_from([0, 1, 99, 100, 101, 250]), texts())
def test_a_digest_around_a_list_is_that_of_the_whole(listed: list[Any], longer: int, name: str) -> None:
    everything = [*(freeze(one) for one in listed), *map(str, range(longer))]
    for wrapper, whole in (
        (LISTED, everything),
        ({"a": name, "z": LISTED, name + "b": [name]}, {"a": name, "z": everything, name + "b": [name]}),
    ):
        assert digest_around(wrapper, iter(everything), "t") == wrapper_digest(whole, "t")


# --- reading -------------------------------------------------------------------------------------


@given(documents(), st.booleans(), st.sampled_from([None, 1]))
def test_what_the_standard_library_writes_is_read_back(document: Any, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    for data in (text, text.encode(), bytearray(text.encode()), memoryview(text.encode())):
        assert same(parse_json(data), document)  # type: ignore[arg-type]


@given(frozen_documents())
def test_canonical_bytes_are_read_back(document: Any) -> None:
    again = parse_json(canonical_json(document))
    assert same(again, document)
    assert repr(thaw(again)) == repr(thaw(document))


@pytest.mark.parametrize("case", vectors("values/refused"), ids=lambda case: ascii(case["json"]))
def test_what_is_no_strict_json_is_refused(case: dict[str, str]) -> None:
    for data in (case["json"], case["json"].encode()):
        error = refusal(data)
        assert case["found"] in str(error)
        assert error.path == case["path"]
        assert str(error).isprintable()


@pytest.mark.parametrize(
    "data",
    [
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-16-be"),
        '{"a":1}'.encode("utf-32"),
        '{"a":1}'.encode("utf-8-sig"),
        b'"\xff"',
        b'"\xc0\x80"',
        b'"\xed\xa0\x80"',
        b'"\xf0\x9f\x98"',
        b'"\xe9"',
    ],
)
def test_bytes_are_utf_8_without_a_mark(data: bytes) -> None:
    assert refusal(data).path == ""


def test_the_offset_of_a_byte_that_is_no_utf_8_is_told() -> None:
    assert "at offset 7" in str(refusal(b'{"a": "\xff"}'))


@pytest.mark.parametrize("data", [None, 0, 5, -1, 10**12, True, 1.5, [123, 125], ["{}"], [300], {}, object()])
def test_what_is_no_text_is_refused(data: Any) -> None:
    """Among it what ``bytes()`` would make bytes of."""
    assert "expected the bytes of a JSON text" in str(refusal(data))


@pytest.mark.parametrize(
    "text", ["1" * 5_000, "[-" + "1" * 5_000 + "]", '{"a":' + "9" * 310 + "}", "[" + "7" * 100_000 + "]"]
)
def test_an_integer_of_any_length_is_refused_as_beyond_a_double(text: str) -> None:
    assert "an integer beyond the range of a double" in str(refusal(text.encode()))


@pytest.mark.parametrize("levels", [65, 500, 100_000])
@pytest.mark.parametrize(("left", "right"), [("[", "]"), ('{"a":', "}")])
def test_any_nesting_is_refused(levels: int, left: str, right: str) -> None:
    bottom = "" if left == "[" else "0"
    assert "nesting deeper than 64" in str(refusal(left * levels + bottom + right * levels))


def test_unclosed_nesting_is_refused() -> None:
    refusal(b"[" * 100_000)
    refusal(b'{"a":' * 100_000)


@given(documents(), st.data())
def test_a_duplicate_key_is_found_wherever_it_is(document: Any, data: st.DataObject) -> None:
    plain = thaw(document)
    objects = [(place, part) for place, part in places(plain) if isinstance(part, dict) and part]
    if not objects:
        assert same(parse_json(json.dumps(plain)), document)
        return
    place, part = data.draw(st.sampled_from(objects))
    name = data.draw(st.sampled_from(sorted(part)))
    part["\0twice"] = None
    text = json.dumps(plain).replace('"\\u0000twice"', json.dumps(name))
    error = refusal(text)
    assert error.path == "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in place)
    assert "twice in one object" in str(error)


def test_what_is_read_without_freezing_is_read_as_strictly() -> None:
    assert read_json(b'{"b": 1.0, "a": [true]}') == {"b": 1.0, "a": [True]}
    deep = "[" * 100 + '{"a":{"k":0%s}}' + "]" * 100
    assert read_json(deep % "") == json.loads(deep % "")
    for text, path in ((deep % ',"k":1', "/0" * 100 + "/a"), ("[NaN]", ""), ("{} x", ""), ("[" * 100_000, "")):
        with pytest.raises(InvalidValueError) as caught:
            read_json(text)
        assert caught.value.path == path


def test_a_duplicate_in_a_very_large_object_is_found() -> None:
    """In one pass: comparing each key with all before it would take minutes."""
    members = ",".join(f'"k{number}":0' for number in range(200_000))
    assert "the key 'k7' twice" in str(refusal(f'{{{members},"k7":1}}'))
