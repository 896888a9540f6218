// What opens when something is clicked.
PS.select = function (type, row, move = false, cell = null) {
  PS.markSign(PS.state.selected, false);
  PS.state.selected = { type, row };
  PS.state.cell = cell;
  PS.markSign(PS.state.selected, true);
  if (PS.onPhone()) document.body.classList.remove("ps-sheet");
  if (move) PS.goTo(row);
  PS.drawDetail();
  PS.afterSelection();
};

// The ring around the sign of what is selected.
PS.markSign = function (selected, chosen) {
  const marker = selected && selected.row.marker;
  if (!marker) return;
  marker.chosen = chosen;
  if (!PS.map.hasLayer(marker)) return;
  marker.redraw();
  if (chosen) marker.bringToFront();
};

PS.afterSelection = function () {
  PS.markRow();
  PS.drawSectors();
  PS.showCoverage();
};

PS.onPhone = () => window.matchMedia("(max-width: 760px)").matches;

// On a phone the panel covers the lower part of the map, so the place goes into the upper part.
PS.goTo = function (row) {
  PS.map.setView([row.lat, row.lon], Math.max(PS.map.getZoom(), 13), { animate: false });
  if (PS.onPhone()) PS.map.panBy([0, PS.map.getSize().y * 0.34], { animate: false });
};

PS.deselect = function () {
  PS.markSign(PS.state.selected, false);
  PS.state.selected = null;
  PS.byId("ps-detail").hidden = true;
  document.body.classList.remove("ps-detail-open");
  PS.afterSelection();
};

PS.drawDetail = function (toTop = true) {
  const { selected } = PS.state;
  if (!selected) return;
  const kinds = { hamlet: PS.hamletDetail, mast: PS.mastDetail, proposal: PS.proposalDetail, place: PS.placeDetail, plan: PS.planDetail };
  const parts = kinds[selected.type](selected.row);
  const close = PS.el("button", { type: "button", class: "ps-close", "aria-label": PS.t("close"), title: PS.t("close"), text: "✕", onclick: PS.deselect });
  PS.byId("ps-detail").replaceChildren(close, ...parts.filter(Boolean));
  PS.byId("ps-detail").hidden = false;
  if (toTop) PS.byId("ps-detail").scrollTop = 0;
  PS.drawFootprintChoice();
  document.body.classList.add("ps-detail-open");
};

PS.detailHead = (title, under, sign) =>
  PS.el("header", {}, sign, PS.el("div", {}, PS.el("h2", { id: "ps-detail-title", text: title }), PS.el("p", { text: under })));

PS.pairs = (...rows) =>
  PS.el("dl", { class: "ps-facts" }, ...rows.filter((r) => r && r[1] !== "–").flatMap(([key, value]) => [
    PS.el("dt", { text: PS.t(key) }), PS.el("dd", { "data-field": key, text: value })]));

PS.hamletDetail = function (v) {
  const verdict = PS.verdict[v.verdict];
  const sign = PS.signPicture(verdict.shape, verdict.colour, 30, 9.5);
  const banner = PS.el("div", { class: "ps-banner" }, sign, PS.el("div", {}, PS.el("b", { "data-field": "verdict", text: PS.t("verdict." + v.verdict) }), PS.el("small", { text: PS.t("help." + v.verdict) })));
  banner.style.borderColor = verdict.colour;
  const away = (p) => PS.map.distance([p.lat, p.lon], [v.lat, v.lon]);
  const remedies = (PS.remedies.get(v.village_id) || []).slice().sort((a, b) => away(a) - away(b));
  const plans = PS.plansOf.get(v.village_id) || [];
  return [
    PS.detailHead(v.name, `${v.commune ?? ""} · ${v.village_id}`, null),
    banner,
    PS.pairs(
      ["population", PS.number(v.population)], ["households", PS.number(v.households)],
      ["grid_power", v.grid_power === undefined ? "–" : PS.yesNo(v.grid_power)], ["confidence", PS.code("confidence", v.confidence)],
      ["decided_by", PS.code("evidence", v.decided_by)]),
    ...PS.why(PS.reasonOf.get(v.village_id)),
    remedies.length ? PS.el("h3", { text: PS.t("remedy") }) : null,
    remedies.length ? PS.el("ul", { class: "ps-list" }, ...remedies.map((p) => PS.el("li", {}, PS.el("button", { type: "button", class: "ps-row", onclick: () => PS.select("proposal", p, true) },
      PS.signPicture("star", "#ff3db8", 24, 7), PS.el("span", {}, PS.el("b", { text: p.station_id }), PS.el("small", { text: `${PS.code("host", p.host_kind)} · ${PS.away("from_hamlet", away(p))}` })))))) : null,
    PS.technologyTable(v),
    ...PS.planBlock(plans),
    PS.el("p", { class: "ps-hint", text: PS.t("predicted") + "." }),
  ];
};

