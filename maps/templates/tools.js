// The buttons beside the map: zoom, full screen, measure, print, side panel.
PS.wireTools = function () {
  const on = (id, action) => PS.byId(id).addEventListener("click", action);
  on("ps-zoom-in", () => PS.map.zoomIn());
  on("ps-zoom-out", () => PS.map.zoomOut());
  on("ps-zoom-all", PS.fitHome);
  on("ps-print", () => window.print());
  window.addEventListener("beforeprint", () => PS.printView(true));
  window.addEventListener("afterprint", () => PS.printView(false));
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
    else if (PS.swipe.on) PS.swipe.set(false);
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

// The sheet that is printed: title, map as large as the sheet, legend, scale, north, source, date.
PS.printView = function (on) {
  const legend = PS.byId("ps-legend");
  if (on) PS.beforePrint = { bounds: PS.map.getBounds(), centre: PS.map.getCenter(), zoom: PS.map.getZoom(), open: legend.open };
  const before = PS.beforePrint;
  if (!before) return;
  document.body.classList.toggle("ps-printing", on);
  legend.open = on || before.open;
  if (on) PS.drawSheet();
  else PS.beforePrint = null;
  PS.map.invalidateSize({ animate: false, pan: false });
  if (on) PS.map.fitBounds(PS.withoutMargin(before.bounds), { animate: false, paddingTopLeft: [230, 40] });
  else PS.map.setView(before.centre, before.zoom, { animate: false });
};

// What of the view holds data: a sheet has no room for empty margins.
PS.withoutMargin = function (view) {
  const home = L.latLngBounds(PS.home);
  if (!view.intersects(home)) return view;
  const [south, north] = [Math.max(view.getSouth(), home.getSouth()), Math.min(view.getNorth(), home.getNorth())];
  const [west, east] = [Math.max(view.getWest(), home.getWest()), Math.min(view.getEast(), home.getEast())];
  return L.latLngBounds([south, west], [north, east]);
};

PS.drawSheet = function () {
  const { technology, operator } = PS.state;
  const shown = technology ? `${technology}${operator ? " · " + operator : ""} · ${PS.t(Object.fromEntries(PS.VIEWS)[PS.view()])}` : "";
  const sources = PS.data.dataVersions.map(([name, hash]) => `${name} ${hash}`).join("; ");
  const assumptions = PS.data.assumptions[PS.state.language].map(([label, value]) => `${label}: ${value}`).join("; ");
  PS.byId("ps-printed-title").textContent = PS.data.title;
  PS.byId("ps-printed-shown").textContent = [shown, `${PS.t("as_of")} ${PS.date(PS.data.asOf)}`, PS.t("predicted"), PS.data.synthetic ? PS.t("synthetic") : ""].filter(Boolean).join(" · ");
  PS.byId("ps-printed-source").textContent = `${PS.t("source")}: ${PS.t("attribution")}. ${assumptions}. ${PS.t("data_versions")}: ${sources}`;
};
