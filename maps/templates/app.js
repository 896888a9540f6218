// Start, language, and what must be drawn again when either changes. Python calls PS.start with folium's map.
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
  PS.drawMonths();
  PS.swipe.draw();
  PS.drawDetail();
};

PS.fitHome = function () {
  const phone = PS.onPhone();
  PS.map.fitBounds(PS.home, { animate: false, paddingTopLeft: phone ? [4, 40] : [270, 54], paddingBottomRight: phone ? [4, 30] : [56, 34] });
};

PS.start = function (map, relief, bounds) {
  PS.map = map;
  PS.relief = relief;
  PS.home = bounds;
  const offered = PS.data.coverage.map((c) => c.technology);
  PS.state.technology = offered.includes("4G") ? "4G" : offered[0] || null;
  PS.prepare();
  PS.state.month = PS.lastMonth();
  const link = PS.recall();
  PS.shown = PS.villages;
  document.body.classList.toggle("ps-sheet", PS.onPhone()); // half map, half overview: neither is blank
  PS.translate();
  PS.byId("ps-synthetic").hidden = !PS.data.synthetic;
  if (PS.onPhone()) PS.byId("ps-legend").open = false;
  PS.openTab("overview", false);
  map.invalidateSize({ animate: false });
  PS.fitHome();
  if (link.centre) map.setView(link.centre, link.zoom, { animate: false });
  PS.coverage = new PS.RasterLayer().addTo(map);
  PS.buildLayers();
  const shown = link.layers || ["communes", "coast", "labels", "relief", "places", "links", "masts", "hamlets", "proposals"];
  PS.labels.shown = shown.includes("labels");
  PS.OVERLAYS.filter((name) => name !== "labels").forEach((name) => (shown.includes(name) ? PS.layers[name].addTo(map) : PS.layers[name].remove()));
  PS.ORDER.forEach((name) => map.hasLayer(PS.layers[name]) && PS.layers[name].bringToFront());
  PS.drawAll();
  PS.scaleSigns();
  PS.buildIndex();
  PS.wireTabs();
  PS.wireSearch();
  PS.wireTools();
  PS.swipe.wire();
  L.control.scale({ imperial: false, maxWidth: 160, position: "bottomleft" }).addTo(map);
  PS.wireMap();
  PS.ready = true;
  PS.applyFilter();
  if (link.swipe !== undefined) PS.swipe.set(true);
  const target = PS.linked(link.selected);
  if (target) PS.select(...target);
  PS.showCoverage().then(() => (document.documentElement.dataset.ready = "true"));
};

PS.wireMap = function () {
  PS.map.on("zoomend", PS.scaleSigns);
  PS.map.on("moveend", () => {
    PS.labels.draw();
    if (PS.filter.inView) PS.drawTable();
    PS.remember();
  });
  PS.map.on("click", async (event) => {
    if (PS.measuring) return PS.measureClick(event);
    const cell = await PS.bestCellAt(event.latlng);
    if (cell) PS.select("mast", PS.masts[cell.mast], false, cell.cell_id);
    else if (PS.state.selected) PS.deselect();
  });
  new ResizeObserver(() => PS.map.invalidateSize({ animate: false })).observe(PS.map.getContainer());
};
window.PS = PS;
