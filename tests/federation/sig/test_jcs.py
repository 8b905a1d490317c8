"""JCS: the examples of RFC 8785 and of its author's test data, and numbers as ECMAScript."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.sig.jcs import canonical
from fedi_k12.domain.errors import InvalidError

DOCUMENTS = {
    "arrays": (
        '[ 56, { "d": true, "10": null, "1": [ ] } ]',
        '[56,{"1":[],"10":null,"d":true}]',
    ),
    "french": (
        '{"peach": 1, "p\u00e9ch\u00e9": 2, "p\u00eache": 3, "sin": 4}',
        '{"peach":1,"p\u00e9ch\u00e9":2,"p\u00eache":3,"sin":4}',
    ),
    "structures": (
        '{"1": {"f": {"f": "hi","F": 5} ,"\\n": 56.0}, "10": { }, "": "empty", "a": { },'
        ' "111": [ {"e": "yes","E": "no" } ], "A": { }}',
        '{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],'
        '"A":{},"a":{}}',
    ),
    "text that is not normalised": ('{"A\\u030a": "A\\u030a"}', '{"A\u030a":"A\u030a"}'),
    "values": (
        '{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        ' "string": "\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/",'
        ' "literals": [null, true, false]}',
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ),
    "order by UTF-16 units": (
        '{"\\u20ac":1,"\\r":2,"\\ufb33":3,"1":4,"\\ud83d\\ude00":5,"\\u0080":6,"\\u00f6":7}',
        '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}',
    ),
}


@pytest.mark.parametrize(("given_", "wanted"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_has_one_form(given_, wanted):
    """FED-36: RFC 8785."""
    assert canonical(json.loads(given_)).decode() == wanted


NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "wanted"), NUMBERS)
def test_numbers_are_those_of_ecmascript(bits, wanted):
    """RFC 8785, appendix B."""
    (value,) = struct.unpack(">d", bytes.fromhex(bits))

    assert canonical(value).decode() == wanted


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_comes_back(value):
    assert float(canonical(value)) == value


def test_whole_numbers_beyond_2_to_the_53_are_rounded_as_others_do():
    assert canonical(2**53).decode() == "9007199254740992"
    assert canonical(12345678901234567890).decode() == "12345678901234567000"


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), "\ud800", {"\udfff": 1}, 10**400, {1, 2}],
    ids=["NaN", "infinity", "lone surrogate", "surrogate as a name", "endless", "a set"],
)
def test_what_json_cannot_say_has_no_form(value):
    """FED-36."""
    with pytest.raises(InvalidError):
        canonical({"value": value})
