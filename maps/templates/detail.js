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

PS.hamletDetail = function (v) {
  const verdict = PS.verdict[v.verdict];
  const sign = PS.signPicture(verdict.shape, verdict.colour, 30, 9.5);
  const banner = PS.el("div", { class: "ps-banner" }, sign, PS.el("div", {}, PS.el("b", { "data-field": "verdict", text: PS.verdictOf(v) }), PS.el("small", { text: PS.isSplit(v) ? "" : PS.t("help." + v.verdict) })));
  banner.style.borderColor = verdict.colour;
  const away = (p) => PS.map.distance([p.lat, p.lon], [v.lat, v.lon]);
  const remedies = (PS.remedies.get(v.village_id) || []).slice().sort((a, b) => away(a) - away(b));
  const plans = PS.plansOf.get(v.village_id) || [];
  return [
    PS.detailHead(v.name, `${v.commune ?? ""} · ${v.village_id}`, null),
    banner,
    PS.facts(
      ["population", PS.number(v.population)], ["households", PS.number(v.households)],
      ["grid_power", v.grid_power === undefined ? "–" : PS.yesNo(v.grid_power)], ["confidence", PS.code("confidence", v.confidence)],
      ["decided_by", PS.code("evidence", v.decided_by)]),
    ...PS.why(PS.reasonOf.get(v.village_id), PS.has(PS.data.profiles, v.village_id) ? PS.data.profiles[v.village_id] : null),
    ...PS.withProposal(v),
    remedies.length ? PS.el("h3", { text: PS.t("remedy") }) : null,
    remedies.length ? PS.el("ul", { class: "ps-list" }, ...remedies.map((p) => PS.el("li", {}, PS.el("button", { type: "button", class: "ps-row", onclick: () => PS.select("proposal", p, true) },
      PS.signPicture("star", "#ff3db8", 24, 7), PS.el("span", {}, PS.el("b", { text: p.station_id }), PS.el("small", { text: `${PS.code("host", p.host_kind)} · ${PS.away("from_hamlet", away(p))}` })))))) : null,
    PS.technologyTable(v),
    ...PS.planBlock(plans),
    PS.el("p", { class: "ps-hint", text: PS.t("predicted") + "." }),
  ];
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

// Verdict, people and levels of a hamlet in need today and with the proposed stations.
PS.withProposal = function (v) {
  const after = PS.afterOf.get(v.village_id);
  if (!after) return [];
  const sign = (code) => PS.el("span", { class: "ps-then" }, PS.signPicture(PS.verdict[code].shape, PS.verdict[code].colour), PS.el("b", { "data-verdict": code, text: PS.t("verdict." + code) }));
  const levels = Object.entries(PS.data.after.levels).map(([technology, [before, later]]) => [technology, before[after.index], later[after.index]]);
  return [
    PS.el("h3", { text: PS.t("with_proposal") }),
    PS.el("p", { class: "ps-change", "data-field": "verdict_change" }, sign(after.verdict_before), PS.el("span", { class: "ps-arrow", role: "img", "aria-label": PS.t("becomes"), text: "→" }), sign(after.verdict_after)),
    PS.facts(
      ["people_with_service", `${PS.number(after.people_before)} → ${PS.number(after.people_after)}`],
      ["level_change", levels.map(([technology, before, later]) => `${technology} ${PS.number(before, 1)} → ${PS.number(later, 1)} dBm`).join("; ") || "–"]),
  ];
};

// What a proposed station is connected to, with the room under a microwave hop.
PS.linkFacts = function (p) {
  const link = PS.linkOfStation.get(p.station_id);
  if (!link) return [];
  const room = PS.known(link.clearance_m) ? PS.t(link.clearance_m < 0 ? "profile.no_room" : "profile.room").replace(/\{room:[^}]*\}/, PS.number(Math.abs(link.clearance_m), 1)) : "–";
  return [
    PS.el("h3", { text: `${PS.t("backhaul")}: ${PS.code("backhaul", link.backhaul)} → ${link.backhaul_target}` }),
    PS.facts(
      ["link_length", PS.known(link.backhaul_km) ? PS.number(link.backhaul_km, 1) + " km" : "–"], ["link_hops", PS.number(link.hops)],
      ["link_band", PS.known(link.frequency_ghz) ? PS.number(link.frequency_ghz) + " GHz" : "–"], ["link_room", room]),
    PS.has(PS.data.linkProfiles, p.station_id) ? PS.profilePicture(PS.data.linkProfiles[p.station_id]) : null,
  ];
};

PS.proposalDetail = (p) => [
  PS.detailHead(p.station_id, PS.t("proposal"), PS.signPicture("star", "#ff3db8", 34, 10)),
  PS.footprintBox(),
  PS.swipe.possible() ? PS.el("button", { type: "button", class: "ps-link", text: PS.t("swipe"), onclick: () => PS.swipe.set(true) }) : null,
  PS.facts(
    ["host_kind", PS.code("host", p.host_kind)], ["host_id", p.host_id || "–"], ["shared_with", p.shared_with || "–"], ["operator", p.operator || "–"],
    ["technologies", p.technologies || "–"], ["antenna_height_m", PS.number(p.antenna_height_m)], ["backhaul", PS.code("backhaul", p.backhaul)],
    ["cost", PS.money(p.cost)], ["people_served", PS.number(p.people_served)],
    ["villages_served", PS.number(p.villageCount)]),
  ...PS.linkFacts(p),
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
  PS.facts(["required_technology", p.required_technology || "–"]),
];
