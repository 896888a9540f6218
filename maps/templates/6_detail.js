// What opens when something is clicked.
PS.select = function (type, row, move = false) {
  const target = type === "plan" ? row.village : row;
  const previous = PS.state.selected;
  PS.state.selected = { type: type === "plan" ? "hamlet" : type, row: target };
  [previous && previous.row.marker, target.marker].forEach((marker) => {
    if (!marker) return;
    marker.chosen = marker === target.marker;
    if (PS.map.hasLayer(marker)) {
      marker.redraw();
      if (marker.chosen) marker.bringToFront();
    }
  });
  if (PS.onPhone()) document.body.classList.remove("ps-sheet");
  if (move) PS.goTo(target);
  PS.drawDetail();
  PS.markRow();
  PS.remember();
};

PS.onPhone = () => window.matchMedia("(max-width: 760px)").matches;

// On a phone the panel covers the lower part of the map, so the place goes into the upper part.
PS.goTo = function (row) {
  PS.map.setView([row.lat, row.lon], Math.max(PS.map.getZoom(), 13), { animate: false });
  if (PS.onPhone()) PS.map.panBy([0, PS.map.getSize().y * 0.34], { animate: false });
};

PS.deselect = function () {
  const { selected } = PS.state;
  PS.state.selected = null;
  if (selected && selected.row.marker) {
    selected.row.marker.chosen = false;
    if (PS.map.hasLayer(selected.row.marker)) selected.row.marker.redraw();
  }
  PS.byId("ps-detail").hidden = true;
  document.body.classList.remove("ps-detail-open");
  PS.markRow();
  PS.remember();
};

PS.drawDetail = function () {
  const { selected } = PS.state;
  if (!selected) return;
  const parts = { hamlet: PS.hamletDetail, mast: PS.mastDetail, proposal: PS.proposalDetail, place: PS.placeDetail }[selected.type](selected.row);
  const close = PS.el("button", { type: "button", class: "ps-close", "aria-label": PS.t("close"), title: PS.t("close"), text: "✕", onclick: PS.deselect });
  PS.byId("ps-detail").replaceChildren(close, ...parts.filter(Boolean));
  PS.byId("ps-detail").hidden = false;
  PS.byId("ps-detail").scrollTop = 0;
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
      PS.signPicture("star", "#ff3db8", 24, 7), PS.el("span", {}, PS.el("b", { text: p.station_id }), PS.el("small", { text: `${PS.code("host", p.host_kind)} · ${PS.length(away(p))} ${PS.t("from_hamlet")}` })))))) : null,
    PS.technologyTable(v),
    plans.length ? PS.el("h3", { text: PS.t("plans") }) : null,
    plans.length ? PS.el("ul", { class: "ps-plans" }, ...plans.map(PS.planItem)) : null,
    PS.el("p", { class: "ps-hint", text: PS.t("predicted") + "." }),
  ];
};

PS.length = (metres) => (metres < 1000 ? `${PS.number(metres)} m` : `${PS.number(metres / 1000, 1)} km`);

PS.known = (value) => value !== null && value !== undefined;

PS.why = function (r) {
  if (!r) return [];
  const obstacle = !PS.known(r.obstacle_distance_m) ? "–" :
    `${PS.length(r.obstacle_distance_m)} ${PS.t("from_mast")}, ${PS.number(r.obstacle_height_m)} m ${PS.t("above_sea")}, ${PS.t("takes")} ${PS.number(r.obstacle_db, 1)} dB`;
  const candidate = !r.candidate_cell ? "–" :
    `${r.candidate_cell} (${r.candidate_operator} ${r.candidate_technology}), ${PS.length(r.distance_m)}`;
  return [
    PS.el("h3", { text: PS.t("why") }),
    PS.pairs(
      ["lacks", PS.code("service", r.service)], ["cause", PS.code("cause", r.cause)],
      ["short_db", PS.known(r.short_db) ? PS.number(r.short_db, 1) + " dB" : "–"],
      ["candidate", candidate], ["obstacle", obstacle],
      ["measure", PS.measureText(r)]),
  ];
};

// The first remedy that is enough, what it would be set to, and what it gains.
PS.measureText = function (r) {
  if (!r.remedy) return PS.t("measure_none");
  const settings = {
    tilt: () => PS.number(r.tilt_deg, 1) + "°",
    azimuth: () => PS.number(r.azimuth_deg) + "°",
    carrier: () => `${r.carrier_mast}, ${r.carrier_operator} ${r.carrier_technology}, ${PS.number(r.carrier_mhz)} MHz`,
    height: () => `+${PS.number(r.height_more_m)} m`,
    station: () => `${r.station_technology}, ${PS.length(r.station_distance_m)} ${PS.t("from_hamlet")}`,
  };
  const gain = PS.known(r.remedy_gain_db) ? ` (${r.remedy_gain_db < 0 ? "" : "+"}${PS.number(r.remedy_gain_db, 1)} dB)` : "";
  return `${PS.code("measure", r.remedy)}: ${settings[r.remedy]()}${gain}`;
};

PS.planItem = function (item) {
  const verdict = [PS.code("support", item.support), PS.code("reason", item.reason)].filter((text) => text !== "–").join(": ");
  return PS.el("li", {}, PS.el("b", { text: item.plan_id }), ` ${PS.code("plan_kind", item.kind)}`,
    PS.el("small", { text: `${PS.t("deadline")}: ${PS.date(item.deadline)} · ${PS.t("reported_on")}: ${PS.date(item.reported_on)}` }),
    PS.el("small", { text: verdict }));
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

PS.mastDetail = (m) => [
  PS.detailHead(m.mast_id, `${PS.t("mast")} · ${m.commune ?? ""}`, PS.signPicture(m.tenants.length > 1 ? "shared" : "mast", PS.colourOf[m.owner] || "#7f7f7f", 34, 9)),
  PS.pairs(["owner", m.owner ?? "–"], ["operators", m.operators || "–"], ["technologies", m.technologies || "–"], ["kind", PS.code("mast_kind", m.kind)], ["height_m", PS.number(m.height_m)]),
];

PS.proposalDetail = (p) => [
  PS.detailHead(p.station_id, PS.t("proposal"), PS.signPicture("star", "#ff3db8", 34, 10)),
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
