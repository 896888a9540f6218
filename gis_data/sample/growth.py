"""The whole growth of the made-up network, in order."""

from __future__ import annotations

from .contradictions import contradict
from .network import Network
from .rollout import Grower, Rollout

__all__ = ["grow"]


def grow(network: Network) -> Rollout:
    """Fill `network` with masts and cells and return the part that the plans played."""
    grower = Grower(network)
    grower.base_network()
    grower.voice_only_masts()
    grower.plan_13()
    grower.plan_130()
    grower.later_masts()
    grower.other_operators()
    grower.fifth_generation()
    contradict(grower)
    return grower.story
