"""Every word of the report on a building plan and of its figures, in Vietnamese and English."""

from __future__ import annotations

from .words import Language

__all__ = ["SITING_WORDS", "say"]

_HEAD = {
    "title": ("Phương án trạm mới: {area}", "New stations: {area}"),
    "synthetic": (
        "DỮ LIỆU GIẢ LẬP: địa hình, thôn và trạm là ví dụ, không phải số liệu thật.",
        "SYNTHETIC DATA: relief, hamlets and stations are made up for the example.",
    ),
    "basis": (
        "{operator} xây, {technologies}; mạng lưới tính đến hết ngày {day}. Dự báo bằng mô hình, chưa đo.",
        "{operator} builds {technologies}; the network at the end of {day}. Predicted, not measured.",
    ),
    "footer": (
        "Phủ Sóng {version} · tính đến {day} · dự báo, không phải đo đạc{mark}",
        "Phủ Sóng {version} · as of {day} · predicted, not measured{mark}",
    ),
    "mark": (" · DỮ LIỆU GIẢ LẬP", " · SYNTHETIC DATA"),
    "section_money": ("Tiền", "Money"),
    "section_map": ("Ở đâu", "Where"),
    "section_frontier": ("Thêm tiền thì được gì", "What more money buys"),
    "section_stations": ("Các trạm", "The stations"),
    "section_left": ("Thôn chưa được phủ, và giá của từng thôn", "Hamlets left out, and their price"),
    "section_robust": ("Nếu mô hình sai", "If the model is wrong"),
    "section_assumed": ("Giả định và giới hạn", "Assumptions and limits"),
    "section_links": ("Phụ lục: tuyến truyền dẫn", "Annex: links"),
}
_ANSWER = {
    "key_stations": ("trạm mới", "new stations"),
    "key_hamlets": ("thôn được phủ trong {need} thôn cần", "hamlets served of {need} in need"),
    "key_people": ("người được phủ thêm", "people newly served"),
    "key_cost": ("{currency} trong {years} năm", "{currency} over {years} years"),
    "key_budget": ("; ngân sách {budget}", "; the budget is {budget}"),
    "key_capital": ("{currency} vốn đầu tư ban đầu", "{currency} capital at the start"),
    "key_sharing": (
        "trạm dùng chung hạ tầng của đơn vị khác",
        "of the stations share somebody else's structure",
    ),
    "empty": (
        "Không xây trạm nào: {why}.",
        "No station is built: {why}.",
    ),
    "proof_optimal": (
        "Không có phương án nào tốt hơn trong {candidates} khả năng đã xét và trong các ràng buộc: đã chứng "
        "minh.",
        "No plan from the {candidates} possibilities within the limits is better: this is proven.",
    ),
    "proof_gap": (
        "Phương án tốt nhất có thể hơn phương án này nhiều nhất {gap} (cận {bound}, phương án {value}; "
        "{status}).",
        "The best possible plan is at most {gap} better than this one (bound {bound}, this plan {value}; "
        "{status}).",
    ),
    "proof_cost": (
        "Phương án rẻ nhất có thể rẻ hơn phương án này nhiều nhất {gap} (cận {bound}; {status}).",
        "The cheapest possible plan is at most {gap} cheaper than this one (bound {bound}; {status}).",
    ),
    "proof_years": (
        "Xây theo từng năm: so với cùng số tiền không chia năm, phương án này kém nhiều nhất {gap}.",
        "Built year by year: against the same money without years it loses at most {gap}.",
    ),
    "proof_none": (
        "Chưa tìm được phương án nào trong thời gian cho phép.",
        "No plan was found in the time given.",
    ),
    "check_passed": (
        "Một bộ kiểm tra độc lập đã tính lại {made} mục từ dữ liệu gốc (vùng phủ, chi phí, tuyến, dùng "
        "chung): "
        "tất cả đều khớp.",
        "An independent evaluator recomputed {made} things from the raw layers (coverage, cost, links, "
        "sharing): "
        "all agree.",
    ),
    "check_failed": (
        "KIỂM TRA ĐỘC LẬP KHÔNG KHỚP {wrong} trong {made} mục: không dùng phương án này trước khi làm rõ. "
        "{first}",
        "THE INDEPENDENT CHECK DIFFERS in {wrong} of {made} things: do not use this plan before that is "
        "cleared "
        "up. {first}",
    ),
    "sharing": (
        "Dùng chung: {share} số trạm đặt trên hạ tầng của đơn vị khác; so với tự dựng cột bên cạnh, tiết kiệm"
        " "
        "{saves} {currency}.",
        "Sharing: {share} of the stations stand on somebody else's structure; against towers of one's own "
        "beside "
        "them this saves {saves} {currency}.",
    ),
    "no_sharing": ("Không trạm nào dùng chung hạ tầng.", "No station shares a structure."),
}
_TABLES = {
    "capital": ("Vốn đầu tư", "Capital"),
    "present_value": ("Cả kỳ, giá trị hiện tại", "Whole horizon, present value"),
    "total": ("Tổng", "Total"),
    "fund": ("Nguồn vốn", "Fund"),
    "limit": ("Hạn mức", "Limit"),
    "spent": ("Đã dùng", "Spent"),
    "pays": ("Được chi cho", "May pay for"),
    "year": ("Năm", "Year"),
    "budget": ("Kinh phí lũy kế", "Money up to then"),
    "cost": ("Đã chi lũy kế", "Spent up to then"),
    "stations": ("Số trạm", "Stations"),
    "hamlets": ("Thôn được phủ", "Hamlets served"),
    "loss": ("Mất nhiều nhất do chia năm", "Lost at most by the years"),
    "station": ("Trạm", "Station"),
    "where": ("Vị trí", "On"),
    "link": ("Nối mạng", "Connected"),
    "for_whom": ("Phục vụ thôn", "Hamlets"),
    "people": ("Người", "People"),
    "price": ("Giá ({currency})", "Price ({currency})"),
    "hamlet": ("Thôn", "Hamlet"),
    "commune": ("Xã, phường", "Commune"),
    "without": ("Người chưa có sóng", "People without service"),
    "further": ("Cần thêm ít nhất ({currency})", "Least further cost ({currency})"),
    "needs": ("Bằng cách", "By building"),
    "more": (
        "… và {count} dòng nữa trong proposals.xlsx.",
        "… and {count} more in proposals.xlsx.",
    ),
    "all_served": ("Mọi thôn cần đều được phủ.", "Every hamlet in need is served."),
    "left_line": (
        "{count} thôn còn lại, {people} người: {reasons}.",
        "{count} hamlets remain, {people} people: {reasons}.",
    ),
    "no_frontier": (
        "Chưa tính: phusong site --frontier 6 cho biết mỗi mức ngân sách được gì.",
        "Not computed: phusong site --frontier 6 tells what each budget buys.",
    ),
    "no_robust": (
        "Chưa tính: phusong site --robustness lập lại phương án với xác suất và mức thu khác.",
        "Not computed: phusong site --robustness makes the plan again for other probabilities and levels.",
    ),
    "robust_line": (
        "Lập lại phương án trong {runs} giả định (xác suất vị trí {probabilities}; mức thu {shifts} dB). "
        "Phương án này "
        "giữ được từ {least} đến {most} người. Được chọn trong mọi giả định: {always}. Ít khi được chọn: "
        "{seldom}.",
        "The plan made again under {runs} assumptions (location probability {probabilities}; levels {shifts} "
        "dB): "
        "this plan keeps between {least} and {most} people. Chosen under every assumption: {always}. Seldom "
        "chosen: {seldom}.",
    ),
    "none": ("không có", "none"),
    "band": ("Băng tần", "Band"),
    "length": ("Dài", "Length"),
    "hops": ("Số chặng", "Hops"),
    "room": ("Khoảng hở ngoài đới", "Room beyond the zone"),
    "tightest": ("Điểm hẹp nhất cách trạm", "Tightest point from the station"),
    "profile": ("Hình", "Picture"),
    "links_note": (
        "Mặt cắt của các chặng hẹp nhất: mặt đất, lớp phủ, tia, 0,6 đới Fresnel thứ nhất (k = 4/3), điểm hẹp "
        "nhất. "
        "Mọi chặng: profiles/link-*.svg.",
        "Profiles of the tightest hops: ground, clutter, ray, 0.6 of the first Fresnel zone (k = 4/3), "
        "tightest "
        "point. All of them: profiles/link-*.svg.",
    ),
    "map_alt": (
        "Bản đồ: trạm đề xuất, tuyến truyền dẫn, thôn được phủ và chưa được phủ",
        "Map: proposed stations, links, hamlets served and left out",
    ),
    "frontier_alt": (
        "Biểu đồ: chi phí, giá trị với cận, số người và số thôn được phủ",
        "Chart: cost against value with its bound, people and hamlets served",
    ),
    "links_alt": ("Mặt cắt của các chặng vi ba hẹp nhất", "Profiles of the tightest microwave hops"),
    "legend_served": ("thôn được phủ", "hamlet served"),
    "legend_left": ("thôn chưa được phủ", "hamlet left out"),
    "plot_value": ("phương án", "this plan"),
    "plot_bound": ("cận đã chứng minh", "proven bound"),
    "plot_gap": ("Giá trị, cận và sai lệch", "Value, bound and gap"),
    "plot_people": ("Người được phủ thêm", "People newly served"),
    "plot_hamlets": ("Thôn được phủ", "Hamlets served"),
    "plot_cost": ("Chi phí ({currency})", "Cost ({currency})"),
    "made_by": ("Lập bởi phusong {version}.", "Made by phusong {version}."),
}

SITING_WORDS: dict[str, tuple[str, str]] = {**_HEAD, **_ANSWER, **_TABLES}
"""Key to (Vietnamese, English)."""


def say(key: str, language: Language, **values: object) -> str:
    """Return the words for `key`, with `values` filled in."""
    return SITING_WORDS[key][0 if language == "vi" else 1].format(**values)