PS.length = (metres) => (metres < 1000 ? `${PS.number(metres)} m` : `${PS.number(metres / 1000, 1)} km`);

// A distance from something, in the order of words of the language.
PS.away = (key, metres) => PS.t(key).replace("{d}", PS.length(metres));

PS.known = (value) => value !== null && value !== undefined;

PS.why = function (r) {
  if (!r) return [];
  const obstacle = !PS.known(r.obstacle_distance_m) ? "–" :
    `${PS.away("from_mast", r.obstacle_distance_m)}, ${PS.t("above_sea").replace("{h}", PS.number(r.obstacle_height_m) + " m")}, ${PS.t("takes")} ${PS.number(r.obstacle_db, 1)} dB`;
  const candidate = !r.candidate_cell ? "–" :
    `${r.candidate_cell} (${r.candidate_operator} ${r.candidate_technology}), ${PS.length(r.distance_m)}`;
  return [
    PS.el("h3", { text: PS.t("why") }),
    PS.pairs(
      ["lacks", PS.code("service", r.service)], ["cause", PS.code("cause", r.cause)],
      ["short_db", PS.known(r.short_db) ? PS.number(r.short_db, 1) + " dB" : "–"],
      ["candidate", candidate], ["obstacle", obstacle]),
    PS.has(PS.data.profiles, r.village_id) ? PS.profilePicture(PS.data.profiles[r.village_id]) : null,
    ...PS.measures(r),
  ];
};

PS.MEASURES = {
  tilt: (r) => PS.number(r.tilt_deg, 1) + "°",
  azimuth: (r) => PS.number(r.azimuth_deg) + "°",
  carrier: (r) => `${r.carrier_mast}, ${r.carrier_operator} ${r.carrier_technology}, ${PS.number(r.carrier_mhz)} MHz`,
  height: (r) => `+${PS.number(r.height_more_m)} m`,
  station: (r) => `${r.station_technology}, ${PS.away("from_hamlet", r.station_distance_m)}`,
};

// What was tried, what each would be set to, what it gains and whether that is enough; the first that is, first.
PS.measures = function (r) {
  const tried = Object.keys(PS.MEASURES).filter((kind) => PS.known(r[kind + "_gain_db"]));
  const first = PS.el("dl", { class: "ps-facts" }, PS.el("dt", { text: PS.t("first_measure") }), PS.el("dd", { "data-field": "measure", text: r.remedy ? PS.measureText(r, r.remedy) : PS.t("measure_none") }));
  const line = (kind) => PS.el("li", { class: r[kind + "_enough"] ? "ps-yes" : "ps-no" }, PS.el("span", { "aria-label": PS.t(r[kind + "_enough"] ? "enough" : "not_enough"), role: "img", text: r[kind + "_enough"] ? "✓ " : "✗ " }), PS.el("span", { text: PS.measureText(r, kind) }));
  return [first, tried.length ? PS.el("ul", { class: "ps-measures", "data-field": "measures" }, ...tried.map(line)) : null];
};

