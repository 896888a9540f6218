// The side panel: overview, layers, assumptions; and the legend.
PS.tabs = ["overview", "layers", "table", "about"];

PS.openTab = function (name, expand = true) {
  PS.tab = name;
  PS.tabs.forEach((tab) => {
    const on = tab === name;
    PS.byId("ps-tab-" + tab).setAttribute("aria-selected", String(on));
    PS.byId("ps-tab-" + tab).tabIndex = on ? 0 : -1;
    PS.byId("ps-page-" + tab).hidden = !on;
  });
  if (expand) document.body.classList.add("ps-sheet");
};

PS.wireTabs = function () {
  PS.tabs.forEach((tab, k) => {
    const button = PS.byId("ps-tab-" + tab);
    button.addEventListener("click", () => {
      const again = PS.tab === tab && document.body.classList.contains("ps-sheet");
      PS.openTab(tab);
      if (again) document.body.classList.remove("ps-sheet"); // on a phone a second tap lowers the sheet
    });
    button.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = PS.tabs[(k + step + PS.tabs.length) % PS.tabs.length];
      PS.openTab(next);
      PS.byId("ps-tab-" + next).focus();
    });
  });
};

PS.sum = (rows, key) => rows.reduce((total, row) => total + (row[key] || 0), 0);

PS.drawOverview = function () {
  const page = PS.byId("ps-page-overview");
  const dead = PS.villages.filter((v) => PS.verdict[v.verdict].rank < 2);
  const inCommune = PS.villages.filter((v) => (!PS.filter.commune || v.commune === PS.filter.commune) && (v.population || 0) >= PS.filter.people);
  const most = Math.max(1, ...PS.data.verdicts.map((x) => inCommune.filter((v) => v.verdict === x.code).length));
  const bars = PS.data.verdicts.map((verdict) => {
    const rows = inCommune.filter((v) => v.verdict === verdict.code);
    const bar = PS.el("span", { class: "ps-bar" });
    bar.style.width = (100 * rows.length) / most + "%";
    bar.style.background = verdict.colour;
    const on = PS.filter.verdicts.has(verdict.code);
    return PS.el(
      "button",
      {
        type: "button", class: "ps-verdict", "data-verdict": verdict.code, "aria-pressed": String(on), title: PS.t("help." + verdict.code),
        onclick: () => {
          if (on) PS.filter.verdicts.delete(verdict.code);
          else PS.filter.verdicts.add(verdict.code);
          PS.applyFilter();
          page.querySelector(`[data-verdict="${verdict.code}"]`).focus();
        },
      },
      PS.signPicture(verdict.shape, verdict.colour),
      PS.el("span", { class: "ps-verdict-name", text: PS.t("verdict." + verdict.code) }),
      PS.el("span", { class: "ps-verdict-count" }, PS.el("b", { text: PS.number(rows.length) }), ` · ${PS.number(PS.sum(rows, "population"))} ${PS.t("people")}`),
      PS.el("span", { class: "ps-track" }, bar)
    );
  });
  page.replaceChildren(
    PS.data.synthetic ? PS.el("p", { class: "ps-warn", text: PS.t("synthetic_help") }) : "",
    PS.el("div", { class: "ps-cards" },
      PS.card(PS.number(dead.length), PS.t("dead_zones"), PS.number(PS.sum(dead, "population")) + " " + PS.t("people"), "bad"),
      PS.proposals.length ? PS.card(PS.number(PS.proposals.length), PS.t("proposals").toLowerCase(), "+" + PS.number(PS.sum(PS.proposals, "people_served")) + " " + PS.t("newly_served"), "good") : null
    ),
    PS.el("h2", { text: PS.t("hamlets") }),
    PS.el("p", { class: "ps-hint" }, `${PS.number(PS.shown.length)} ${PS.t("of")} ${PS.number(PS.villages.length)} ${PS.t("shown")}. ${PS.t("click_filter")}`),
    PS.el("div", { class: "ps-verdicts" }, ...bars),
    PS.proposals.length ? PS.proposalList() : "",
    PS.plans.length ? PS.planList() : ""
  );
};

PS.card = (figure, caption, under, tone) =>
  PS.el("div", { class: "ps-card ps-" + tone }, PS.el("b", { text: figure }), PS.el("span", { text: caption }), PS.el("small", { text: under }));

