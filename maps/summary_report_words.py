"""Every word of the report for decision makers and of its figures, in Vietnamese and English."""

from __future__ import annotations

from .plan_report_words import say as say_of_plans
from .words import LANGUAGES, Language

__all__ = ["SUMMARY_WORDS", "say"]

_TITLES = {
    "title": ("Vùng phủ sóng di động: {area}", "Mobile coverage: {area}"),
    "as_of_line": (
        "Mạng lưới tính đến hết ngày {day}. Dự báo bằng mô hình, không phải kết quả đo.",
        "The network at the end of {day}. Predicted, not measured.",
    ),
    "footer": (
        "Phủ Sóng {version} · tính đến {day} · dự báo, không phải đo đạc{mark}",
        "Phủ Sóng {version} · as of {day} · predicted, not measured{mark}",
    ),
    "section_answer": ("Kết luận", "The answer"),
    "section_gaps": ("Thôn lõm sóng, trắng sóng", "Dead-zone hamlets"),
    "section_why": ("Vì sao", "Why"),
    "section_proposal": ("Đề xuất", "What is proposed"),
    "section_promises": (
        "Kế hoạch đã hứa gì, căn cứ nói gì",
        "What plans promised, what the evidence says",
    ),
    "section_overview": ("Bản đồ thôn thiếu sóng và trạm đề xuất", "Map of gaps and proposed stations"),
    "section_years": ("Vùng phủ theo công nghệ và theo năm", "Coverage by technology and year"),
    "section_today": ("Nhà mạng và công nghệ hiện nay", "Operators and technologies today"),
    "section_sheets": ("Bản đồ vùng phủ", "Coverage maps"),
    "section_communes": ("Theo xã, phường, đặc khu", "By commune"),
    "section_hamlets": ("Danh sách thôn lõm sóng, trắng sóng", "List of dead-zone hamlets"),
    "section_stations": ("Các trạm đề xuất", "Proposed stations"),
    "section_costs": ("Chi phí theo khoản mục", "Cost by line"),
    "section_frontier": ("Ngân sách khác thì được gì", "What other budgets would buy"),
    "section_phases": ("Từng năm", "Year by year"),
    "section_left_out": ("Thôn còn lại sau đề xuất", "Hamlets left without service"),
    "section_plans": ("Các kế hoạch", "The plans"),
    "section_duties": ("Địa điểm ưu tiên", "Places with a duty"),
    "section_method": ("Phương pháp", "Method"),
    "section_limits": ("Giới hạn", "Limits"),
}

