// The controls beside the map, its legend, and what opens for a place or a point.
PS.choice = function (type, name, label, checked, change) {
  const input = PS.el("input", { type, name, checked, "data-name": label });
  input.addEventListener("change", () => change(input.checked));
  return PS.el("label", { class: "ps-choice" }, input, PS.el("span", { text: label }));
};

PS.menu = function (id, label, options, chosen, change) {
  const menu = PS.el("select", { id, "aria-label": label }, ...options.map(([value, text]) => PS.el("option", { value: value ?? "", text, selected: value === chosen })));
  menu.addEventListener("change", () => change(menu.value || null));
  return menu;
};

PS.drawControls = function () {
  const { state, data } = PS;
  const set = (key) => (value) => ((state[key] = value), PS.drawControls(), PS.showCoverage());
  const technologies = [...new Set(data.layers.map((l) => l.technology))];
  const operators = data.operators.map((o) => o.name).filter((name) => data.layers.some((l) => l.operator === name));
  const views = Object.keys(PS.WHAT).filter((view) => data.layers.some((l) => l.rasters.some((r) => PS.has(r.views, view))));
  const opacity = PS.el("input", { type: "range", min: 0.2, max: 1, step: 0.05, value: state.opacity, id: "ps-opacity" });
  opacity.addEventListener("input", () => {
    state.opacity = Number(opacity.value);
    if (PS.coverage) PS.coverage.setOpacity(state.opacity);
  });
  const chosen = PS.chosen();
  const note = state.technology && !chosen ? PS.t("view_nothing") : chosen && chosen.view !== state.view ? PS.t("view_all_only") : "";
  const focused = document.activeElement && document.activeElement.id;
  PS.byId("ps-page-layers").replaceChildren(
    PS.el("fieldset", {}, PS.el("legend", { text: PS.t("coverage") }),
      PS.el("div", { class: "ps-segments", id: "ps-technology", role: "radiogroup", "aria-label": PS.t("technology") },
        ...[[null, PS.t("coverage_none")], ...technologies.map((t) => [t, t])].map(([value, label]) => PS.choice("radio", "technology", label, state.technology === value, () => set("technology")(value)))),
      operators.length ? PS.menu("ps-operator", PS.t("operator"), [[null, PS.t("all_operators")], ...operators.map((n) => [n, n])], state.operator, set("operator")) : null,
      PS.menu("ps-view", PS.t("view"), views.map((view) => [view, PS.t(PS.WHAT[view])]), state.view, set("view")),
      PS.el("label", { class: "ps-slider", for: "ps-opacity" }, PS.el("span", { text: PS.t("opacity") }), opacity),
      PS.el("p", { class: "ps-hint", id: "ps-view-note", text: note })),
    PS.el("fieldset", {}, PS.el("legend", { text: PS.t("layers") }),
      ...PS.OVERLAYS.filter((name) => PS.overlays[name]).map((name) =>
        PS.choice("checkbox", "layer", PS.t(name), PS.map.hasLayer(PS.overlays[name]), (on) => {
          if (on) PS.overlays[name].addTo(PS.map);
          else PS.overlays[name].remove();
          PS.drawCrowded();
          PS.drawLegend();
        })))
  );
  if (focused && PS.byId(focused)) PS.byId(focused).focus();
};

PS.UNIT = { level: "level_unit", p: "probability", servers: "show_servers", sinr: "sinr_unit", p_indoor: "show_indoor" };

// The limits of a class of a view, in words: "−105 … −94.7".
PS.rangeOf = function (view, edges, k) {
  const share = view === "p" || view === "p_indoor";
  const value = (edge) => (share ? PS.number(edge * 100) + " %" : PS.number(edge, Number.isInteger(edge) ? 0 : 1));
  if (view === "servers") {
    const last = edges[k + 1] - 1;
    return k + 1 === edges.length ? "≥ " + value(edges[k]) : last === edges[k] ? value(last) : `${value(edges[k])}–${value(last)}`;
  }
  return k + 1 === edges.length ? "≥ " + value(edges[k]) : `${value(edges[k])} … ${value(edges[k + 1])}`;
};

