// The side panel: overview, layers, assumptions.
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
  const dead = PS.villages.filter(PS.isDead);
  const inCommune = PS.villages.filter(PS.passesBeside);
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
  const cost = PS.sum(PS.proposals, "cost");
  return PS.el("details", { class: "ps-fold", open: PS.proposals.length <= 12 },
    PS.el("summary", {}, PS.el("h2", { text: PS.t("proposals") }), PS.el("span", { class: "ps-hint", text: `${PS.t("total_cost")}: ${PS.money(cost)}` })),
    PS.el("ul", { class: "ps-list" }, ...PS.proposals.map((p) =>
      PS.el("li", {}, PS.el("button", { type: "button", class: "ps-row", onclick: () => PS.select("proposal", p, true) },
        PS.signPicture("star", "#ff3db8", 24, 7),
        PS.el("span", {}, PS.el("b", { text: p.station_id }), PS.el("small", { text: PS.code("host", p.host_kind) + (p.shared_with ? ` · ${p.shared_with}` : "") })),
        PS.el("span", { class: "ps-right" }, PS.el("b", { text: "+" + PS.number(p.people_served) }), PS.el("small", { text: PS.money(p.cost) }))))))
  );
};

PS.choice = function (type, name, label, checked, change, sign = null) {
  const input = PS.el("input", { type, name, checked, "data-name": label });
  input.addEventListener("change", () => change(input.checked));
  return PS.el("label", { class: "ps-choice" }, input, sign, PS.el("span", { text: label }));
};

PS.drawLayersPage = function () {
  const { data } = PS;
  const swipe = PS.swipe.possible() ? PS.choice("checkbox", "swipe", PS.t("swipe"), PS.swipe.on, (on) => PS.swipe.set(on)) : null;
  PS.byId("ps-page-layers").replaceChildren(
    PS.coverageSettings(),
    swipe ? PS.el("fieldset", {}, PS.el("legend", { text: PS.t("proposals") }), swipe, PS.el("p", { class: "ps-hint", text: PS.t("swipe_help") })) : "",
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
  const signs = { hamlets: ["cross", "#b2182b"], masts: ["mast", "#0072b2"], proposals: ["star", "#ff3db8"], plan_items: ["flag_tick", "#0b4f6c"], places: ["plus", "#5b6470"] };
  return signs[name] ? PS.signPicture(...signs[name], 24, 6) : PS.el("span", { class: "ps-sign ps-line-" + name, "aria-hidden": "true" });
};

PS.drawAbout = function () {
  const pairs = (rows) => PS.el("dl", { class: "ps-pairs" }, ...rows.flatMap(([label, value]) => [PS.el("dt", { text: label }), PS.el("dd", { text: value })]));
  PS.byId("ps-page-about").replaceChildren(
    PS.el("p", { class: "ps-note" }, PS.el("b", { text: PS.t("predicted") + ". " }), PS.t("predicted_help")),
    PS.data.synthetic ? PS.el("p", { class: "ps-warn" }, PS.el("b", { text: PS.t("synthetic") + ". " }), PS.t("synthetic_help")) : "",
    PS.el("h2", { text: PS.t("assumptions") }),
    PS.el("table", { class: "ps-small" }, PS.el("tbody", {}, ...PS.data.coverage.map((c) =>
      PS.el("tr", {}, PS.el("th", { scope: "row", text: `${PS.t("threshold")} ${c.technology}` }), PS.el("td", { class: "ps-n", text: `${PS.number(c.threshold)} dBm` }), PS.el("td", { class: "ps-n", text: `P ≥ ${PS.number(c.probability * 100)} %: ≥ ${PS.number(c.required, 1)} dBm` }))))),
    pairs([...PS.data.assumptions[PS.state.language], ...PS.pixels()]),
    PS.el("h2", { text: PS.t("verdict") }),
    PS.el("dl", { class: "ps-signs" }, ...PS.data.verdicts.map((v) => PS.el("div", {}, PS.signPicture(v.shape, v.colour), PS.el("dt", { text: PS.t("verdict." + v.code) }), PS.el("dd", { text: PS.t("help." + v.code) })))),
    PS.el("h2", { text: PS.t("data_versions") }),
    pairs(PS.data.dataVersions)
  );
};

// How fine the pictures are; those of single masts and operators may be coarser than the coverage.
PS.pixels = function () {
  const ground = (pixel) => PS.number(pixel * Math.cos((PS.map.getCenter().lat * Math.PI) / 180)) + " m";
  const first = (test) => PS.data.rasters.find(test);
  const whole = first((r) => r.what === "level" && !r.operator);
  const own = first((r) => r.operator);
  const rows = [];
  if (whole) rows.push([PS.t("picture_pixel"), ground(whole.frame[2])]);
  if (own) rows.push([PS.t("operator_pixel"), ground(own.frame[2])]);
  if (PS.data.footprints) rows.push([PS.t("footprint_pixel"), PS.number(PS.data.footprints.pixelM) + " m"]);
  return rows;
};
