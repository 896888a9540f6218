// The legend: what the signs and colours on the map mean just now.
PS.drawLegend = function () {
  const body = PS.byId("ps-legend-body");
  const line = (sign, text) => PS.el("li", {}, sign, PS.el("span", { text }));
  const block = (title, ...lines) => PS.el("section", { class: lines.length > 4 && title === PS.t("masts") ? "ps-two" : null }, PS.el("h2", { text: title }), PS.el("ul", {}, ...lines));
  const parts = [];
  const technology = PS.own ? PS.own.technology : PS.state.technology;
  if (technology) parts.push(PS.coverageLegend(PS.rule(technology), block, line));
  if (PS.layerShown("hamlets")) parts.push(block(PS.t("hamlets"), ...PS.data.verdicts.map((v) => line(PS.signPicture(v.shape, v.colour), PS.t("verdict." + v.code)))));
  const others = [];
  if (PS.layerShown("masts")) {
    PS.data.operators.slice(0, 7).forEach((o) => others.push(line(PS.signPicture("mast", o.colour, 24, 6), o.name)));
    others.push(line(PS.signPicture("shared", "#d9d9d9", 24, 6), PS.t("mast_shared")));
  }
  if (others.length) parts.push(block(PS.t("masts"), ...others));
  const more = [["proposals", "star", "#ff3db8"], ["places", "plus", "#5b6470"]]
    .filter(([name]) => PS.layerShown(name) && PS.layers[name].getLayers().length)
    .map(([name, sign, colour]) => line(PS.signPicture(sign, colour, 24, 7), PS.t(name)));
  if (PS.OVERLAYS.includes("links") && PS.layerShown("links")) {
    const kinds = Object.keys(PS.LINK_STYLE).filter((kind) => PS.links.some((link) => link.backhaul === kind));
    kinds.forEach((kind) => more.push(line(PS.el("span", { class: `ps-sign ps-line-${kind}`, "aria-hidden": "true" }), `${PS.t("backhaul")}: ${PS.code("backhaul", kind).toLowerCase()}`)));
  }
  if (PS.layerShown("plan_items")) parts.push(block(PS.t("plan_items"), ...PS.data.planStates.map(({ code, colour, sign }) => line(PS.signPicture(sign, colour, 24, 6.5), PS.t("plan_state." + code)))));
  if (more.length) parts.push(PS.el("section", {}, PS.el("ul", {}, ...more)));
  body.replaceChildren(...parts);
};

PS.coverageLegend = function (layer, block, line) {
  const whose = PS.own ? `${PS.own.title} · ` : PS.state.operator ? `${PS.state.operator} · ` : "";
  if (!PS.own && PS.view() === "best") {
    const operators = new Set(PS.cells.filter((c) => c.technology === layer.technology).map((c) => c.operator));
    const lines = PS.data.operators.filter((o) => operators.has(o.name)).map((o) => line(PS.swatch(o.colour), o.name));
    const section = block(`${layer.technology} · ${PS.t("show_best")}`, ...lines);
    section.append(PS.el("p", { class: "ps-hint", text: PS.t("best_help") }));
    return section;
  }
  const level = PS.classView() === "level";
  const { edges, colours } = layer[PS.classView()];
  const notes = ["level_weak", "level_uncertain", "level_met", "level_strong"].map((key) => PS.t(key).replace("{p}", PS.number(layer.probability * 100)));
  const value = (edge) => (level ? PS.number(edge, Number.isInteger(edge) ? 0 : 1) : PS.number(edge * 100) + " %");
  const lines = edges.map((edge, k) => {
    if (edge === edges[k + 1]) return null; // a rule with no margin leaves nothing uncertain
    const range = k + 1 === edges.length ? "≥ " + value(edge) : `${value(edge)} … ${value(edges[k + 1])}`;
    const note = level ? notes[k] : edge >= layer.probability ? PS.t("rule_met") : "";
    return PS.el("li", {}, PS.swatch(colours[k]), PS.el("span", {}, range, note ? PS.el("small", { text: " " + note }) : ""));
  });
  const section = block(`${whose}${layer.technology} · ${PS.t(level ? "level_unit" : "probability")}`, ...lines.reverse().filter(Boolean));
  section.append(PS.el("p", { class: "ps-hint", text: PS.t(level ? "not_covered" : "not_covered_p") }));
  return section;
};

PS.swatch = function (colour) {
  const swatch = PS.el("i", { class: "ps-swatch", "aria-hidden": "true" });
  swatch.style.background = colour;
  swatch.style.opacity = Math.max(0.55, PS.state.opacity);
  return swatch;
};
