// Before and after: left of the divider today's coverage, right of it with the proposed stations.
PS.swipe = {
  on: false,
  at: 0.5, // share of the map's width

  technologies: () => (PS.data.footprints || { technologies: [] }).technologies.filter((t) => PS.rule(t)),
  possible: () => PS.proposals.length > 0 && PS.swipe.technologies().length > 0,

  async set(on) {
    PS.swipe.on = on && PS.swipe.possible();
    const { state } = PS;
    const known = PS.swipe.technologies();
    if (PS.swipe.on && !known.includes(state.technology)) state.technology = known[0];
    if (PS.swipe.on && state.operator && !PS.proposals.some((p) => p.operator === state.operator)) state.operator = null;
    PS.drawLayersPage();
    PS.swipe.draw();
    await PS.showCoverage();
  },
  draw() {
    const box = PS.byId("ps-swipe");
    box.hidden = !PS.swipe.on;
    PS.swipe.signs();
    if (box.hidden) return;
    box.style.left = PS.swipe.at * 100 + "%";
    const handle = PS.byId("ps-swipe-handle");
    handle.setAttribute("aria-valuenow", String(Math.round(PS.swipe.at * 100)));
    handle.setAttribute("aria-label", PS.t("swipe"));
    box.querySelector(".ps-before").textContent = PS.t("swipe_before");
    box.querySelector(".ps-after").textContent = PS.t("swipe_after");
  },
  move(at) {
    PS.swipe.at = Math.max(0, Math.min(1, at));
    PS.swipe.draw();
    PS.coverage.draw();
  },
  // Hamlets that the plan serves: right of the divider they are marked as served.
  signs() {
    if (!PS.layers) return;
    const width = PS.map.getSize().x;
    PS.remedies.forEach((_, id) => {
      const v = PS.villageById.get(id);
      if (!v) return;
      const after = PS.swipe.on && PS.map.latLngToContainerPoint([v.lat, v.lon]).x > PS.swipe.at * width;
      const verdict = PS.verdict[v.verdict];
      const [sign, colour] = after ? ["served", "#ff3db8"] : [verdict.shape, verdict.colour];
      if (v.marker.options.sign === sign) return;
      Object.assign(v.marker.options, { sign, fillColor: colour });
      if (PS.map.hasLayer(v.marker)) v.marker.redraw();
    });
  },
  wire() {
    const handle = PS.byId("ps-swipe-handle");
    const at = (event) => {
      const box = PS.byId("ps-stage").getBoundingClientRect();
      return (event.clientX - box.left) / box.width;
    };
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      event.preventDefault();
      handle.focus();
    });
    handle.addEventListener("pointermove", (event) => handle.hasPointerCapture(event.pointerId) && PS.swipe.move(at(event)));
    handle.addEventListener("pointerup", PS.remember);
    handle.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: PS.swipe.at - 0.02, ArrowRight: PS.swipe.at + 0.02, Home: 0, End: 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      PS.swipe.move(to);
      PS.remember();
    });
    PS.map.on("move", () => PS.swipe.on && (PS.coverage.draw(), PS.swipe.signs()));
  },
};

PS.afterRasters = new Map();

// Coverage with the proposed stations of a technology; an operator's own ones where one operator is shown.
PS.afterPlan = function (technology, base, number) {
  if (!PS.afterRasters.has(number)) {
    const own = PS.proposals.filter((p) => !PS.state.operator || p.operator === PS.state.operator);
    const footprints = Promise.all(own.map((p) => PS.footprint("proposals", p.station_id)));
    PS.afterRasters.set(number, footprints.then((found) => PS.merged(base, found.filter((f) => f && f[technology]).map((f) => f[technology]))));
  }
  return PS.afterRasters.get(number);
};
