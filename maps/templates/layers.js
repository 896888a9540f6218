// What the data block holds, as rows; and the vectors drawn from them.
// A column: its values, or a few texts and where each row's stands among them.
PS.column = (values) => (Array.isArray(values) ? values : values.at.map((k) => values.of[k]));

PS.rows = function (table) {
  const names = Object.keys(table).filter((name) => Array.isArray(table[name]) || (table[name].at && table[name].of));
  const columns = names.map((name) => PS.column(table[name]));
  return (table.lat || columns[0] || []).map((_, k) => {
    const row = { index: k };
    names.forEach((name, n) => (row[name] = columns[n][k]));
    return row;
  });
};

PS.RADIUS = { no_signal: 7.5, partial_signal: 7, voice_only: 6.5, no_4g: 5.5, no_5g: 4.6, fragile: 4.6, covered: 3.6 };
PS.OVERLAYS = ["hamlets", "masts", "proposals", "links", "plan_items", "places", "communes", "coast", "labels", "relief"];

PS.prepare = function () {
  const data = PS.data;
  PS.verdict = Object.fromEntries(data.verdicts.map((v, rank) => [v.code, { ...v, rank }]));
  PS.colourOf = Object.assign(Object.create(null), Object.fromEntries(data.operators.map((o) => [o.name, o.colour])));
  PS.villages = PS.rows(data.villages);
  PS.villages.forEach((v) => (v.technologies = {}));
  for (const [technology, columns] of Object.entries(data.villages.technologies)) {
    const told = Object.entries(columns).map(([key, values]) => [key, PS.column(values)]);
    PS.villages.forEach((v) => (v.technologies[technology] = Object.fromEntries(told.map(([key, values]) => [key, values[v.index]]))));
  }
  PS.villageById = new Map(PS.villages.map((v) => [v.village_id, v]));
  PS.masts = PS.rows(data.masts);
  PS.masts.forEach((m) => (m.tenants = String(m.operators || "").split(";").map((s) => s.trim()).filter(Boolean)));
  PS.proposals = PS.rows(data.proposals);
  PS.proposals.forEach((p) => {
    p.villages = typeof p.villages_served === "string" ? p.villages_served.split(";").map((s) => s.trim()).filter(Boolean) : [];
    p.villageCount = typeof p.villages_served === "number" ? p.villages_served : p.villages.length;
  });
  PS.remedies = new Map();
  PS.proposals.forEach((p) => p.villages.forEach((id) => PS.remedies.set(id, (PS.remedies.get(id) || []).concat(p))));
  PS.reasonOf = new Map(PS.rows(data.reasons).map((r) => [r.village_id, r]));
  PS.afterOf = new Map(PS.rows(data.after).map((row) => [row.village_id, row]));
  PS.links = PS.rows(data.links);
  PS.linkOfStation = new Map(PS.links.map((link) => [link.station_id, link]));
  PS.stationById = new Map(PS.proposals.map((p) => [p.station_id, p]));
  PS.places = PS.rows(data.places);
  PS.communes = PS.rows(data.communes);
  PS.cells = PS.rows(data.cells);
  PS.cellsOf = new Map();
  PS.cells.forEach((cell) => PS.cellsOf.set(cell.mast, (PS.cellsOf.get(cell.mast) || []).concat(cell)));
  PS.mastById = new Map(PS.masts.map((m) => [m.mast_id, m]));
  PS.plans = PS.rows(data.plans);
  PS.plansOf = new Map();
  PS.plans.forEach((item) => {
    if (item.village_id && item.kind !== "station") PS.plansOf.set(item.village_id, (PS.plansOf.get(item.village_id) || []).concat(item));
  });
};

PS.buildLayers = function () {
  const renderer = L.canvas({ pane: "vectors", padding: 0.3, tolerance: L.Browser.mobile ? 10 : 4 });
  const marker = (row, type, sign, fillColor, radius) => {
    const layer = new PS.Sign([row.lat, row.lon], { renderer, pane: "vectors", sign, fillColor, radius });
    layer.row = row;
    layer.type = type;
    layer.baseRadius = radius;
    // far away the dead zones and proposals keep their size; what is well fades into the background
    // and thousands of them must not hide the coverage
    layer.shrink = ["covered", "fragile"].includes(row.verdict) ? (PS.villages.length > 2000 ? 0.84 : 0.68) : type === "place" ? 0.75 : type === "mast" ? (PS.masts.length > 2000 ? 0.8 : 0.6) : type === "hamlet" ? 0.25 : 0.15;
    row.marker = layer;
    return layer;
  };
  const group = (layers) => {
    const made = L.featureGroup(layers);
    made.on("click", (event) => {
      if (PS.measuring) return;
      L.DomEvent.stopPropagation(event);
      PS.select(event.layer.type, event.layer.row);
    });
    made.bindTooltip((layer) => PS.el("span", { text: PS.nameOf(layer.type, layer.row) }), { sticky: true, direction: "top", offset: [0, -10] });
    return made;
  };
  const worstLast = PS.villages.slice().sort((a, b) => PS.verdict[b.verdict].rank - PS.verdict[a.verdict].rank);
  PS.layers = {
    places: group(PS.places.map((p) => marker(p, "place", "plus", "#5b6470", 5.5))),
    masts: group(PS.masts.map((m) => marker(m, "mast", m.tenants.length > 1 ? "shared" : "mast", PS.colourOf[m.owner] || "#7f7f7f", 4.4))),
    hamlets: group(worstLast.map((v) => marker(v, "hamlet", PS.verdict[v.verdict].shape, PS.verdict[v.verdict].colour, PS.RADIUS[v.verdict]))),
    plan_items: group(PS.planPlaces().map((place) => marker(place, "plan", "flag", "#737b84", 7))),
    proposals: group(PS.proposals.map((p) => marker(p, "proposal", "star", "#ff3db8", 9))),
    links: PS.linkLines(renderer),
    communes: PS.outlines(),
    coast: PS.coastLines(),
    labels: PS.labels,
    relief: PS.relief,
  };
  PS.ORDER = ["places", "masts", "hamlets", "plan_items", "proposals"];
  if (!PS.links.length) PS.OVERLAYS = PS.OVERLAYS.filter((name) => name !== "links");
  if (!PS.data.coast.length) PS.OVERLAYS = PS.OVERLAYS.filter((name) => name !== "coast");
};

