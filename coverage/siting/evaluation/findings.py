"""What an independent evaluation of a plan found: which checks were made, and what a claim has against it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["CHECKS", "FOUND_WORDS", "Finding", "Findings"]

CHECKS: dict[str, tuple[str, str]] = {
    "hamlets": ("Hamlets served", "Thôn được phủ sóng"),
    "people": ("People newly served", "Số dân được phủ thêm"),
    "value": ("Value, bound and gap", "Giá trị, cận và sai lệch"),
    "cost": ("Cost, line by line", "Chi phí từng khoản"),
    "budget": ("Budget", "Ngân sách"),
    "funds": ("Funds", "Nguồn vốn"),
    "phases": ("Years", "Giai đoạn"),
    "sharing": ("Sharing ratio", "Tỷ lệ dùng chung"),
    "hosts": ("Structures and room on them", "Vị trí đặt trạm"),
    "links": ("Links", "Tuyến truyền dẫn"),
    "clearance": ("Clearance of microwave hops", "Khoảng hở tuyến vi ba"),
    "chains": ("Chains of hops", "Chuỗi chặng vi ba"),
    "limits": ("What was asked for", "Yêu cầu đặt ra"),
}
"""Code of a check to (English, Vietnamese), in the order in which they are shown."""

FOUND_WORDS: dict[str, tuple[str, str]] = {
    "served": ("served", "được phủ"),
    "not_served": ("not served", "chưa được phủ"),
    "built": ("built", "có xây"),
    "not_built": ("not built", "không xây"),
    "missing": ("does not exist", "không tồn tại"),
    "elsewhere": ("stands elsewhere", "ở vị trí khác"),
    "no_room": ("no room for it", "không đủ chỗ"),
    "no_network": ("does not reach the network", "không nối tới mạng"),
    "no_backhaul": ("no transmission of the builder there", "không có truyền dẫn của đơn vị xây dựng"),
    "blocked": ("the terrain is in the way", "bị địa hình che"),
    "too_long": ("too long", "quá dài"),
    "twice": ("more than one station", "hơn một trạm"),
    "clear": ("clear", "thông"),
    "connected": ("connected", "có nối"),
    "enough": ("the funds suffice", "đủ nguồn vốn"),
    "not_enough": ("the funds do not suffice", "không đủ nguồn vốn"),
}
"""Codes that stand for a claim or for what was found."""


@dataclass(frozen=True)
class Finding:
    """One thing that a plan claims and the evaluation does not confirm.

    Attributes
    ----------
    check : str
        Key of `CHECKS`.
    subject : str
        Station, hamlet, fund, year, or key of the request; empty: the whole plan.
    claimed, found : float or str
        Numbers, names, or codes of `FOUND_WORDS`.
    """

    check: str
    subject: str
    claimed: float | str
    found: float | str

    def line(self, language: str = "en") -> str:
        """Return the finding as a line for people; `language` is "vi" or "en"."""
        vietnamese = language == "vi"
        claimed, found = ("phương án", "tính lại") if vietnamese else ("the plan says", "recomputed")
        what = CHECKS[self.check][vietnamese] + (f", {self.subject}" if self.subject else "")
        return f"{what}: {claimed} {_shown(self.claimed, language)}, {found} {_shown(self.found, language)}"


@dataclass
class Findings:
    """Gathers findings, and how much was looked at.

    Attributes
    ----------
    made : Counter of str
        How many things each check looked at.
    wrong : list of Finding
    """

    made: Counter[str] = field(default_factory=Counter)
    wrong: list[Finding] = field(default_factory=list)

    def hold(self, check: str, subject: str, holds: bool, claimed: float | str, found: float | str) -> None:
        """Note one thing that was looked at, and what is wrong with it unless it holds."""
        self.made[check] += 1
        if not holds:
            self.wrong.append(Finding(check, subject, claimed, found))

    def equal(
        self, check: str, subject: str, claimed: float, found: float, *, tolerance: float = 1e-6
    ) -> None:
        """Compare two numbers: relative 1e-9, absolute `tolerance`; NaN and infinity equal themselves."""
        same = claimed == found or (math.isnan(claimed) and math.isnan(found))
        close = math.isclose(claimed, found, rel_tol=1e-9, abs_tol=tolerance)
        self.hold(check, subject, same or close, claimed, found)

    def at_most(self, check: str, subject: str, found: float, limit: float, *, slack: float = 1e-6) -> None:
        """Hold a number against an upper limit; the slack is relative above 1."""
        self.hold(check, subject, found <= limit + slack * max(1.0, abs(limit)), f"≤ {_number(limit)}", found)

    def at_least(self, check: str, subject: str, found: float, limit: float, *, slack: float = 1e-6) -> None:
        """Hold a number against a lower limit."""
        self.hold(check, subject, found >= limit - slack * max(1.0, abs(limit)), f"≥ {_number(limit)}", found)

    def same_set(self, check: str, claimed: Sequence[str], found: Sequence[str], yes: str, no: str) -> None:
        """Compare two sets of names, one finding for each name that only one of them has."""
        there, here = set(claimed), set(found)
        for name in sorted(there | here):
            says = [yes if name in names else no for names in (there, here)]
            self.hold(check, name, says[0] == says[1], says[0], says[1])


def _shown(value: float | str, language: str) -> str:
    if isinstance(value, str):
        return FOUND_WORDS.get(value, (value, value))[language == "vi"]
    return _number(value)


def _number(value: float) -> str:
    return f"{value:,.10g}"
