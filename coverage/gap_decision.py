"""The rule that tells served from dead, and the verdict that the margins of a hamlet give by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from ..gis_data.result_schema import CONFIDENCES, VERDICTS
from .cells import TechnologyRule

__all__ = [
    "FRAGILE",
    "PARTIAL",
    "GapRule",
    "Margins",
    "best_of",
    "changed",
    "column_of",
    "confidence_of",
    "decide",
    "probabilities",
]

_NO_SIGNAL, PARTIAL, _VOICE_ONLY, _NO_4G, _NO_5G, FRAGILE, _COVERED = range(len(VERDICTS))
_UNCERTAIN, _LIKELY, _CERTAIN = range(len(CONFIDENCES))
# What a planner would do is the same within a class: a shift inside it does not turn the verdict over.
_CLASS = np.array([0, 0, 1, 2, 3, 4, 4])
_LIKELY_SIGMA, _CERTAIN_SIGMA = 1.0, 2.0


@dataclass(frozen=True)
class GapRule:
    """When a hamlet counts as served.

    Attributes
    ----------
    technologies : mapping of technology to TechnologyRule
        Threshold, spread and probability of each technology; their order is that of the results.
    share_of_people : float
        Share of a hamlet's people at covered points that counts as served, 0 < share <= 1.
    voice, broadband : tuple of str
        Technologies that carry the service; those without an entry in `technologies` are refused.
    pooled : bool
        False (the default, "no operator serves it"): one operator must reach the share by itself. True: a
        person counts where any operator covers the point, so that two operators may share a hamlet.
    """

    technologies: Mapping[str, TechnologyRule]
    share_of_people: float
    voice: tuple[str, ...]
    broadband: tuple[str, ...]
    pooled: bool = False

    def __post_init__(self) -> None:
        missing = sorted({*self.voice, *self.broadband} - set(self.technologies))
        if missing:
            raise ValueError(f"voice or broadband names technologies without a rule: {', '.join(missing)}")
        if not self.voice or not self.broadband:
            raise ValueError("voice and broadband must each name a technology")
        if not 0.0 < self.share_of_people <= 1.0:
            raise ValueError(f"share_of_people must lie in (0, 1], not {self.share_of_people}")


@dataclass(frozen=True)
class Margins:
    """What each question about a hamlet has to spare, in sigma; below 0 the answer is no."""

    centre: NDArray[np.float64]
    voice: NDArray[np.float64]
    broadband: NDArray[np.float64]
    four: NDArray[np.float64]
    five: NDArray[np.float64]

    def stacked(self) -> NDArray[np.float64]:
        """(5, villages), in the order of severity of what a negative margin means."""
        return np.stack([self.centre, self.voice, self.broadband, self.four, self.five])


def best_of(margin: NDArray[np.float64], rule: GapRule, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the margin of the best of some technologies, from margins (n, technologies) of all."""
    columns = [t for t, name in enumerate(rule.technologies) if name in names]
    best: NDArray[np.float64] = margin[:, columns].max(axis=1)
    return best


def column_of(
    margin: NDArray[np.float64], rule: GapRule, name: str, asked: NDArray[np.bool_] | None
) -> NDArray[np.float64]:
    """Margin of one technology; +inf where nobody asks for it."""
    names = list(rule.technologies)
    if name not in names:
        return np.full(len(margin), np.inf)
    column = margin[:, names.index(name)]
    return column if asked is None else np.where(asked, column, np.inf)


def decide(margins: NDArray[np.float64], masts: NDArray[np.int32], shift: float = 0.0) -> NDArray[np.int8]:
    """First question with the answer no, were all levels `shift` sigma higher; else fragile or covered."""
    fails = margins + shift < 0.0
    served = np.where(masts <= 1, FRAGILE, _COVERED)
    return np.where(fails.any(axis=0), fails.argmax(axis=0), served).astype(np.int8)


def confidence_of(
    margins: NDArray[np.float64], masts: NDArray[np.int32], verdict: NDArray[np.int8]
) -> NDArray[np.int8]:
    """Index into `CONFIDENCES`: would one or two sigma, up or down at every point, change the class?"""

    def stays(sigma: float) -> NDArray[np.bool_]:
        moved = [_CLASS[decide(margins, masts, shift)] for shift in (-sigma, sigma)]
        return np.asarray((moved[0] == _CLASS[verdict]) & (moved[1] == _CLASS[verdict]))

    return np.where(
        stays(_CERTAIN_SIGMA), _CERTAIN, np.where(stays(_LIKELY_SIGMA), _LIKELY, _UNCERTAIN)
    ).astype(np.int8)


def probabilities(margins: Margins, rule: GapRule) -> NDArray[np.float64]:
    """Probability behind each margin, (5, villages).

    Where the technologies of a service ask for different probabilities, theirs is told on the scale of the
    strictest, so that it can be compared with one number.
    """
    voice, broadband = _z(rule, rule.voice).max(), _z(rule, rule.broadband).max()
    four, five = (float(_z(rule, (t,))[0]) if t in rule.technologies else 0.0 for t in ("4G", "5G"))
    z = np.array([voice, voice, broadband, four, five])
    return np.asarray(ndtr(margins.stacked() + z[:, np.newaxis]), dtype=np.float64)


def _z(rule: GapRule, names: tuple[str, ...]) -> NDArray[np.float64]:
    return np.asarray(ndtri([rule.technologies[name].probability for name in names]), dtype=np.float64)


def changed(
    model: NDArray[np.float64], margins: NDArray[np.float64], verdict: NDArray[np.int8]
) -> NDArray[np.bool_]:
    """Tell where the samples changed the margin that decided; for a served hamlet, any margin."""
    differs = model != margins
    every = np.arange(len(verdict))
    served = verdict >= FRAGILE
    return np.where(served, differs.any(axis=0), differs[np.minimum(verdict, 4), every])
