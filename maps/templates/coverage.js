// Which coverage is shown: all operators or one, by level, by probability, or who serves best; or what one mast
// or proposed station covers by itself.
PS.VIEWS = [["level", "show_level"], ["p", "show_probability"], ["best", "show_best"]];

PS.rule = (technology) => PS.data.coverage.find((c) => c.technology === technology);

PS.classPalette = function (technology, view) {
  const { colours, classes } = PS.rule(technology)[view];
  return Uint32Array.from(classes, (shown) => (shown ? PS.pixelOf(colours[shown - 1]) : 0));
};

// Operator's colour, lighter and darker from mast to mast, so that neighbours can be told apart.
PS.bestColours = function () {
  const shade = (colour, mast) => {
    const mix = [0, 0.28, 0.52][mast % 3];
    return "#" + [1, 3, 5].map((k) => Math.round(parseInt(colour.slice(k, k + 2), 16) * (1 - mix) + 255 * mix).toString(16).padStart(2, "0")).join("");
  };
  return PS.cells.map((cell) => shade(PS.colourOf[cell.operator] || "#7f7f7f", cell.mast));
};

PS.darker = (colour) => "#" + [1, 3, 5].map((k) => Math.round(parseInt(colour.slice(k, k + 2), 16) * 0.62).toString(16).padStart(2, "0")).join("");

// The footprint that the selection asks for: its raster, or null.
PS.selectedFootprint = async function () {
  const { selected } = PS.state;
  if (PS.swipe.on || !selected || !["mast", "proposal"].includes(selected.type)) return null;
  const [kind, id] = selected.type === "mast" ? ["masts", selected.row.mast_id] : ["proposals", selected.row.station_id];
  const found = await PS.footprint(kind, id);
  if (!found) return null;
  const technologies = Object.keys(found).sort();
  if (!technologies.includes(PS.state.own)) PS.state.own = technologies.includes(PS.state.technology) ? PS.state.technology : technologies[technologies.length - 1];
  return { title: id, technologies, technology: PS.state.own, raster: found[PS.state.own] };
};

PS.coverageSource = async function () {
  const own = await PS.selectedFootprint();
  PS.own = own;
  if (own) return { raster: own.raster, palette: PS.classPalette(own.technology, PS.classView()) };
  const { technology, operator } = PS.state;
  if (!technology) return null;
  if (PS.view() === "best") {
    const raster = await PS.raster(PS.rasterNumber("best", technology));
    const colours = PS.bestColours();
    const palette = (change) => Uint32Array.from([0, ...colours.map((colour) => PS.pixelOf(change(colour)))]);
    return { raster, palette: palette((colour) => colour), edges: palette(PS.darker) };
  }
  const number = PS.rasterNumber("level", technology, operator);
  if (number < 0) return null; // the operator has nothing of this technology
  const raster = await PS.raster(number);
  return { raster, palette: PS.classPalette(technology, PS.classView()), after: PS.swipe.on ? await PS.afterPlan(technology, raster, number) : null };
};

// Best servers are known over all operators only, and not while before and after are compared.
PS.view = function () {
  const best = PS.state.view === "best" && !PS.swipe.on && !PS.state.operator && PS.rasterNumber("best", PS.state.technology) >= 0;
  return best ? "best" : PS.classView();
};
PS.classView = () => (PS.state.view === "p" ? "p" : "level");

// What tells one picture from another: the same one is not painted again.
PS.coverageKey = () => JSON.stringify([PS.own && [PS.own.title, PS.own.technology], PS.state.technology, PS.state.operator, PS.view(), PS.swipe.on]);

// The last call wins: a raster that is unpacked late does not replace what was asked for since.
PS.showCoverage = async function () {
  const asked = (PS.asked = (PS.asked || 0) + 1);
  PS.map.getPane("coverage").style.opacity = PS.state.opacity;
  const source = await PS.coverageSource();
  if (asked !== PS.asked) return;
  const key = PS.coverageKey();
  if (key !== PS.painted) {
    PS.coverage.show(source);
    PS.drawLegend();
    PS.painted = key;
  }
  PS.drawFootprintChoice();
  PS.byId("ps-view-note").textContent = PS.viewNote();
  PS.remember();
};

// Why the picture is not quite what was asked for.
PS.viewNote = function () {
  const { technology, operator, view } = PS.state;
  if (!technology) return "";
  if (operator && PS.rasterNumber("level", technology, operator) < 0) return PS.t("view_nothing");
  if (view === "best" && PS.view() !== "best") return PS.t("view_best_all");
  return "";
};

PS.coverageSettings = function () {
  const { state, data } = PS;
  const set = (key) => (value) => ((state[key] = value), PS.showCoverage().then(PS.drawTable));
  const segment = (name, key, options) => PS.el("div", { class: "ps-segments", id: `ps-${name}`, role: "radiogroup", "aria-label": PS.t(name) },
    ...options.map(([value, label]) => PS.choice("radio", name, label, state[key] === value, () => set(key)(value))));
  const opacity = PS.el("input", { type: "range", min: 0.2, max: 1, step: 0.05, value: state.opacity, id: "ps-opacity" });
  opacity.addEventListener("input", () => {
    state.opacity = Number(opacity.value);
    PS.map.getPane("coverage").style.opacity = state.opacity;
    PS.drawLegend();
  });
  opacity.addEventListener("change", PS.remember);
  const operators = [...new Set(data.rasters.filter((r) => r.operator).map((r) => r.operator))];
  const names = data.operators.map((o) => o.name).filter((name) => operators.includes(name));
  const operator = PS.el("select", { id: "ps-operator", "aria-label": PS.t("operator") },
    PS.el("option", { value: "", text: PS.t("all_operators") }), ...names.map((n) => PS.el("option", { value: n, text: n, selected: n === state.operator })));
  operator.addEventListener("change", () => set("operator")(operator.value || null));
  const views = PS.VIEWS.filter(([view]) => view !== "best" || data.rasters.some((r) => r.what === "best"));
  return PS.el("fieldset", {}, PS.el("legend", { text: PS.t("coverage") }),
    segment("technology", "technology", [[null, PS.t("coverage_none")], ...data.coverage.map((c) => [c.technology, c.technology])]),
    names.length ? operator : null,
    segment("view", "view", views.map(([view, word]) => [view, PS.t(word)])),
    PS.el("label", { class: "ps-slider", for: "ps-opacity" }, PS.el("span", { text: PS.t("opacity") }), opacity),
    PS.el("p", { class: "ps-hint", id: "ps-view-note" }));
};

// The cell that serves a place best, where the view of best servers is shown.
PS.bestCellAt = async function (latlng) {
  if (!PS.state.technology || PS.view() !== "best" || PS.own) return null;
  const value = PS.valueAt(await PS.raster(PS.rasterNumber("best", PS.state.technology)), latlng);
  return value ? PS.cells[value - 1] : null;
};