PS.drawLegend = function () {
  const line = (sign, text) => PS.el("li", {}, sign, PS.el("span", { text }));
  const block = (title, lines, hint) => PS.el("section", {}, PS.el("h2", { text: title }), PS.el("ul", {}, ...lines), hint ? PS.el("p", { class: "ps-hint", text: hint }) : null);
  const swatch = (colour) => {
    const made = PS.el("i", { class: "ps-swatch", "aria-hidden": "true" });
    made.style.background = colour;
    return made;
  };
  const parts = [];
  const chosen = PS.chosen();
  if (chosen) {
    const { layer, raster, view } = chosen;
    const whose = [layer.operator, layer.technology].filter(Boolean).join(" · ");
    const { edges, colours } = raster.views[view];
    const notes = ["level_weak", "level_uncertain", "level_met", "level_strong"].map((key) => PS.t(key).replace("{p}", PS.number(layer.probability * 100)));
    const lines = view === "best"
      ? PS.data.operators.map((o) => line(swatch(o.colour), o.name))
      : edges.map((_, k) => line(swatch(colours[k]), PS.rangeOf(view, edges, k) + (view === "level" ? ` ${notes[k]}` : ""))).reverse();
    parts.push(block(`${whose} · ${PS.t(view === "best" ? "show_best" : PS.UNIT[view])}`, lines, view === "level" ? PS.t("not_covered") : ""));
  }
  if (PS.overlays.hamlets && PS.map.hasLayer(PS.overlays.hamlets) && PS.data.judged) {
    parts.push(block(PS.t("hamlets"), PS.data.verdicts.map((v) => line(PS.signPicture(v.shape, v.colour), PS.t("verdict." + v.code)))));
  }
  if (PS.overlays.masts && PS.map.hasLayer(PS.overlays.masts)) {
    parts.push(block(PS.t("masts"), PS.data.operators.slice(0, 7).map((o) => line(PS.signPicture("mast", o.colour, 24, 6), o.name))));
  }
  PS.byId("ps-legend-body").replaceChildren(...parts);
};

PS.drawOverview = function () {
  const rows = PS.data.verdicts.filter((v) => PS.data.counts[v.code]).map((v) =>
    PS.el("tr", {}, PS.el("th", { scope: "row" }, PS.t("verdict." + v.code)), PS.el("td", { class: "ps-n", text: PS.number(PS.data.counts[v.code][0]) }), PS.el("td", { class: "ps-n", text: PS.number(PS.data.counts[v.code][1]) })));
  const heads = ["verdict", "hamlets", "people_head"].map((key) => PS.el("th", { scope: "col", text: PS.t(key) }));
  PS.byId("ps-page-overview").replaceChildren(rows.length ? PS.el("table", { class: "ps-small", id: "ps-counts" }, PS.el("thead", {}, PS.el("tr", {}, ...heads)), PS.el("tbody", {}, ...rows)) : "");
  const pairs = [...PS.data.assumptions[PS.state.language], ...PS.data.dataVersions];
  PS.byId("ps-page-about").replaceChildren(
    PS.el("p", { class: "ps-note" }, PS.el("b", { text: PS.t("predicted") + ". " }), PS.t("predicted_help")),
    PS.data.synthetic ? PS.el("p", { class: "ps-warn", text: PS.t("synthetic_help") }) : "",
    PS.el("details", {}, PS.el("summary", { text: PS.t("assumptions") }), PS.el("dl", { class: "ps-pairs" }, ...pairs.flatMap(([label, value]) => [PS.el("dt", { text: label }), PS.el("dd", { text: value })]))));
};

PS.close = function () {
  PS.asked = (PS.asked || 0) + 1;
  PS.byId("ps-detail").hidden = true;
  if (PS.pin) PS.pin.remove();
};

// Opens the panel at a place; gives a function that fills it, unless something else was opened meanwhile.
PS.detail = function (title, at) {
  PS.close();
  const asked = PS.asked;
  const box = PS.byId("ps-detail");
  PS.pin = L.circleMarker(at, { pane: "labels", radius: 12, color: PS.INK, weight: 3, fill: false, interactive: false }).addTo(PS.map);
  const fill = (...parts) => {
    if (asked !== PS.asked) return;
    box.replaceChildren(
      PS.el("button", { type: "button", class: "ps-close", id: "ps-detail-close", "aria-label": PS.t("close"), onclick: PS.close, text: "×" }),
      PS.el("h2", { id: "ps-detail-title", text: title }), ...parts.filter(Boolean));
    box.hidden = false;
  };
  fill();
  return fill;
};

PS.pairs = (rows) => PS.el("dl", { class: "ps-facts" }, ...rows.filter(([, value]) => value !== null && value !== undefined && value !== "").flatMap(([label, value]) => [PS.el("dt", { text: label }), PS.el("dd", { text: value })]));

PS.cell = async function (row) {
  const { per, columns } = PS.data.cells;
  const values = (await PS.part("cells", Math.floor(row / per)))[row % per];
  return Object.fromEntries(columns.map((name, k) => [name, values[k]]));
};

PS.cellText = (cell) => [cell.cell_id, cell.operator, cell.technology, cell.frequency_mhz ? PS.number(cell.frequency_mhz) + " MHz" : null, cell.mast_id].filter(Boolean).join(" · ");

// What is predicted at a place: from a server the exact values, from archives the classes.
PS.askPlace = async function (latlng) {
  const chosen = PS.chosen();
  if (!chosen) return PS.close();
  const { layer } = chosen;
  const fill = PS.detail([layer.operator, layer.technology].filter(Boolean).join(" · "), latlng);
  const place = `${latlng.lat.toFixed(5)}, ${latlng.lng.toFixed(5)}`;
  const rows = PS.data.served ? await PS.exactValues(layer, latlng) : await PS.classValues(layer, latlng);
  fill(PS.el("p", { class: "ps-hint", text: place }), rows.length ? PS.pairs(rows) : PS.el("p", { text: PS.t("nothing_here") }), PS.el("p", { class: "ps-hint", text: PS.t(PS.data.served ? "predicted" : "value_class") }));
};