_ANSWER = {
    "key_dead": ("thôn lõm hoặc trắng sóng, trên {all}", "dead-zone hamlets, of {all}"),
    "key_dead_people": ("người ở các thôn đó ({share})", "people live there ({share})"),
    "key_uncertain": ("thôn trong số đó cần đo kiểm trước", "of them to be measured first"),
    "key_stations": ("trạm đề xuất", "stations proposed"),
    "key_cost": ("{currency}, cả kỳ {years} năm", "{currency} over {years} years"),
    "key_served": ("thôn có sóng thêm, {people} người", "hamlets newly served, {people} people"),
    "answer_dead": (
        "{dead} trên {all} thôn là lõm sóng hoặc trắng sóng: {white} thôn không có sóng ở trung tâm, "
        "{dip} thôn có cụm dân cư không có sóng. Ở đó có {people} người ({share} dân số).",
        "{dead} of {all} hamlets are dead zones: {white} have no signal at their centre, {dip} have "
        "residential clusters without. {people} people live there ({share} of all).",
    ),
    "answer_none_dead": (
        "Không thôn nào trong {all} thôn là lõm sóng hoặc trắng sóng theo tiêu chí của dự án.",
        "None of the {all} hamlets is a dead zone by the project's rule.",
    ),
    "answer_sure": (
        "Độ chắc chắn: {certain} thôn chắc chắn, {likely} khá chắc chắn, {uncertain} chưa chắc chắn. "
        "{measured} thôn trong số đó do mẫu đo quyết định. Ngược lại, {fragile} thôn đang coi là có "
        "sóng cũng chưa chắc chắn.",
        "How certain: {certain} of them certain, {likely} likely, {uncertain} uncertain. Samples "
        "decide {measured} of them. On the other side, {fragile} hamlets that count as served are "
        "uncertain too.",
    ),
    "answer_power": (
        "{count} thôn lõm, trắng sóng chưa có điện lưới.",
        "{count} of the dead-zone hamlets have no grid power.",
    ),
    "answer_lesser": (
        "Ngoài ra {voice} thôn chỉ gọi được mà chưa có băng rộng, {no_4g} thôn chưa có 4G, {no_5g} "
        "thôn thiếu 5G tại nơi bắt buộc.",
        "Besides, {voice} hamlets have voice but no broadband, {no_4g} have no 4G, and {no_5g} lack "
        "5G where it is required.",
    ),
    "answer_why": ("Nguyên nhân chính: {parts}.", "Main causes: {parts}."),
    "why_part": ("{cause} {count} thôn ({share})", "{cause}: {count} hamlets ({share})"),
    "answer_remedy": (
        "{easy} thôn chỉ cần thay đổi trên cột có sẵn (tilt, hướng, sóng mang, độ cao); {station} "
        "thôn cần trạm mới; {none} thôn không giải pháp đơn lẻ nào đủ.",
        "{easy} need no more than a change on an existing mast (tilt, azimuth, carrier, height); "
        "{station} need a new station; for {none} no single measure is enough.",
    ),
    "answer_proposal": (
        "{stations} trạm, {cost} {currency} (giá trị hiện tại trong {years} năm; vốn đầu tư "
        "{capital}), phủ sóng thêm {villages} thôn, trong đó {dead} thôn lõm, trắng sóng, và {people}"
        " người.",
        "{stations} stations for {cost} {currency} (present value over {years} years; {capital} of it"
        " capital) newly serve {villages} hamlets, {dead} of them dead zones, and {people} people.",
    ),
    "answer_no_station": ("Không đề xuất trạm nào ({status}).", "No station is proposed ({status})."),
    "answer_budget": ("Ngân sách: {budget} {currency}.", "Budget: {budget} {currency}."),
    "answer_proof_value": (
        "Chứng minh: {status}. Phương án có giá trị {value}; không phương án nào từ các vị trí đã xét"
        " có giá trị trên {bound} (sai lệch {gap}).",
        "Proof: {status}. The plan is worth {value}; no plan from the candidates looked at is worth "
        "more than {bound} (gap {gap}).",
    ),
    "answer_proof_cost": (
        "Chứng minh: {status}. Không phương án nào đạt mục tiêu với chi phí dưới {bound} {currency} "
        "(sai lệch {gap}).",
        "Proof: {status}. No plan that reaches the target costs less than {bound} {currency} (gap {gap}).",
    ),
    "answer_sharing": (
        "{share} số trạm đề xuất đặt trên hạ tầng của đơn vị khác; hiện nay {today} số cột trong tỉnh"
        " được dùng chung.",
        "{share} of the proposed stations stand on somebody else's structure; today {today} of the "
        "masts are shared.",
    ),
    "answer_left": (
        "Còn {count} thôn chưa có sóng: {parts}.",
        "{count} hamlets stay without service: {parts}.",
    ),
    "plan_target": ("{plan}, {line}", "{plan}, {line}"),
    "no_plans": (
        "Dự án không có danh mục kế hoạch nào để kiểm tra.",
        "The project holds no plan register to be checked.",
    ),
    "plan_odd": (
        "{plan}: {count} hạng mục có sai lệch giữa báo cáo và căn cứ.",
        "{plan}: claim and evidence differ in {count} items.",
    ),
}

