"""A hamlet's verdict in words; where every cluster has a signal, but of different operators, it says so."""

from __future__ import annotations

from .result_schema import VERDICT_LABELS

__all__ = ["SPLIT_LABEL", "verdict_words"]

SPLIT_LABEL = (
    "Covered, but no single operator covers all clusters",
    "Có sóng, nhưng không nhà mạng nào phủ hết các cụm",
)


def verdict_words(verdict: str, signal_gap: object, language: str) -> str:
    """Return a verdict in ``"vi"`` or ``"en"``.

    Parameters
    ----------
    verdict : str
        Of `result_schema.VERDICT_LABELS`; a code that is not there is returned as it is.
    signal_gap : str or a missing value
        ``"split"``: clusters are covered by different operators, see `result_schema.SIGNAL_GAP_LABELS`.
    language : {"vi", "en"}
    """
    at = 1 if language == "vi" else 0
    if verdict == "partial_signal" and signal_gap == "split":
        return SPLIT_LABEL[at]
    return VERDICT_LABELS[verdict][at] if verdict in VERDICT_LABELS else verdict
