// What opens for a mast: its cells, where they look, and what it covers by itself.
PS.mastDetail = (m) => [
  PS.detailHead(m.mast_id, `${PS.t("mast")} · ${m.commune ?? ""}`, PS.signPicture(m.tenants.length > 1 ? "shared" : "mast", PS.colourOf[m.owner] || "#7f7f7f", 34, 9)),
  PS.facts(["owner", m.owner ?? "–"], ["operators", m.operators || "–"], ["technologies", m.technologies || "–"], ["kind", PS.code("mast_kind", m.kind)], ["height_m", PS.number(m.height_m)]),
  PS.footprintBox(),
  PS.cellTable(PS.cellsOf.get(m.index) || []),
  ...PS.planBlock(PS.plans.filter((item) => item.kind === "station" && item.mast_id === m.mast_id)),
  PS.el("p", { class: "ps-hint", text: PS.t("predicted") + "." }),
];

PS.cellTable = function (cells) {
  if (!cells.length) return null;
  const heads = ["cell", "operator", "mhz", "azimuth", "tilt", "antenna_m", "power_dbm"];
  const tilt = (c) => (PS.known(c.mechanical_tilt_deg) || PS.known(c.electrical_tilt_deg) ? (c.mechanical_tilt_deg || 0) + (c.electrical_tilt_deg || 0) : null);
  const rows = cells.map((c) => PS.el("tr", { class: PS.state.cell === c.cell_id ? "ps-on" : null },
    PS.el("th", { scope: "row", class: "ps-cell" }, PS.el("b", { text: c.technology }), " ", PS.el("span", { text: c.cell_id })),
    PS.el("td", { text: c.operator }),
    PS.el("td", { class: "ps-n", text: PS.number(c.frequency_mhz) }),
    PS.el("td", { class: "ps-n", text: PS.known(c.azimuth_deg) ? PS.number(c.azimuth_deg) + "°" : "○", title: PS.known(c.azimuth_deg) ? null : PS.t("omni") }),
    PS.el("td", { class: "ps-n", text: PS.known(tilt(c)) ? PS.number(tilt(c)) + "°" : "–" }),
    PS.el("td", { class: "ps-n", text: PS.number(c.antenna_height_m) }),
    PS.el("td", { class: "ps-n", text: PS.number(c.tx_power_dbm) })));
  return PS.el("div", { class: "ps-wide-table", tabindex: "0", role: "group", "aria-label": PS.t("cells") },
    PS.el("h3", { text: `${PS.t("cells")}: ${PS.number(cells.length)}` }),
    PS.el("table", { class: "ps-small", id: "ps-cells" }, PS.el("thead", {}, PS.el("tr", {}, ...heads.map((k) => PS.el("th", { scope: "col", text: PS.t("cell." + k) })))), PS.el("tbody", {}, ...rows)));
};

// The place where `drawFootprintChoice` puts the technologies once the footprint is unpacked.
PS.footprintBox = () => PS.el("div", { id: "ps-own" });

PS.drawFootprintChoice = function () {
  const box = PS.byId("ps-own");
  if (!box) return;
  if (!PS.own) {
    box.replaceChildren();
    return;
  }
  box.replaceChildren(
    PS.el("h3", { text: PS.t("own_footprint") }),
    PS.el("div", { class: "ps-segments", role: "radiogroup", "aria-label": PS.t("own_footprint") }, ...PS.own.technologies.map((t) =>
      PS.choice("radio", "own", t, t === PS.own.technology, () => ((PS.state.own = t), PS.showCoverage())))),
    PS.el("p", { class: "ps-hint", text: PS.t("own_help").replace("{m}", PS.number(PS.data.footprints.pixelM)) })
  );
};

// Wedges to the sides to which the chosen mast's cells look, one for each azimuth.
PS.drawSectors = function () {
  if (PS.sectors) PS.sectors.remove();
  PS.sectors = null;
  const { selected } = PS.state;
  if (!selected || selected.type !== "mast") return;
  const cells = (PS.cellsOf.get(selected.row.index) || []).filter((c) => PS.known(c.azimuth_deg));
  const seen = new Map(cells.map((c) => [`${c.operator}/${Math.round(c.azimuth_deg)}`, c]));
  PS.sectors = L.layerGroup([...seen.values()].map((c) => PS.wedge(selected.row, c))).addTo(PS.map);
};

PS.wedge = function (mast, cell) {
  const reach = 0.011; // degrees of latitude: about 1.2 km
  const east = reach / Math.cos((mast.lat * Math.PI) / 180);
  const rim = [-30, -15, 0, 15, 30].map((turn) => {
    const angle = ((cell.azimuth_deg + turn) * Math.PI) / 180;
    return [mast.lat + reach * Math.cos(angle), mast.lon + east * Math.sin(angle)];
  });
  const colour = PS.colourOf[cell.operator] || "#7f7f7f";
  return L.polygon([[mast.lat, mast.lon], ...rim], { pane: "outlines", renderer: PS.outlineRenderer, interactive: false, color: PS.INK, weight: 1, fillColor: colour, fillOpacity: 0.75 });
};