_FIGURES = {
    "fig_years": (
        "Dân số được phủ theo công nghệ, cuối mỗi năm",
        "People covered by technology at each year's end",
    ),
    "fig_years_share": ("% dân số", "% of people"),
    "fig_dead_years": ("Thôn lõm, trắng sóng cuối mỗi năm", "Dead-zone hamlets at each year's end"),
    "fig_communes": (
        "Người thiếu dịch vụ theo xã, phường (các xã có thôn lõm, trắng sóng)",
        "People who lack a service, by commune (communes with dead zones)",
    ),
    "fig_communes_more": ("và {count} xã, phường khác", "and {count} more communes"),
    "fig_reasons": ("Nguyên nhân chính của thôn lõm, trắng sóng", "Main causes of dead-zone hamlets"),
    "fig_reasons_hamlets": ("Số thôn", "Hamlets"),
    "fig_reasons_people": ("Số dân ở các thôn đó", "People in those hamlets"),
    "fig_costs": (
        "Chi phí đề xuất theo khoản mục ({currency})",
        "Cost of the proposal by line ({currency})",
    ),
    "fig_capital": ("Vốn đầu tư", "Capital"),
    "fig_running": ("Chi phí hằng năm, quy về hiện tại", "Running cost, present value"),
    "fig_verdicts": ("Thôn theo kết luận", "Hamlets by verdict"),
    "fig_overview": ("Thôn thiếu dịch vụ và trạm đề xuất", "Gaps and proposed stations"),
    "fig_sheet": ("Vùng phủ {technology} dự báo", "Predicted {technology} coverage"),
    "fig_timeline": ("Tiến độ {plan} theo tháng", "Completion of {plan} by month"),
    "sheet_class_0": ("yếu", "weak"),
    "sheet_class_1": ("chưa chắc chắn", "uncertain"),
    "sheet_class_2": ("phủ sóng (xác suất ≥ {p})", "covered (probability ≥ {p})"),
    "sheet_class_3": ("mạnh", "strong"),
    "sheet_none": ("Không màu: yếu hơn {level} dBm", "No colour: weaker than {level} dBm"),
    "sheet_mast": ("Cột có {technology} đang phát sóng", "Mast with {technology} on air"),
    "sheet_crs": ("Hệ tọa độ {crs}; mũi tên chỉ bắc lưới", "CRS {crs}; the arrow shows grid north"),
    "sheet_rule": (
        "Ngưỡng {threshold} dBm ngoài trời, σ = {sigma} dB, P ≥ {p}, điểm ảnh {pixel} m",
        "Threshold {threshold} dBm outdoors, σ = {sigma} dB, P ≥ {p}, pixel {pixel} m",
    ),
    "legend_proposed": ("Trạm đề xuất", "Proposed station"),
    "legend_other": ("Thôn đã được phục vụ", "Hamlet served"),
}