PS.outlines = function () {
  const renderer = (PS.outlineRenderer = L.canvas({ pane: "outlines", padding: 0.3 }));
  const options = { renderer, pane: "outlines", interactive: false, fill: false, smoothFactor: 1.2 };
  const rings = PS.communes.flatMap((commune) => commune.outline);
  return L.layerGroup([
    L.polygon(rings.map((ring) => [ring]), { ...options, color: "#fff", weight: 3, opacity: 0.55 }),
    L.polygon(rings.map((ring) => [ring]), { ...options, color: "#4a3b52", weight: 1.2, opacity: 0.9, dashArray: "6 3" }),
  ]);
};

PS.coastLines = () =>
  L.polyline(PS.data.coast, { renderer: PS.outlineRenderer, pane: "outlines", interactive: false, color: "#1f5f7a", weight: 1.1, opacity: 0.85, smoothFactor: 1 });

// From proposed stations to what they are connected to: fibre as a line, microwave dashed; a click opens the station.
PS.LINK_STYLE = { fibre: ["#009e73", null], microwave: ["#0072b2", "7 5"] };
PS.linkLines = function (renderer) {
  const drawn = PS.links.filter((link) => PS.LINK_STYLE[link.backhaul]).flatMap((link) => {
    const [color, dashArray] = PS.LINK_STYLE[link.backhaul];
    const [south, west, north, east] = link.ends;
    const line = (style) => L.polyline([[south, west], [north, east]], { renderer, pane: "vectors", ...style });
    const shown = line({ color, dashArray, weight: 3 });
    shown.on("click", (event) => {
      if (PS.measuring || !PS.stationById.has(link.station_id)) return;
      L.DomEvent.stopPropagation(event);
      PS.select("proposal", PS.stationById.get(link.station_id));
    });
    return [line({ color: "#fff", weight: 5.5, opacity: 0.8, interactive: false }), shown.bindTooltip(() => PS.el("span", { text: `${link.station_id} → ${link.backhaul_target}` }), { sticky: true })];
  });
  return L.featureGroup(drawn);
};

PS.isDead = (v) => PS.verdict[v.verdict].rank < 2;

PS.nameOf = function (type, row) {
  if (type === "plan") return PS.planName(row);
  if (type === "hamlet") return `${row.name} · ${PS.verdictOf(row)}`;
  if (type === "mast") return `${row.mast_id} · ${row.operators || row.owner}`;
  if (type === "proposal") return `${PS.t("proposal")} ${row.station_id}`;
  return `${row.name} · ${PS.code("place_kind", row.kind)}`;
};

PS.showLayer = function (name, on) {
  const layer = PS.layers[name];
  if (name === "labels") PS.labels.shown = on;
  else if (on) layer.addTo(PS.map);
  else layer.remove();
  if (on && PS.ORDER.includes(name)) {
    PS.ORDER.slice(PS.ORDER.indexOf(name)).forEach((above) => PS.map.hasLayer(PS.layers[above]) && PS.layers[above].bringToFront());
  }
  if (name === "plan_items") PS.drawMonths();
  PS.labels.draw();
  PS.drawLegend();
  PS.remember();
};

PS.layerShown = (name) => (name === "labels" ? PS.labels.shown : PS.map.hasLayer(PS.layers[name]));

PS.scaleSigns = function () {
  const zoom = PS.map.getZoom();
  const away = Math.max(0, Math.min(1, (12 - zoom) / 4)); // 0 from zoom 12 on, 1 from zoom 8 down
  const near = zoom >= 13 ? 1.25 : 1;
  PS.ORDER.forEach((name) =>
    PS.everyLayer(name).forEach((layer) => layer.setRadius(layer.baseRadius * near * (1 - away * layer.shrink)))
  );
};

// All markers of a layer, also those that a filter has taken off the map.
PS.everyLayer = function (name) {
  if (name === "hamlets") return PS.villages.map((v) => v.marker);
  if (name === "masts") return PS.masts.map((m) => m.marker);
  return PS.layers[name].getLayers();
};
