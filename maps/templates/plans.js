// Plan items on the map, and their state from month to month.
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

// One flag for each hamlet or mast that a register names; a mast for stations, a hamlet for services.
PS.planPlaces = function () {
  const places = new Map();
  PS.plans.forEach((item) => {
    const station = item.kind === "station";
    const at = (station ? PS.mastById.get(item.mast_id) : null) || PS.villageById.get(item.village_id);
    if (!at) return;
    const key = (at.mast_id === undefined ? "v" : "m") + at.index;
    if (!places.has(key)) places.set(key, { lat: at.lat, lon: at.lon, items: [], hamlet: at.mast_id === undefined ? at : null, mast: at.mast_id === undefined ? null : at });
    places.get(key).items.push(item);
  });
  return [...places.values()];
};

PS.planName = (place) => `${place.hamlet ? place.hamlet.name : place.mast.mast_id} · ${PS.t("plan_state." + PS.placeState(place).code)}`;

// State of an item on the chosen day: the last change on or before it.
PS.itemState = function (item) {
  const changes = PS.data.planMonths.changes[item.index] || [];
  const last = changes.filter(([day]) => day <= PS.state.month).pop();
  return PS.data.planStates[last ? last[1] : PS.data.planStates.findIndex((s) => s.code === "pending")];
};

// A place with several items shows the one that needs a look first.
PS.placeState = function (place) {
  const states = new Set(place.items.map(PS.itemState));
  return PS.data.planStates.find((state) => states.has(state));
};

PS.colourPlans = function () {
  PS.layers.plan_items.eachLayer((marker) => {
    const state = PS.placeState(marker.row);
    marker.options.sign = state.sign;
    marker.options.fillColor = state.colour;
    if (PS.map.hasLayer(marker)) marker.redraw();
  });
};

PS.lastMonth = () => Math.max(0, PS.data.planMonths.days.length - 1);

// The slider under the map; shown with the layer of plan items.
PS.drawMonths = function () {
  const box = PS.byId("ps-months");
  box.hidden = !PS.layers || !PS.layerShown("plan_items") || PS.data.planMonths.days.length === 0;
  if (box.hidden) return;
  const slider = PS.el("input", { type: "range", min: 0, max: PS.lastMonth(), step: 1, value: PS.state.month, id: "ps-month", "aria-label": PS.t("plan_day") });
  const show = () => {
    PS.state.month = Number(slider.value);
    slider.setAttribute("aria-valuetext", PS.date(PS.data.planMonths.days[PS.state.month]));
    box.querySelector("output").textContent = PS.monthText();
    PS.colourPlans();
    if (PS.state.selected) PS.drawDetail(false);
  };
  slider.addEventListener("input", show);
  slider.addEventListener("change", PS.remember);
  box.replaceChildren(PS.el("label", { for: "ps-month", text: PS.t("plan_items") }), slider, PS.el("output", { for: "ps-month" }));
  show();
};

PS.monthText = function () {
  const counts = new Map(PS.data.planStates.map((s) => [s.code, 0]));
  PS.plans.forEach((item) => counts.set(PS.itemState(item).code, counts.get(PS.itemState(item).code) + 1));
  const told = [...counts].filter(([, count]) => count).map(([code, count]) => `${PS.number(count)} ${PS.t("plan_state." + code).toLowerCase()}`);
  return `${PS.date(PS.data.planMonths.days[PS.state.month])}: ${told.join("; ")}`;
};

PS.planItem = function (item) {
  const state = PS.itemState(item);
  const verdict = [PS.code("support", item.support), PS.code("reason", item.reason)].filter((text) => text !== "–").join(": ");
  return PS.el("li", {}, PS.signPicture(state.sign, state.colour, 24, 6.5), PS.el("div", {},
    PS.el("b", { text: `${item.plan_id} · ${item.item_id ?? ""}` }), ` ${PS.code("plan_kind", item.kind)}`,
    PS.el("small", { "data-field": "plan_state", text: `${PS.date(PS.data.planMonths.days[PS.state.month])}: ${PS.t("plan_state." + state.code)}` }),
    PS.el("small", { text: `${PS.t("deadline")}: ${PS.date(item.deadline)} · ${PS.t("reported_on")}: ${PS.date(item.reported_on)}` }),
    PS.el("small", { text: `${PS.date(PS.data.asOf)}: ${verdict}` })));
};

PS.planBlock = (items) => items.length ? [PS.el("h3", { text: PS.t("plans") }), PS.el("ul", { class: "ps-plans" }, ...items.map(PS.planItem))] : [];

PS.planDetail = (place) => [
  PS.detailHead(place.hamlet ? place.hamlet.name : place.mast.mast_id, PS.t(place.hamlet ? "hamlet" : "mast"), PS.signPicture(PS.placeState(place).sign, PS.placeState(place).colour, 34, 10)),
  ...PS.planBlock(place.items),
  PS.el("button", { type: "button", class: "ps-link", text: PS.t(place.hamlet ? "to_hamlet" : "to_mast"), onclick: () => (place.hamlet ? PS.select("hamlet", place.hamlet) : PS.select("mast", place.mast)) }),
];
