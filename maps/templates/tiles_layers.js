// What lies on the map: coverage tiles in the colours of the chosen view, and points that come tile by tile.
PS.WHAT = { level: "show_level", p: "show_probability", best: "show_best", servers: "show_servers", sinr: "show_sinr", p_indoor: "show_indoor" };
PS.RADIUS = { no_signal: 7.5, partial_signal: 7, voice_only: 6.5, no_4g: 5.5, no_5g: 4.6, fragile: 4.6, covered: 3.6 };
PS.OVERLAYS = ["hamlets", "masts", "proposals", "places", "communes", "relief"];

PS.layer = (technology, operator) => PS.data.layers.find((l) => l.technology === technology && l.operator === operator);

// Raster and view that the choice comes to; level where the operator has no such view.
PS.chosen = function () {
  const { technology, operator, view } = PS.state;
  const layer = technology && PS.layer(technology, operator);
  if (!layer) return null;
  const has = (wanted) => layer.rasters.find((r) => PS.has(r.views, wanted));
  const raster = has(view) || has("level");
  return raster ? { layer, raster, view: has(view) ? view : "level" } : null;
};

PS.palette = function ({ raster, view }) {
  if (view !== "best") {
    const { colours, classes } = raster.views[view];
    const palette = classes.map((shown) => (shown ? PS.pixelOf(colours[shown - 1]) : 0));
    return (value) => palette[value];
  }
  const shade = (colour, mix) => "#" + [1, 3, 5].map((k) => Math.round(parseInt(colour.slice(k, k + 2), 16) * (1 - mix) + 255 * mix).toString(16).padStart(2, "0")).join("");
  const palette = PS.data.operators.flatMap((o) => [0, 0.28, 0.52].map((mix) => PS.pixelOf(shade(o.colour, mix))));
  return (value) => palette[PS.data.cellShades.charCodeAt(value - 1) - 48];
};

PS.CoverageTiles = L.GridLayer.extend({
  initialize(chosen, options) {
    this.chosen = chosen;
    this.colour = PS.palette(chosen);
    L.GridLayer.prototype.initialize.call(this, options);
  },
  createTile(at, done) {
    const canvas = PS.el("canvas", { width: 256, height: 256, class: "ps-tile", "aria-hidden": "true" });
    PS.tileValues(this.chosen.raster, at.z, at.x, at.y)
      .then((values) => values && this.paint(canvas, values))
      .then(() => done(null, canvas), (error) => done(error, canvas));
    return canvas;
  },
  paint(canvas, values) {
    const ctx = canvas.getContext("2d");
    const image = ctx.createImageData(256, 256);
    const pixels = new Uint32Array(image.data.buffer);
    for (let k = 0; k < values.length; k++) if (values[k]) pixels[k] = this.colour(values[k]);
    ctx.putImageData(image, 0, 0);
  },
});

PS.nativeZooms = (highest) => ({ minNativeZoom: PS.data.span.lowest, maxNativeZoom: highest, maxZoom: 20, bounds: PS.data.span.bounds, noWrap: true });

PS.showCoverage = function () {
  if (PS.coverage) PS.coverage.remove();
  const chosen = PS.chosen();
  PS.coverage = chosen && new PS.CoverageTiles(chosen, { pane: "coverage", opacity: PS.state.opacity, ...PS.nativeZooms(PS.data.span.highest) }).addTo(PS.map);
  PS.drawLegend();
};

// Rows of a tile as objects.
PS.rowsOf = (kind, rows) => rows.map((values) => Object.fromEntries(values.map((value, k) => [PS.data.points[kind][k], value])));

PS.PointTiles = L.GridLayer.extend({
  initialize(kind) {
    this.kind = kind;
    this.hidden = new Map();
    L.GridLayer.prototype.initialize.call(this, { pane: "relief", updateWhenZooming: false, ...PS.nativeZooms(PS.data.pointZoom) });
    this.on("tileunload", ({ tile }) => this.drop(tile));
  },
  createTile(at, done) {
    const tile = PS.el("div");
    PS.jsonTile(this.kind, at.z, at.x, at.y)
      .then((found) => found && !tile.dropped && this.fill(tile, found))
      .then(() => done(null, tile), (error) => done(error, tile));
    return tile;
  },
  fill(tile, found) {
    tile.points = L.layerGroup(PS.rowsOf(this.kind, found.rows).map((row) => PS.marker(this.kind, row))).addTo(PS.map);
    if (found.more) this.hidden.set(tile, found.more);
    PS.drawCrowded();
  },
  drop(tile) {
    tile.dropped = true;
    if (tile.points) tile.points.remove();
    this.hidden.delete(tile);
    PS.drawCrowded();
  },
});

