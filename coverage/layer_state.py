"""The exact merge behind the layers of one technology, kept so that single masts can come and go.

Levels, best cells, runners-up, counts of masts and sums of interference, unrounded; see `mast_merge`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .network_layer import LayerPlan
from .state_files import Blocks, PlaneFile, Scratch
from .state_kernels import BLOCK

__all__ = ["ARRAYS", "BLOCK", "LayerState", "StateWindow", "state_files"]

ARRAYS = {
    "level_dbm": "f4",
    "best_cell": "i4",
    "runner_dbm": "f4",
    "runner_cell": "i4",
    "servers": "u2",
    "units": "f8",
}
"""The arrays of a merge, and the type of their numbers."""


@dataclass(frozen=True)
class StateWindow:
    """A window of some of a merge's planes, in memory; rows and columns are of whole blocks.

    Attributes
    ----------
    blocks : Blocks
    plan : LayerPlan
        Whose layers it holds: ``entered`` and ``keys`` in their order.
    carriers : tuple of (operator, frequency in MHz)
        Whose sums it holds.
    level_dbm, best_cell, runner_dbm, runner_cell, servers, units : ndarray
        As of `LayerState`, but for (…, rows, columns) of the window.
    """

    blocks: Blocks
    plan: LayerPlan
    carriers: tuple[tuple[str, float], ...]
    level_dbm: NDArray[np.float32]
    best_cell: NDArray[np.int32]
    runner_dbm: NDArray[np.float32]
    runner_cell: NDArray[np.int32]
    servers: NDArray[np.uint16]
    units: NDArray[np.float64]

    def ranks(
        self,
    ) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]:
        """Return the first and the second of each pixel, as the kernels take them."""
        return self.level_dbm, self.best_cell, self.runner_dbm, self.runner_cell


@dataclass(frozen=True)
class LayerState:
    """The merge of one technology; its arrays lie on the disk and are changed there.

    Attributes
    ----------
    plan : LayerPlan
        Of this technology alone.
    carriers : tuple of (operator, frequency in MHz)
        Whose power is summed, in the order of `interference.carrier_numbers`.
    unit_dbm : ndarray of float32, (carriers,)
    shape : tuple of int
        Rows and columns.
    files : mapping of str to PlaneFile
        From `state_files`: ``level_dbm`` (entered layers), -inf where nothing is heard; ``best_cell``, -1
        where nothing is heard, numbers of the caller's; ``runner_dbm``, level of the best cell of all other
        masts than the best cell's; ``runner_cell``, that cell, -1: no other mast is heard,
        `state_kernels.UNKNOWN`: all others have at most ``runner_dbm``; ``servers`` (all layers); ``units``
        (carriers).
    """

    plan: LayerPlan
    carriers: tuple[tuple[str, float], ...]
    unit_dbm: NDArray[np.float32]
    shape: tuple[int, int]
    files: Mapping[str, PlaneFile]

    @property
    def technology(self) -> str:
        """The one technology that the merge is of."""
        return self.plan.technologies[0]

    @property
    def block_shape(self) -> tuple[int, int]:
        """Rows and columns of blocks of `BLOCK` pixels."""
        return -(-self.shape[0] // BLOCK), -(-self.shape[1] // BLOCK)

    def planes(self, name: str, plan: LayerPlan, carriers: tuple[tuple[str, float], ...]) -> tuple[int, ...]:
        """Return where the planes of an array lie that belong to some layers and carriers."""
        if name == "units":
            return tuple(self.carriers.index(carrier) for carrier in carriers)
        if name == "servers":
            return tuple(self.plan.keys.index(key) for key in plan.keys)
        return tuple(self.plan.entered.index(key) for key in plan.entered)

    def window(
        self,
        blocks: Blocks,
        scratch: Scratch | None = None,
        plan: LayerPlan | None = None,
        carriers: tuple[tuple[str, float], ...] | None = None,
        names: Sequence[str] = tuple(ARRAYS),
    ) -> StateWindow:
        """Read a window.

        Parameters
        ----------
        blocks : Blocks
        scratch : Scratch, optional
            Has the arrays; default: new ones.
        plan, carriers : optional
            What is read; default: everything.
        names : sequence of str
            Arrays that are read; the others are empty.
        """
        plan, carriers = plan or self.plan, self.carriers if carriers is None else carriers
        rows, columns = (blocks[1] - blocks[0]) * BLOCK, (blocks[3] - blocks[2]) * BLOCK
        own = scratch or Scratch()
        arrays = {}
        for name, kind in ARRAYS.items():
            planes = self.planes(name, plan, carriers) if name in names else ()
            out = own.array(name, (len(planes), rows, columns), kind)
            arrays[name] = self.files[name].read(planes, blocks, out) if planes else out
        return StateWindow(blocks, plan, carriers, **arrays)

    def put_back(
        self, window: StateWindow, chosen: NDArray[np.bool_], names: Sequence[str] = tuple(ARRAYS)
    ) -> None:
        """Write the chosen blocks of a window."""
        for name in names:
            planes = self.planes(name, window.plan, window.carriers)
            self.files[name].write(planes, window.blocks, getattr(window, name), chosen)


def state_files(
    folder: Path, plan: LayerPlan, carriers: Sequence[tuple[str, float]], shape: tuple[int, int]
) -> dict[str, PlaneFile]:
    """Return the files of a merge in a folder, which need not be there.

    Parameters
    ----------
    folder : Path
    plan : LayerPlan
        Of one technology.
    carriers : sequence of (operator, frequency in MHz)
        As of `LayerState`.
    shape : tuple of int
        Rows and columns of pixels.
    """
    planes = {"servers": len(plan.keys), "units": len(carriers)}
    return {
        name: PlaneFile(folder / f"{name}.bin", planes.get(name, len(plan.entered)), shape, kind)
        for name, kind in ARRAYS.items()
    }
