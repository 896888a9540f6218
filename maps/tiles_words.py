"""Words that only the map made of tiles says, in Vietnamese and English."""

from __future__ import annotations

from .words import LANGUAGES, Language, catalogue

__all__ = ["TILE_WORDS", "tile_catalogue"]

TILE_WORDS: dict[str, tuple[str, str]] = {
    "show_servers": ("Số trạm đạt ngưỡng", "Masts above the threshold"),
    "show_sinr": ("Chất lượng (SINR)", "Quality (SINR)"),
    "sinr_unit": ("SINR (dB)", "SINR (dB)"),
    "show_indoor": ("Xác suất trong nhà", "Probability indoors"),
    "view_all_only": (
        "Nhà mạng này chỉ có lớp mức thu; đang hiện mức thu.",
        "This operator has the level only; the level is shown.",
    ),
    "crowded": ("Còn {n} điểm, phóng to để xem", "{n} more points: zoom in to see them"),
    "nothing_here": ("Không có sóng ở đây theo dự báo.", "No signal is predicted here."),
    "value_class": (
        "Dự báo, theo lớp màu; giá trị chính xác: phusong serve.",
        "Predicted, by class of colour; exact values: phusong serve.",
    ),
}
"""Key to (Vietnamese, English)."""


def tile_catalogue(language: Language) -> dict[str, str]:
    """Return every word of one language by its key: those of the map in one file, and those of tiles."""
    index = LANGUAGES.index(language)
    return {**catalogue(language), **{key: words[index] for key, words in TILE_WORDS.items()}}