_TABLES = {
    "year_end": ("Cuối ngày", "End of"),
    "dead": ("Lõm, trắng sóng", "Dead zones"),
    "dead_people": ("Người ở đó", "People there"),
    "share": ("Tỷ lệ dân", "Share of people"),
    "area_share": ("Tỷ lệ diện tích", "Share of the area"),
    "served_hamlets": ("Thôn được phục vụ", "Hamlets served"),
    "covered_people": ("Người được phủ", "People covered"),
    "bts": ("BTS", "BTS"),
    "any_operator": ("Mọi nhà mạng", "Any of them"),
    "all_communes": ("Tất cả", "All"),
    "cheapest": ("Giải pháp rẻ nhất", "Cheapest remedy"),
    "remedy_cost": ("Chi phí ({currency})", "Costs ({currency})"),
    "proposed_station": ("Trạm đề xuất", "Proposed station"),
    "station": ("Trạm", "Station"),
    "host": ("Vị trí", "Host"),
    "shared": ("Dùng chung với", "Shared with"),
    "technologies": ("Công nghệ", "Technologies"),
    "height": ("Anten (m)", "Antenna (m)"),
    "backhaul": ("Truyền dẫn", "Backhaul"),
    "power": ("Nguồn điện", "Power"),
    "hamlets_count": ("Số thôn", "Hamlets"),
    "people_new": ("Người phủ thêm", "People newly served"),
    "cost": ("Chi phí ({currency})", "Cost ({currency})"),
    "capital": ("Vốn ({currency})", "Capital ({currency})"),
    "present_value": ("Giá trị hiện tại ({currency})", "Present value ({currency})"),
    "line": ("Khoản mục", "Line"),
    "budget": ("Ngân sách ({currency})", "Budget ({currency})"),
    "stations_count": ("Số trạm", "Stations"),
    "gap": ("Sai lệch", "Gap"),
    "proof": ("Chứng minh", "Proof"),
    "year": ("Năm", "Year"),
    "why_left": ("Lý do", "Reason"),
    "least_cost": ("Chi phí thêm ít nhất ({currency})", "Least further cost ({currency})"),
    "people_without": ("Người chưa có sóng", "People without service"),
    "kind_of_place": ("Loại địa điểm", "Kind of place"),
    "places_count": ("Phải có", "Must have"),
    "places_lack": ("Chưa có", "Lack it"),
    "more_rows": ("… và {count} dòng nữa: xem {file}.", "… and {count} more: see {file}."),
    "doubts": ("Sai lệch", "Discrepancies"),
    "undated": (
        "{count} trên {all} cell không ghi ngày phát sóng nên được tính ở mọi năm.",
        "{count} of {all} cells name no day on which they went on air: they count in every year.",
    ),
    "years_note": (
        "Mỗi năm được tính lại như chạy với ngày cuối năm: chỉ các cell đang phát sóng ngày đó và mẫu"
        " đo đến ngày đó.",
        "Each year is judged as a run on its last day would: cells on air on that day and samples up to it.",
    ),
    "share_note": (
        "Tỷ lệ dân: nhà mạng tốt nhất tại mỗi thôn. Tỷ lệ diện tích: đất liền có sóng của bất kỳ nhà "
        "mạng nào; phần lớn có thể là rừng.",
        "Share of people: the best operator of each hamlet. Share of the area: land with signal of "
        "any operator; most of it may be forest.",
    ),
    "stated_sharing": (
        "Dùng chung hạ tầng thụ động: {ratio} ({shared} trên {masts} cột) theo danh sách; số đã công "
        "bố: {stated}.",
        "Passive sharing: {ratio} ({shared} of {masts} masts) by the lists; stated elsewhere: {stated}.",
    ),
    "sharing_only": (
        "Dùng chung hạ tầng thụ động: {ratio} ({shared} trên {masts} cột) theo danh sách.",
        "Passive sharing: {ratio} ({shared} of {masts} masts) by the lists.",
    ),
}