PS.proposalList = function () {
  const cost = PS.sum(PS.proposals, "cost_million_vnd");
  return PS.el("details", { class: "ps-fold", open: PS.proposals.length <= 12 },
    PS.el("summary", {}, PS.el("h2", { text: PS.t("proposals") }), PS.el("span", { class: "ps-hint", text: `${PS.t("total_cost")}: ${PS.number(cost)} ${PS.t("million_vnd")}` })),
    PS.el("ul", { class: "ps-list" }, ...PS.proposals.map((p) =>
      PS.el("li", {}, PS.el("button", { type: "button", class: "ps-row", onclick: () => PS.select("proposal", p, true) },
        PS.signPicture("star", "#ff3db8", 24, 7),
        PS.el("span", {}, PS.el("b", { text: p.station_id }), PS.el("small", { text: PS.code("host", p.host_kind) + (p.shared_with ? ` · ${p.shared_with}` : "") })),
        PS.el("span", { class: "ps-right" }, PS.el("b", { text: "+" + PS.number(p.people_served) }), PS.el("small", { text: `${PS.number(p.cost_million_vnd)} ${PS.t("million_vnd")}` }))))))
  );
};

PS.planList = function () {
  const groups = new Map();
  PS.plans.forEach((item) => {
    const key = JSON.stringify([item.plan_id, item.kind]);
    groups.set(key, (groups.get(key) || []).concat(item));
  });
  const heads = ["plan", "items", "claimed", "supported", "contradicted", "not_checkable"];
  const rows = [...groups].sort(([a], [b]) => a.localeCompare(b)).map(([key, items]) => {
    const [plan, kind] = JSON.parse(key);
    const claimed = items.filter((i) => i.claimed);
    const counts = [items, claimed, ...["supported", "contradicted", "not_checkable"].map((code) => claimed.filter((i) => i.support === code))];
    return PS.el("tr", {}, PS.el("th", { scope: "row" }, PS.el("b", { text: plan }), PS.el("small", { text: PS.code("plan_kind", kind) })),
      ...counts.map((list) => PS.el("td", { class: "ps-n", text: PS.number(list.length) })));
  });
  return PS.el("div", { class: "ps-plan-list" }, PS.el("h2", { text: PS.t("plans") }),
    PS.el("table", { class: "ps-small" },
      PS.el("thead", {}, PS.el("tr", {}, ...heads.map((k, i) => PS.el("th", { scope: "col", class: i ? "ps-n" : null, text: PS.t(k) })))),
      PS.el("tbody", {}, ...rows)));
};

PS.choice = function (type, name, label, checked, change, sign = null) {
  const input = PS.el("input", { type, name, checked, "data-name": label });
  input.addEventListener("change", () => change(input.checked));
  return PS.el("label", { class: "ps-choice" }, input, sign, PS.el("span", { text: label }));
};

PS.drawLayersPage = function () {
  const { state, data } = PS;
  const technologies = [null, ...data.coverage.map((c) => c.technology)];
  const opacity = PS.el("input", { type: "range", min: 0.2, max: 1, step: 0.05, value: state.opacity, id: "ps-opacity" });
  opacity.addEventListener("input", () => {
    state.opacity = Number(opacity.value);
    PS.showCoverage();
  });
  const view = (key, word) => PS.choice("radio", "view", PS.t(word), state.view === key, () => ((state.view = key), PS.showCoverage()));
  PS.byId("ps-page-layers").replaceChildren(
    PS.el("fieldset", {}, PS.el("legend", { text: PS.t("coverage") }),
      PS.el("div", { class: "ps-segments", id: "ps-technologies" }, ...technologies.map((t) =>
        PS.choice("radio", "technology", t || PS.t("coverage_none"), state.technology === t, () => ((state.technology = t), PS.showCoverage())))),
      PS.el("div", { class: "ps-segments" }, view("level", "show_level"), view("p", "show_probability")),
      PS.el("label", { class: "ps-slider", for: "ps-opacity" }, PS.el("span", { text: PS.t("opacity") }), opacity)),
    PS.el("fieldset", {}, PS.el("legend", { text: PS.t("layers") }),
      ...PS.OVERLAYS.map((name) => {
        const choice = PS.choice("checkbox", "layer", PS.t(name), PS.layerShown(name), (on) => PS.showLayer(name, on), PS.layerSign(name));
        choice.firstChild.dataset.layer = name;
        return choice;
      })),
    PS.el("fieldset", {}, PS.el("legend", { text: PS.t("masts") + " · " + PS.t("operators").toLowerCase() }),
      ...data.operators.map(({ name, colour }) =>
        PS.choice("checkbox", "operator", name, PS.operatorsShown.has(name), (on) => {
          if (on) PS.operatorsShown.add(name);
          else PS.operatorsShown.delete(name);
          PS.applyOperators();
        }, PS.signPicture("mast", colour, 24, 6))))
  );
};

