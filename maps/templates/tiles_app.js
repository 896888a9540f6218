// Start, language, search.
PS.speak = function (language) {
  PS.state.language = language;
  PS.drawAll();
};

PS.drawAll = function () {
  PS.translate();
  PS.byId("ps-title").textContent = document.title = PS.data.title;
  PS.byId("ps-date").textContent = PS.date(PS.data.asOf);
  PS.map.getContainer().setAttribute("role", "region");
  PS.map.getContainer().setAttribute("aria-label", PS.t("map_label"));
  PS.drawControls();
  PS.drawOverview();
  PS.drawLegend();
  PS.drawCrowded();
  PS.close();
};

PS.wireSearch = function () {
  const input = PS.byId("ps-search");
  const list = PS.byId("ps-found");
  const say = (text) => (PS.byId("ps-found-count").textContent = text);
  const close = () => (list.hidden = true);
  input.addEventListener("input", async () => {
    const asked = (PS.sought = (PS.sought || 0) + 1);
    const wanted = PS.plain(input.value.trim());
    if (wanted.length < 2) return close();
    const found = [];
    for (let number = 0; number < PS.data.searchParts && found.length < 12; number++) {
      for (const row of await PS.part("search", number)) {
        if (PS.plain(row[1]).includes(wanted)) found.push(row);
        if (found.length === 12) break;
      }
      if (asked !== PS.sought) return;
    }
    list.replaceChildren(...found.map(([kind, name, under, lat, lon, id]) =>
      PS.el("li", {}, PS.el("button", {
        type: "button",
        onclick: () => {
          close();
          PS.map.setView([lat, lon], Math.max(PS.map.getZoom(), 13));
          if (PS.ID[kind]) PS.open(kind, { lat, lon, name, [PS.ID[kind]]: id });
        },
      }, name, PS.el("small", { text: [PS.t(kind), under].filter(Boolean).join(" · ") })))));
    if (!found.length) list.append(PS.el("li", { text: PS.t("search_none") }));
    list.hidden = false;
    say(`${PS.number(found.length)} ${PS.t("search_found")}`);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (!list.hidden) close();
    else PS.close();
  });
};

// The whole area, beside the legend where there is room.
PS.fitHome = function () {
  const wide = PS.map.getSize().x > 760;
  PS.map.fitBounds(PS.data.span.bounds, { animate: false, paddingTopLeft: wide ? [270, 54] : [4, 40], paddingBottomRight: wide ? [56, 34] : [4, 30] });
};

PS.start = function () {
  const { data } = PS;
  PS.verdict = Object.fromEntries(data.verdicts.map((v) => [v.code, v]));
  PS.colourOf = Object.assign(Object.create(null), Object.fromEntries(data.operators.map((o) => [o.name, o.colour])));
  const technologies = [...new Set(data.layers.map((l) => l.technology))];
  PS.state.technology = technologies.includes("4G") ? "4G" : technologies[0] || null;
  PS.map = L.map("ps-map", { zoomControl: false, preferCanvas: true, minZoom: Math.max(0, data.span.lowest - 2), maxZoom: 18 });
  PS.map.attributionControl.setPrefix("Leaflet");
  PS.map.attributionControl.addAttribution(PS.t("attribution"));
  Object.entries({ relief: 210, coverage: 220, outlines: 410, vectors: 420, labels: 640 }).forEach(([name, z]) => {
    const pane = PS.map.createPane(name);
    pane.style.zIndex = z;
    if (name !== "vectors") pane.style.pointerEvents = "none";
  });
  PS.fitHome();
  PS.buildOverlays();
  PS.OVERLAYS.forEach((name) => PS.overlays[name] && PS.overlays[name].addTo(PS.map));
  PS.byId("ps-synthetic").hidden = !data.synthetic;
  PS.drawAll();
  PS.showCoverage();
  PS.wireSearch();
  L.control.scale({ imperial: false, maxWidth: 160, position: "bottomleft" }).addTo(PS.map);
  const on = (id, action) => PS.byId(id).addEventListener("click", action);
  on("ps-zoom-in", () => PS.map.zoomIn());
  on("ps-zoom-out", () => PS.map.zoomOut());
  on("ps-zoom-all", PS.fitHome);
  document.querySelectorAll("[data-lang]").forEach((button) => button.addEventListener("click", () => PS.speak(button.dataset.lang)));
  PS.map.on("click", (event) => PS.askPlace(event.latlng));
  L.DomEvent.disableClickPropagation(PS.byId("ps-detail"));
  const ready = () => (document.documentElement.dataset.ready = "true");
  if (PS.coverage) PS.coverage.once("load", ready);
  else ready();
};
PS.start();