PS.SIGN_OF = {
  hamlets: (row) => (PS.verdict[row.verdict] ? [PS.verdict[row.verdict].shape, PS.verdict[row.verdict].colour, PS.RADIUS[row.verdict]] : ["dot", "#737b84", 5]),
  masts: (row) => [String(row.operators || "").includes(";") ? "shared" : "mast", PS.colourOf[row.owner] || "#7f7f7f", 4.4],
  proposals: () => ["star", "#ff3db8", 9],
  places: () => ["plus", "#5b6470", 5.5],
};

PS.marker = function (kind, row) {
  const [sign, fillColor, radius] = PS.SIGN_OF[kind](row);
  const away = PS.map.getZoom() < 10 && kind === "masts" ? 0.6 : 1;
  const made = new PS.Sign([row.lat, row.lon], { renderer: PS.renderer, pane: "vectors", sign, fillColor, radius: radius * away });
  made.on("click", (event) => {
    L.DomEvent.stopPropagation(event);
    PS.open(kind, row);
  });
  return made.bindTooltip(() => PS.el("span", { text: row.name || row.mast_id || row.station_id || "" }), { direction: "top", offset: [0, -8] });
};

PS.OutlineTiles = L.GridLayer.extend({
  createTile(at, done) {
    const tile = PS.el("div");
    PS.jsonTile("communes", at.z, at.x, at.y)
      .then((found) => found && !tile.dropped && this.fill(tile, found))
      .then(() => done(null, tile), (error) => done(error, tile));
    return tile;
  },
  fill(tile, { lines, names }) {
    const drawn = { renderer: PS.outlineRenderer, pane: "outlines", interactive: false };
    const labels = names.map(([lat, lon, name]) =>
      L.marker([lat, lon], { interactive: false, keyboard: false, pane: "labels", icon: L.divIcon({ className: "ps-name ps-name-commune", iconSize: null, html: PS.el("span", { text: name }) }) }));
    tile.points = L.layerGroup([
      L.polyline(lines, { ...drawn, color: "#fff", weight: 3, opacity: 0.55 }),
      L.polyline(lines, { ...drawn, color: "#4a3b52", weight: 1.2, opacity: 0.9, dashArray: "6 3" }),
      ...(PS.map.getZoom() >= 9 ? labels : []),
    ]).addTo(PS.map);
  },
});

PS.drawCrowded = function () {
  const hidden = ["hamlets", "masts"].reduce((sum, kind) => sum + (PS.map.hasLayer(PS.overlays[kind]) ? [...PS.overlays[kind].hidden.values()].reduce((a, b) => a + b, 0) : 0), 0);
  PS.byId("ps-crowded").hidden = !hidden;
  PS.byId("ps-crowded").textContent = PS.t("crowded").replace("{n}", PS.number(hidden));
};

PS.buildOverlays = function () {
  PS.renderer = L.canvas({ pane: "vectors", padding: 0.2, tolerance: L.Browser.mobile ? 10 : 4 });
  PS.outlineRenderer = L.canvas({ pane: "outlines", padding: 0.2 });
  PS.overlays = Object.fromEntries(Object.keys(PS.data.points).map((kind) => [kind, new PS.PointTiles(kind)]));
  PS.overlays.communes = new PS.OutlineTiles({ pane: "relief", updateWhenZooming: false, ...PS.nativeZooms(PS.data.pointZoom) });
  PS.overlays.communes.on("tileunload", ({ tile }) => ((tile.dropped = true), tile.points && tile.points.remove()));
  PS.overlays.relief = L.imageOverlay(PS.data.relief.picture, PS.data.relief.bounds, { pane: "relief", interactive: false, alt: "" });
};
