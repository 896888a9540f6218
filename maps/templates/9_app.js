// Tools, permalink and start. Python calls PS.start with folium's map and its picture overlays.
PS.wireTools = function () {
  const on = (id, action) => PS.byId(id).addEventListener("click", action);
  on("ps-zoom-in", () => PS.map.zoomIn());
  on("ps-zoom-out", () => PS.map.zoomOut());
  on("ps-zoom-all", PS.fitHome);
  on("ps-print", () => window.print());
  on("ps-fullscreen", () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()));
  on("ps-hide", () => {
    const hidden = document.body.classList.toggle("ps-wide");
    const button = PS.byId("ps-hide");
    button.setAttribute("aria-pressed", String(hidden));
    button.dataset.label = hidden ? "panel_show" : "panel_hide";
    PS.translate();
    PS.map.invalidateSize();
  });
  on("ps-measure", () => PS.measure(!PS.measuring));
  document.querySelectorAll("[data-lang]").forEach((button) => button.addEventListener("click", () => PS.speak(button.dataset.lang)));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (PS.measuring) PS.measure(false);
    else if (PS.state.selected) PS.deselect();
  });
  L.DomEvent.disableClickPropagation(PS.byId("ps-detail"));
};

PS.measure = function (on) {
  PS.measuring = on;
  PS.byId("ps-measure").setAttribute("aria-pressed", String(on));
  PS.map.getContainer().classList.toggle("ps-measuring", on);
  if (PS.ruler) PS.ruler.remove();
  PS.ruler = on ? L.polyline([], { pane: "labels", color: "#d500f9", weight: 3, dashArray: "2 6", interactive: false }).addTo(PS.map) : null;
  PS.byId("ps-measured").hidden = !on;
  PS.byId("ps-measured").textContent = PS.t("measure_help");
};

PS.measureClick = function (event) {
  if (!PS.measuring) return;
  PS.ruler.addLatLng(event.latlng);
  const points = PS.ruler.getLatLngs();
  const metres = points.slice(1).reduce((total, point, k) => total + PS.map.distance(points[k], point), 0);
  if (points.length > 1) PS.byId("ps-measured").textContent = metres < 1000 ? `${PS.number(metres)} m` : `${PS.number(metres / 1000, 2)} km`;
};

PS.speak = function (language) {
  PS.state.language = language;
  PS.translate();
  PS.drawAll();
  PS.remember();
};

PS.drawAll = function () {
  PS.byId("ps-date").textContent = PS.date(PS.data.asOf);
  PS.byId("ps-title").textContent = PS.data.title;
  document.title = PS.data.title;
  PS.byId("ps-north").querySelector("title").textContent = PS.t("north");
  PS.byId("ps-north").querySelector("text").textContent = PS.state.language === "vi" ? "B" : "N";
  const printed = PS.byId("ps-printed");
  printed.children[0].textContent = PS.data.title;
  printed.children[1].textContent = `${PS.t("as_of")} ${PS.date(PS.data.asOf)} · ${PS.t("predicted")}`;
  PS.map.attributionControl.setPrefix("Leaflet");
  if (PS.attribution) PS.map.attributionControl.removeAttribution(PS.attribution);
  PS.attribution = PS.t("attribution");
  PS.map.attributionControl.addAttribution(PS.attribution);
  PS.map.getContainer().setAttribute("role", "region");
  PS.map.getContainer().setAttribute("aria-label", PS.t("map_label"));
  PS.drawOverview();
  PS.drawLayersPage();
  PS.drawTablePage();
  PS.drawAbout();
  PS.drawLegend();
  PS.drawDetail();
};

// The address keeps the view, so that a link to the file opens what its sender saw.
PS.remember = function () {
  if (!PS.ready) return;
  const centre = PS.map.getCenter();
  const { technology, view, language, selected } = PS.state;
  const parts = [PS.map.getZoom(), centre.lat.toFixed(5), centre.lng.toFixed(5), technology || "-", view, language];
  if (selected && selected.type === "hamlet") parts.push(encodeURIComponent(selected.row.village_id));
  history.replaceState(null, "", "#" + parts.join("/"));
};

PS.recall = function () {
  const [zoom, lat, lon, technology, view, language, hamlet] = location.hash.slice(1).split("/");
  const numbers = [zoom, lat, lon].map(Number);
  if (!zoom || numbers.some((n) => !Number.isFinite(n))) return null;
  if (technology === "-" || PS.data.coverage.some((c) => c.technology === technology)) PS.state.technology = technology === "-" ? null : technology;
  if (view === "p" || view === "level") PS.state.view = view;
  if (language === "vi" || language === "en") PS.state.language = language;
  let id = null;
  try {
    id = hamlet ? decodeURIComponent(hamlet) : null;
  } catch {
    id = null; // a link that was cut short opens the map without a hamlet
  }
  return { zoom: numbers[0], centre: [Math.max(-85, Math.min(85, numbers[1])), numbers[2]], id };
};

PS.start = function (map, overlays, bounds) {
  PS.map = map;
  PS.overlays = overlays;
  const offered = PS.data.coverage.map((c) => c.technology);
  PS.state.technology = offered.includes("4G") ? "4G" : offered[0] || null;
  const link = PS.recall();
  PS.prepare();
  PS.shown = PS.villages;
  PS.fitHome = () => map.fitBounds(bounds, { animate: false, paddingTopLeft: PS.onPhone() ? [0, 40] : [260, 30], paddingBottomRight: [PS.onPhone() ? 0 : 40, 20] });
  PS.fitHome();
  if (link) map.setView(link.centre, link.zoom, { animate: false });
  PS.buildLayers();
  ["communes", "places", "masts", "hamlets", "proposals"].forEach((name) => PS.layers[name].addTo(map));
  PS.translate();
  PS.byId("ps-synthetic").hidden = !PS.data.synthetic;
  if (PS.onPhone()) PS.byId("ps-legend").open = false;
  PS.openTab("overview", false);
  PS.drawAll();
  PS.showCoverage();
  PS.scaleSigns();
  PS.labels.draw();
  PS.buildIndex();
  PS.wireTabs();
  PS.wireSearch();
  PS.wireTools();
  L.control.scale({ imperial: false, maxWidth: 160, position: "bottomleft" }).addTo(map);
  map.on("zoomend", PS.scaleSigns);
  map.on("moveend", () => {
    PS.labels.draw();
    if (PS.filter.inView) PS.drawTable();
    PS.remember();
  });
  map.on("click", (event) => (PS.measuring ? PS.measureClick(event) : PS.state.selected && PS.deselect()));
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
  PS.ready = true;
  if (link && link.id && PS.villageById.has(link.id)) PS.select("hamlet", PS.villageById.get(link.id));
  document.documentElement.dataset.ready = "true";
};
window.PS = PS;
