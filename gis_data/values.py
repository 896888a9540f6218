"""One cell of a table to one value: numbers, yes and no, dates, technologies, choices."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from .formulas import unguarded
from .headers import fold
from .vocabulary import SYNONYMS, TECHNOLOGY_WORDS

__all__ = [
    "BadValueError",
    "as_boolean",
    "as_choice",
    "as_date",
    "as_datetime",
    "as_integer",
    "as_number",
    "as_technology",
    "as_text",
    "decimal_marks",
    "is_empty",
    "shown",
]

VIETNAM_TIME = timezone(timedelta(hours=7))
_NOTHING = frozenset({"", "-", "–", "—", "n/a", "#n/a", "na", "nan", "null", "nat", "<na>"})
_YES = frozenset({"co", "yes", "y", "true", "1", "x", "dung", "✓", "✔"})
_NO = frozenset({"khong", "no", "n", "false", "0", "sai", "chua"})
_SPACE_GROUPS = re.compile(r"\d{1,3}(?:[ \u00a0\u2009\u202f'’]\d{3})+(?:[.,]\d+)?")
_DOT_GROUPS = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_COMMA_GROUPS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_PLAIN = re.compile(r"\d+[.,]?\d*|[.,]\d+")
_ONE_WAY = re.compile(r"-?\d+(?:\.(?:\d{1,2}|\d{4,}))?", re.ASCII)
_EITHER = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")
_NUMBER = re.compile(r"([+-]?)(.*?)([eE][+-]?\d{1,3})?", re.DOTALL)
_ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?")
_EXCEL_DAY_ZERO = datetime(1899, 12, 30)
_EXCEL_DAYS = (10_000, 80_000)


class BadValueError(ValueError):
    """A value that cannot be read: what was expected and how to mend it."""

    def __init__(self, expected: str, mend: str) -> None:
        super().__init__(f"expected {expected}; {mend}")
        self.expected = expected
        self.mend = mend


def is_empty(value: Any, text: bool = False) -> bool:
    """Tell whether a cell holds nothing; for other kinds than text, dashes and "n/a" are nothing too."""
    if value is None:
        return True
    if isinstance(value, str):
        stripped = value.strip()
        return not stripped or (not text and stripped.casefold() in _NOTHING)
    return bool(value != value)  # NaN and NaT are the values that differ from themselves


def shown(value: Any) -> str:
    """Return a value as it is shown in a message: one line, not endless."""
    line = " ".join(str(value).split())
    return line if len(line) <= 60 else line[:57] + "…"


def as_text(value: Any) -> str:
    """Return a cell as text in NFC without outer or repeated spaces; 1001.0 from a spreadsheet is "1001"."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        value = value.date()
    # `writers.write_csv` puts an apostrophe before what a spreadsheet would run as a formula
    return " ".join(unicodedata.normalize("NFC", unguarded(str(value))).split())


def decimal_marks(values: Iterable[Any]) -> frozenset[str]:
    """Return the decimal marks ("." and ",") that the texts of a file prove to be in use.

    "12,5" and "1.234,5" prove the comma, "0.125" the dot; "1.234" proves nothing.
    """
    marks = set()
    for value in values:
        if isinstance(value, str) and ("," in value or "." in value):
            if "." in marks and "," not in value and value.count(".") == 1:
                continue  # at best it proves the dot again
            parsed = _read_number(value.strip())
            if parsed is not None and parsed[2]:
                marks.add(parsed[2])
                if len(marks) == 2:
                    break
    return frozenset(marks)


def as_number(value: Any, marks: frozenset[str] = frozenset()) -> float:
    """Return a finite number.

    Parameters
    ----------
    value : object
        Number, or text with a decimal dot or comma and thousands marks.
    marks : frozenset of str
        Decimal marks in use in the file, to tell 1.234 (one and a bit) from 1.234 (over a thousand).

    Raises
    ------
    BadValueError
        Not a number, or one that can be read in two ways.
    """
    if isinstance(value, bool):
        raise BadValueError("a number", "write the number")
    if not isinstance(value, str):
        return _finite(float(value))
    if _ONE_WAY.fullmatch(value):
        return _finite(float(value))
    parsed = _read_number(value.strip())
    if parsed is None:
        raise BadValueError("a number", "write the number alone, its unit belongs in the header")
    plain, grouped, _ = parsed
    if grouped is None:
        return _finite(plain)
    mark = "." if "." in value else ","
    if marks == {mark}:
        return plain
    if marks and mark not in marks:
        return grouped
    raise BadValueError(
        "a number that can be read in one way only",
        f"write {grouped:.0f} without a thousands mark, or {plain!r} with other than three decimals",
    )


def as_integer(value: Any, marks: frozenset[str] = frozenset()) -> int:
    """Return a whole number; "1.234" can only be 1234 here, since 1.234 is not whole.

    Raises
    ------
    BadValueError
        Not a whole number.
    """
    parsed = _read_number(value.strip()) if isinstance(value, str) else None
    if parsed is not None and parsed[1] is not None and not parsed[0].is_integer():
        return int(parsed[1])
    number = as_number(value, marks)
    if not number.is_integer():
        raise BadValueError("a whole number", "round it")
    return int(number)


def as_boolean(value: Any) -> bool:
    """Return yes or no: có/không, yes/no, true/false, 1/0, x.

    Raises
    ------
    BadValueError
        Anything else.
    """
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    word = str(value).strip()
    folded = fold(word) or word
    if folded in _YES:
        return True
    if folded in _NO:
        return False
    raise BadValueError("yes or no (có/không, yes/no, 1/0)", "write có or không")