PS.layerSign = function (name) {
  const signs = { hamlets: ["cross", "#b2182b"], masts: ["mast", "#0072b2"], proposals: ["star", "#ff3db8"], plan_items: ["flag", "#01665e"], places: ["plus", "#5b6470"] };
  return signs[name] ? PS.signPicture(...signs[name], 24, 6) : PS.el("span", { class: "ps-sign ps-line-" + name, "aria-hidden": "true" });
};

PS.drawAbout = function () {
  const pairs = (rows) => PS.el("dl", { class: "ps-pairs" }, ...rows.flatMap(([label, value]) => [PS.el("dt", { text: label }), PS.el("dd", { text: value })]));
  const pixel = [PS.t("picture_pixel"), PS.number(PS.data.picturePixelM) + " m"];
  PS.byId("ps-page-about").replaceChildren(
    PS.el("p", { class: "ps-note" }, PS.el("b", { text: PS.t("predicted") + ". " }), PS.t("predicted_help")),
    PS.data.synthetic ? PS.el("p", { class: "ps-warn" }, PS.el("b", { text: PS.t("synthetic") + ". " }), PS.t("synthetic_help")) : "",
    PS.el("h2", { text: PS.t("assumptions") }),
    PS.el("table", { class: "ps-small" }, PS.el("tbody", {}, ...PS.data.coverage.map((c) =>
      PS.el("tr", {}, PS.el("th", { scope: "row", text: `${PS.t("threshold")} ${c.technology}` }), PS.el("td", { class: "ps-n", text: `${PS.number(c.threshold)} dBm` }), PS.el("td", { class: "ps-n", text: `P ≥ ${PS.number(c.probability * 100)} %: ≥ ${PS.number(c.required, 1)} dBm` }))))),
    pairs([...PS.data.assumptions[PS.state.language], pixel]),
    PS.el("h2", { text: PS.t("verdict") }),
    PS.el("dl", { class: "ps-signs" }, ...PS.data.verdicts.map((v) => PS.el("div", {}, PS.signPicture(v.shape, v.colour), PS.el("dt", { text: PS.t("verdict." + v.code) }), PS.el("dd", { text: PS.t("help." + v.code) })))),
    PS.el("h2", { text: PS.t("data_versions") }),
    pairs(PS.data.dataVersions)
  );
};

PS.drawLegend = function () {
  const body = PS.byId("ps-legend-body");
  const line = (sign, text) => PS.el("li", {}, sign, PS.el("span", { text }));
  const block = (title, ...lines) => PS.el("section", { class: lines.length > 4 && title === PS.t("masts") ? "ps-two" : null }, PS.el("h2", { text: title }), PS.el("ul", {}, ...lines));
  const parts = [];
  const layer = PS.data.coverage.find((c) => c.technology === PS.state.technology);
  if (layer) parts.push(PS.coverageLegend(layer, block, line));
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
  if (PS.layerShown("plan_items")) parts.push(block(PS.t("plan_items"), ...Object.entries(PS.SUPPORT).map(([code, colour]) => line(PS.signPicture("flag", colour, 24, 6.5), PS.t("support." + code)))));
  if (more.length) parts.push(PS.el("section", {}, PS.el("ul", {}, ...more)));
  body.replaceChildren(...parts);
};

PS.coverageLegend = function (layer, block, line) {
  const level = PS.state.view === "level";
  const { edges, colours } = layer[PS.state.view];
  const notes = ["level_weak", "level_uncertain", "level_met", "level_strong"].map((key) => PS.t(key).replace("{p}", PS.number(layer.probability * 100)));
  const dbm = (edge) => PS.number(edge, Number.isInteger(edge) ? 0 : 1);
  const lines = edges.map((edge, k) => {
    if (edge === edges[k + 1]) return null; // a rule with no margin leaves nothing uncertain
    const swatch = PS.el("i", { class: "ps-swatch", "aria-hidden": "true" });
    swatch.style.background = colours[k];
    swatch.style.opacity = Math.max(0.55, PS.state.opacity);
    const next = edges[k + 1];
    const value = level ? dbm(edge) : PS.number(edge * 100) + " %";
    const end = next === undefined ? null : level ? dbm(next) : PS.number(next * 100) + " %";
    const range = end === null ? "≥ " + value : `${value} … ${end}`;
    const note = level ? notes[k] : edge >= layer.probability ? PS.t("rule_met") : "";
    return PS.el("li", {}, swatch, PS.el("span", {}, range, note ? PS.el("small", { text: " " + note }) : ""));
  });
  lines.reverse();
  const title = `${layer.technology} · ${PS.t(level ? "level_unit" : "probability")}`;
  const section = block(title, ...lines.filter(Boolean));
  section.append(PS.el("p", { class: "ps-hint", text: PS.t(level ? "not_covered" : "not_covered_p") }));
  return section;
};
