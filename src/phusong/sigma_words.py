"""Where the σ behind P(covered) comes from, in one line: assumed of model and place, or measured."""

from __future__ import annotations

import math

from .scene import Scene

__all__ = ["sigma_source"]


def sigma_source(scene: Scene, technology: str, language: str) -> str:
    """Say what the σ of a technology is made of, in ``"vi"`` or ``"en"``.

    Not calibrated, it is that of the model (``[criteria] sigma_model_db``) and of the places within a pixel
    (P.1812 §4.7) together, as independent ones: 8.0 dB and 2.2 dB are 8.3 dB.
    """
    sigma_db = scene.rule.technologies[technology].sigma_db
    model_db = scene.options.project.criteria.sigma_model_db
    bands = () if scene.calibration is None else scene.calibration.bands
    if any(technology in band.technologies for band in bands):
        name = scene.options.project.propagation.calibration
        return f"đo kiểm ({name})" if language == "vi" else f"measured ({name})"
    place_db = math.sqrt(max(0.0, sigma_db**2 - model_db**2))
    if language == "vi":
        return (
            f"giả định: mô hình {model_db:.1f} dB, vị trí trong điểm ảnh {place_db:.1f} dB, cộng bình phương"
        )
    return f"assumed: model {model_db:.1f} dB and place within a pixel {place_db:.1f} dB, squares added"