PS.measureText = function (r, kind) {
  const [gain, price] = [r[kind + "_gain_db"], r[kind + "_price"]];
  const gained = PS.known(gain) ? ` (${gain < 0 ? "" : "+"}${PS.number(gain, 1)} dB)` : "";
  return `${PS.code("measure", kind)}: ${PS.MEASURES[kind](r)}${gained}${PS.known(price) ? ` · ${PS.number(price)} ${PS.t("million_vnd")}` : ""}`;
};

PS.technologyTable = function (v) {
  const rows = PS.data.coverage.map((layer) => {
    const one = v.technologies[layer.technology] || {};
    const mark = one.served === undefined || one.served === null ? "–" : one.served ? "✓" : "✗";
    return PS.el("tr", { "data-technology": layer.technology },
      PS.el("th", { scope: "row", text: layer.technology }),
      PS.el("td", { class: "ps-n" }, PS.el("span", { "data-field": "level", text: PS.number(one.level, 1) }), PS.gauge(one.level, layer)),
      PS.el("td", { class: "ps-n", "data-field": "p", text: PS.percent(one.p) }),
      PS.el("td", { class: "ps-n", "data-field": "share", text: PS.percent(one.share) }),
      PS.el("td", { class: one.served ? "ps-yes" : "ps-no", "data-field": "served", "aria-label": PS.yesNo(one.served), text: mark }),
      PS.el("td", { class: "ps-cell", "data-field": "best", text: one.best || "–" }));
  });
  const heads = ["technology_short", "level_unit", "p_short", "share_short", "served", "best_cell"];
  return PS.el("table", { class: "ps-levels" }, PS.el("thead", {}, PS.el("tr", {}, ...heads.map((k) => PS.el("th", { scope: "col", text: PS.t(k) })))), PS.el("tbody", {}, ...rows));
};

// A bar from 40 dB under the level that meets the rule to 40 dB over it; the tick in the middle is that level.
PS.gauge = function (level, layer) {
  const bar = PS.el("i", { class: "ps-gauge", title: `${PS.t("required_level")}: ${PS.number(layer.required, 1)} dBm` });
  const fill = PS.el("i");
  const over = level === null || level === undefined ? -40 : Math.max(-40, Math.min(40, level - layer.required));
  fill.style.width = ((over + 40) / 80) * 100 + "%";
  fill.className = over >= 0 ? "ps-over" : "ps-under";
  bar.append(fill);
  return bar;
};

PS.proposalDetail = (p) => [
  PS.detailHead(p.station_id, PS.t("proposal"), PS.signPicture("star", "#ff3db8", 34, 10)),
  PS.footprintBox(),
  PS.swipe.possible() ? PS.el("button", { type: "button", class: "ps-link", text: PS.t("swipe"), onclick: () => PS.swipe.set(true) }) : null,
  PS.pairs(
    ["host_kind", PS.code("host", p.host_kind)], ["host_id", p.host_id || "–"], ["shared_with", p.shared_with || "–"], ["operator", p.operator || "–"],
    ["technologies", p.technologies || "–"], ["antenna_height_m", PS.number(p.antenna_height_m)], ["backhaul", PS.code("backhaul", p.backhaul)],
    ["cost_million_vnd", PS.number(p.cost_million_vnd)], ["people_served", PS.number(p.people_served)],
    ["villages_served", PS.number(p.villageCount)]),
  p.villages.length ? PS.el("ul", { class: "ps-list" }, ...p.villages.filter((id) => PS.villageById.has(id)).map((id) => {
    const v = PS.villageById.get(id);
    const verdict = PS.verdict[v.verdict];
    return PS.el("li", {}, PS.el("button", { type: "button", class: "ps-row", onclick: () => PS.select("hamlet", v, true) },
      PS.signPicture(verdict.shape, verdict.colour), PS.el("span", {}, PS.el("b", { text: v.name }), PS.el("small", { text: v.commune ?? "" })),
      PS.el("span", { class: "ps-right", text: PS.number(v.population) })));
  })) : null,
];

PS.placeDetail = (p) => [
  PS.detailHead(p.name, PS.code("place_kind", p.kind), PS.signPicture("plus", "#5b6470", 34, 9)),
  PS.pairs(["required_technology", p.required_technology || "–"]),
];
