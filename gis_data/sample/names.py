"""Names of made-up hamlets: quarters with numbers in wards, two syllables of the region elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .territory import Territory

__all__ = ["hamlet_names"]

FIRST = (
    "Khe", "Nà", "Pắc", "Bản", "Đồng", "Tân", "Ngàn", "Lục", "Cao", "Khu", "Làng", "Phai", "Cốc", "Tài",
    "Nước", "Bắc", "Nam", "Thác", "Đèo", "Lương", "Hợp", "Phiêng",
)  # fmt: skip
SECOND = (
    "Cáng", "Mười", "Tiến", "Lầu", "Sán", "Nháng", "Thắng", "Chuông", "Mọi", "Vàng", "Lọng", "Đằng", "Phật",
    "Bốc", "Lằng", "Pạt", "Ngoài", "Trong", "Giữa", "Mới", "Cả", "Thanh", "Xuân", "Hòa", "Bình", "Sơn",
    "Thủy", "Đình", "Chùa", "Vải", "Quế", "Hồi", "Trúc", "Lim", "Sến", "Táu", "Cọ", "Mai", "Đào",
)  # fmt: skip
COAST_FIRST = ("Xóm", "Thôn", "Đông", "Tây", "Trung", "Thượng", "Hạ", "Vạn", "Yên", "Hải")


def hamlet_names(
    old_commune: list[str],
    territory: Territory,
    owner: NDArray[np.int64],
    named: dict[str, int],
    rng: np.random.Generator,
) -> list[str]:
    """Return a name for every hamlet, none twice in one old commune."""
    real = {index: name for name, index in named.items()}
    used: dict[str, set[str]] = {}
    for index, name in real.items():
        used.setdefault(territory.old_code[owner[index]], set()).add(name)
    names = []
    for i, commune in enumerate(old_commune):
        taken = used.setdefault(territory.old_code[owner[i]], set())
        name = real.get(i) or _new_name(commune, taken, rng)
        taken.add(name)
        names.append(name)
    return names


def _new_name(commune: str, taken: set[str], rng: np.random.Generator) -> str:
    if not commune.startswith("Xã"):
        return next(name for k in range(1, 500) if (name := f"Khu {k}") not in taken)
    first = FIRST if rng.random() < 0.7 else COAST_FIRST
    while True:
        name = f"{first[int(rng.integers(len(first)))]} {SECOND[int(rng.integers(len(SECOND)))]}"
        if name not in taken:
            return name