def as_date(value: Any) -> datetime:
    """Return a day (at midnight): ISO 8601, dd/mm/yyyy, or a date of a spreadsheet.

    Raises
    ------
    BadValueError
        Not a date; month-first dates, two-digit years and years alone are refused.
    """
    return as_datetime(value, kind="a date").replace(hour=0, minute=0, second=0, microsecond=0)


def as_datetime(value: Any, kind: str = "a date and time") -> datetime:
    """Return a time without zone; one with a zone is turned to Vietnam's (UTC+7).

    Raises
    ------
    BadValueError
        Not a time.
    """
    if isinstance(value, datetime):
        return _local(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if hasattr(value, "item"):  # numpy scalars
        return as_datetime(
            value.astype("datetime64[us]").item() if value.dtype.kind == "M" else value.item(), kind
        )
    text = str(value).strip()
    for parse in (_excel_day, _written_day):
        try:
            found = parse(text)
        except (ValueError, OverflowError):
            break
        if found is not None:
            return found
    raise BadValueError(kind, "write it as 2025-07-01 or 01/07/2025 (day first)")


def as_technology(value: Any) -> str:
    """Return 2G, 3G, 4G or 5G for it or for 3GPP's name: "LTE", "4G/LTE", "WCDMA 2100", "NR".

    Raises
    ------
    BadValueError
        No technology, or several.
    """
    words = re.findall(r"[a-z]+|\d+g", fold_words(str(value)))
    found = {TECHNOLOGY_WORDS[word] for word in words if word in TECHNOLOGY_WORDS}
    if len(found) != 1:
        raise BadValueError(
            "one technology: 2G (GSM), 3G (UMTS, WCDMA), 4G (LTE) or 5G (NR)",
            "write one of them; a cell of two technologies takes two rows",
        )
    return found.pop()


def fold_words(text: str) -> str:
    """Return lower case without diacritics; punctuation stays."""
    plain = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def as_choice(value: Any, choices: Sequence[str]) -> str:
    """Return the choice that the value names, without regard to case, diacritics or punctuation.

    Raises
    ------
    BadValueError
        None of them.
    """
    folded = fold(str(value))
    for choice in choices:
        if folded == fold(choice):
            return choice
    for choice in choices:
        if folded in {fold(word) for word in SYNONYMS.get(choice, ())}:
            return choice
    raise BadValueError("one of " + ", ".join(choices), "write one of them")


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise BadValueError("a number", "write a finite number, or leave the cell empty")
    return number


def _read_number(text: str) -> tuple[float, float | None, str] | None:
    """Return (value, value if the mark groups thousands, decimal mark proven), or None for no number."""
    match = _NUMBER.fullmatch(text.replace("−", "-"))
    assert match is not None  # the pattern accepts any single line
    sign, body, exponent = match[1], match[2], match[3] or ""
    proven = ""
    if _SPACE_GROUPS.fullmatch(body):
        body = re.sub(r"[ \u00a0\u2009\u202f'’]", "", body)
        proven = "." if "." in body else "," if "," in body else ""
    elif not exponent and _EITHER.fullmatch(body):
        digits = body.replace(".", "").replace(",", "")
        return float(sign + body.replace(",", ".")), float(sign + digits), ""
    elif _DOT_GROUPS.fullmatch(body) and body.count(".") + body.count(",") > 1:
        body, proven = body.replace(".", ""), ","
    elif _COMMA_GROUPS.fullmatch(body) and body.count(".") + body.count(",") > 1:
        body, proven = body.replace(",", ""), "."
    elif _PLAIN.fullmatch(body):
        proven = "." if "." in body else "," if "," in body else ""
    else:
        return None
    return float(sign + body.replace(",", ".") + exponent), None, proven


def _local(value: datetime) -> datetime:
    value = value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value
    return value.astimezone(VIETNAM_TIME).replace(tzinfo=None) if value.tzinfo else value


def _excel_day(text: str) -> datetime | None:
    """A day number as spreadsheets count them, where a date cell lost its format."""
    if not re.fullmatch(r"\d{5}(?:[.,]\d+)?", text):
        return None
    days = float(text.replace(",", "."))
    if not _EXCEL_DAYS[0] <= days <= _EXCEL_DAYS[1]:
        return None
    return _EXCEL_DAY_ZERO + timedelta(seconds=round(days * 86400))


def _written_day(text: str) -> datetime | None:
    day_part, _, clock_part = text.replace("T", " ", 1).strip().partition(" ")
    iso, day_first = _ISO_DATE.fullmatch(day_part), _DAY_FIRST.fullmatch(day_part)
    if iso:
        day = datetime(int(iso[1]), int(iso[2]), int(iso[3]))
    elif day_first:
        day = datetime(int(day_first[3]), int(day_first[2]), int(day_first[1]))
    else:
        return None
    return _with_clock(day, clock_part.strip()) if clock_part.strip() else day


def _with_clock(day: datetime, text: str) -> datetime | None:
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        return None
    microsecond = int((clock[4] or "0").ljust(6, "0")[:6])
    found = day.replace(
        hour=int(clock[1]), minute=int(clock[2]), second=int(clock[3] or 0), microsecond=microsecond
    )
    if clock[5] is None:
        return found
    if clock[5] == "Z":
        return _local(found.replace(tzinfo=UTC))
    sign = -1 if clock[5][0] == "-" else 1
    digits = clock[5][1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return _local(found.replace(tzinfo=timezone(sign * offset)))
