"""Words that people write for the choices of the schema, in Vietnamese and English."""

from __future__ import annotations

__all__ = ["OPERATOR_BRANDS", "SYNONYMS", "TECHNOLOGY_WORDS"]

TECHNOLOGY_WORDS: dict[str, str] = {
    "2g": "2G",
    "gsm": "2G",
    "gprs": "2G",
    "edge": "2G",
    "dcs": "2G",
    "3g": "3G",
    "umts": "3G",
    "wcdma": "3G",
    "hspa": "3G",
    "hsdpa": "3G",
    "utra": "3G",
    "4g": "4G",
    "lte": "4G",
    "eutra": "4G",
    "5g": "5G",
    "nr": "5G",
}
"""Radio access names, folded; 3GPP's names for the four generations."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    "tower": ("tháp", "cột tự đứng", "cột dây co", "trạm mặt đất", "dây co", "tự đứng"),
    "pole": ("cột bê tông", "cột cóc", "cột"),
    "rooftop": ("mái nhà", "trên mái", "nóc nhà", "roof"),
    "monopole": ("cột đơn thân", "đơn thân"),
    "grid": ("điện lưới", "lưới", "mains"),
    "solar": ("năng lượng mặt trời", "mặt trời", "điện mặt trời", "pin mặt trời"),
    "hybrid": ("lai", "hỗn hợp"),
    "diesel": ("máy phát", "máy nổ", "generator"),
    "fibre": ("fiber", "cáp quang", "quang"),
    "microwave": ("viba", "vi ba", "mw"),
    "satellite": ("vệ tinh", "vsat"),
    "none": ("không", "không có", "chưa có"),
    "power_pole": ("cột điện", "cột điện lực"),
    "substation": ("trạm biến áp", "tba"),
    "industrial_zone": ("khu công nghiệp", "kcn", "cụm công nghiệp", "khu kinh tế"),
    "urban_area": ("khu đô thị", "đô thị"),
    "tourism_area": ("khu du lịch", "điểm du lịch", "du lịch"),
    "hospital": ("bệnh viện", "trung tâm y tế"),
    "public_service_point": ("điểm dịch vụ công", "trung tâm phục vụ hành chính công", "trụ sở"),
    "station": ("trạm", "trạm bts", "bts"),
    "mobile_service": ("phủ sóng di động", "phủ sóng", "di động"),
    "mobile_broadband": ("băng rộng di động", "băng thông rộng di động"),
    "fixed_broadband": ("băng rộng cố định", "băng thông rộng cố định", "cáp quang ftth", "ftth"),
    "ward": ("phường",),
    "commune": ("xã",),
    "special_zone": ("đặc khu",),
}
"""Other words by choice; folded when matched."""

OPERATOR_BRANDS: dict[str, tuple[str, ...]] = {
    "viettel": ("viettel telecom", "vtl", "vtt"),
    "vnpt": ("vinaphone", "vnpt vinaphone", "vnp"),
    "vinaphone": ("vnpt", "vnpt vinaphone", "vnp"),
    "mobifone": ("mbf", "mobi fone"),
    "vietnamobile": ("vnm", "vietnam mobile"),
}
"""Brands and short names by operator, folded; used only where the project knows the operator."""