PS.exactValues = async function (layer, { lat, lng }) {
  const v = await (await PS.ask(`value?${new URLSearchParams({ layer: layer.stem, lat, lon: lng })}`)).json();
  const rows = [["level_unit", v.level, 1], ["sinr_unit", v.sinr, 1], ["show_servers", v.servers, 0]].filter(([, value]) => value !== null && value !== undefined).map(([key, value, digits]) => [PS.t(key), PS.number(value, digits)]);
  for (const [key, value] of [["probability", v.p_covered], ["show_indoor", v.p_indoor]]) if (value !== null && value !== undefined) rows.push([PS.t(key), PS.percent(value)]);
  if (v.cell) rows.push([PS.t("show_best"), PS.cellText(v.cell)]);
  return rows;
};

PS.classValues = async function (layer, latlng) {
  const zoom = PS.data.span.highest;
  const at = L.CRS.EPSG3857.latLngToPoint(latlng, zoom).floor();
  const rows = [];
  for (const raster of layer.rasters) {
    const values = await PS.tileValues(raster, zoom, Math.floor(at.x / 256), Math.floor(at.y / 256));
    const value = values ? values[(at.y % 256) * 256 + (at.x % 256)] : 0;
    if (!value) continue;
    if (raster.views.best) rows.push([PS.t("show_best"), PS.cellText(await PS.cell(value - 1))]);
    else for (const [view, { edges, classes }] of Object.entries(raster.views)) if (classes[value]) rows.push([PS.t(PS.UNIT[view]), PS.rangeOf(view, edges, classes[value] - 1)]);
  }
  return rows;
};

PS.ID = { hamlets: "village_id", masts: "mast_id", proposals: "station_id", places: "name" };
PS.SAID = {
  verdict: (v) => PS.code("verdict", v), grid_power: PS.yesNo, kind: (v, of) => PS.code(of === "places" ? "place_kind" : "mast_kind", v), host_kind: (v) => PS.code("host", v),
  backhaul: (v) => PS.code("backhaul", v), confidence: (v) => PS.code("confidence", v), population: (v) => PS.number(v), households: (v) => PS.number(v), decided_by: (v) => PS.code("evidence", v), cost: PS.money,
};

// All that is known of a point, from the tile of the highest zoom.
PS.open = async function (kind, brief) {
  const id = PS.ID[kind];
  const fill = PS.detail(String(brief.name || brief[id]), [brief.lat, brief.lon]);
  const zoom = PS.data.pointZoom;
  const at = L.CRS.EPSG3857.latLngToPoint(L.latLng(brief.lat, brief.lon), zoom).divideBy(256).floor();
  const tile = await PS.jsonTile(kind, zoom, at.x, at.y);
  const row = (tile && PS.rowsOf(kind, tile.rows).find((r) => r[id] === brief[id])) || brief;
  const words = PS.data.words[PS.state.language];
  const said = (key, value) => (value === null || value === undefined ? null : PS.has(PS.SAID, key) ? PS.SAID[key](value, kind) : typeof value === "number" ? PS.number(value, Number.isInteger(value) ? 0 : 1) : Array.isArray(value) ? value.join(", ") : String(value));
  const plain = Object.entries(row).filter(([key]) => PS.has(words, key) && !["name", "why"].includes(key));
  const facts = () => PS.pairs(plain.map(([key, value]) => [PS.t(key), said(key, value)]));
  fill(facts(), PS.levels(row), PS.cellList(row));
  if (!PS.known(row.why)) return;
  const { reason, profile } = (await PS.part("why", Math.floor(row.why / PS.data.whyPer)))[row.why % PS.data.whyPer];
  fill(facts(), ...PS.why(reason, profile), PS.levels(row), PS.cellList(row));
};

PS.levels = function (row) {
  const technologies = [...new Set(PS.data.layers.map((l) => l.technology))].filter((t) => PS.has(row, `level_${t.toLowerCase()}_dbm`));
  if (!technologies.length) return null;
  const cell = (text) => PS.el("td", { class: "ps-n", text });
  return PS.el("table", { class: "ps-levels" },
    PS.el("thead", {}, PS.el("tr", {}, ...["technology_short", "level_unit", "p_short"].map((key) => PS.el("th", { scope: "col", text: PS.t(key) })))),
    PS.el("tbody", {}, ...technologies.map((t) => PS.el("tr", {}, PS.el("th", { scope: "row", text: t }), cell(PS.number(row[`level_${t.toLowerCase()}_dbm`], 1)), cell(PS.percent(row[`p_${t.toLowerCase()}`]))))));
};

PS.cellList = (row) => (row.cells && row.cells.length ? PS.el("div", {}, PS.el("h3", { text: PS.t("cells") }), PS.el("ul", {}, ...row.cells.map((text) => PS.el("li", { text })))) : null);