_METHOD: dict[str, tuple[str, str]] = {
    "method_levels": (
        "Mức thu của từng cell tại từng trung tâm thôn, cụm dân cư và địa điểm được tính trên mặt cắt"
        " địa hình riêng bằng mô hình {model}; bản đồ vùng phủ quét cùng mô hình trên từng điểm ảnh.",
        "The level of every cell at every hamlet's centre, cluster and place is computed on its own "
        "terrain profile with {model}; the coverage maps sweep the same model over every pixel.",
    ),
    "method_rule": (
        "Một điểm được phủ khi xác suất mức thu đạt ngưỡng không dưới giá trị của bộ tiêu chí; một "
        "thôn được phục vụ khi một nhà mạng phủ đủ tỷ lệ dân. Trắng sóng: trung tâm thôn không có "
        "thoại; lõm sóng: trung tâm có nhưng không đủ tỷ lệ dân có.",
        "A point is covered where the probability that the level reaches the threshold is at least "
        "that of the criteria; a hamlet is served where one operator covers enough of its people. No "
        "signal: no voice at the centre; clusters without signal: voice there, but too few people "
        "have it.",
    ),
    "method_samples": (
        "Mẫu đo đủ nhiều và đủ gần thay cho mô hình tại điểm đó, và điều chỉnh mô hình ở quanh đó.",
        "Samples that are near and many enough decide in place of the model, and shift the model "
        "around them.",
    ),
    "method_confidence": (
        "Độ chắc chắn: kết luận có đảo chiều nếu mọi mức thu lệch một (chưa chắc chắn) hay hai (khá "
        "chắc chắn) độ lệch chuẩn không.",
        "Confidence: would the verdict turn over if all levels were one (uncertain) or two (likely) "
        "standard deviations off?",
    ),
    "method_siting": (
        "Trạm mới chọn bằng quy hoạch nguyên trong các vị trí khả thi (cột, cột điện, trạm biến áp, "
        "đỉnh đồi), có cận chứng minh: sai lệch là khoảng cách còn lại giữa phương án và cận.",
        "New stations are chosen by integer programming among feasible hosts (masts, poles, "
        "substations, hilltops) with a proven bound: the gap is what remains between the plan and the"
        " bound.",
    ),
    "method_plans": (
        "Hạng mục kế hoạch được đối chiếu với danh sách trạm, mô hình và mẫu đo của ngày báo cáo. "
        "Băng rộng cố định không được mô hình hóa.",
        "Items of plans are held against the station list, the model and the samples of the day. "
        "Fixed broadband is not modelled.",
    ),
    "limit_predicted": (
        "Đây là dự báo. Thôn chưa chắc chắn cần đo kiểm trước khi chi tiền hay kết luận.",
        "These are predictions. Measure uncertain hamlets before money is spent or anybody is blamed.",
    ),
    "limit_relief": (
        "Địa hình {pixel} m không thấy các sống núi hẹp hơn; lớp phủ mặt đất là giá trị đại diện.",
        "Relief of {pixel} m hides ridges narrower than that; clutter is a representative height.",
    ),
    "limit_outdoors": (
        "Kết luận là ở ngoài trời, độ cao máy thu {height} m; trong nhà kém hơn (xem gaps.xlsx).",
        "Verdicts are outdoors, receiver at {height} m; indoors is worse (see gaps.xlsx).",
    ),
    "limit_capacity": (
        "Không tính dung lượng và tốc độ: có sóng không có nghĩa là đủ nhanh.",
        "Capacity and speed are not computed: signal does not mean fast enough.",
    ),
    "limit_lists": (
        "Kết quả đúng đến mức danh sách trạm, dân số và danh mục kế hoạch đúng.",
        "The results are as right as the lists of stations, people and plans.",
    ),
    "limit_costs": (
        "Đơn giá là giả định ({preset}, {day}); đường truyền vi ba không tính suy hao mưa.",
        "Prices are assumptions ({preset}, {day}); microwave hops are not computed for rain.",
    ),
    "limit_threshold": (
        "Ngưỡng là của bộ tiêu chí {preset}; quy chuẩn Việt Nam chưa có ngưỡng dBm để đối chiếu.",
        "Thresholds are those of the criteria {preset}; Vietnamese rules state no dBm floor to compare with.",
    ),
}

SUMMARY_WORDS: dict[str, tuple[str, str]] = {**_TITLES, **_ANSWER, **_FIGURES, **_TABLES, **_METHOD}
"""Key to (Vietnamese, English)."""


def say(key: str, language: Language, **values: object) -> str:
    """Return the words for `key`, of this report or else of the plans' report or the map, filled in.

    Raises
    ------
    KeyError
        No catalogue has such a key.
    """
    if key not in SUMMARY_WORDS:
        return say_of_plans(key, language, **values)
    text = SUMMARY_WORDS[key][LANGUAGES.index(language)]
    return text.format(**values) if values else text
