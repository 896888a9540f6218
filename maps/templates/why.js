// Facts in two columns, and why a hamlet lacks a service: the same in every form of the map.
PS.facts = (...rows) =>
  PS.el("dl", { class: "ps-facts" }, ...rows.filter((r) => r && r[1] !== "–").flatMap(([key, value]) => [
    PS.el("dt", { text: PS.t(key) }), PS.el("dd", { "data-field": key, text: value })]));

PS.money = (value) => (PS.known(value) ? `${PS.number(value)} ${PS.t("currency")}` : "–");

PS.length = (metres) => (metres < 1000 ? `${PS.number(metres)} m` : `${PS.number(metres / 1000, 1)} km`);

// A distance from something, in the order of words of the language.
PS.away = (key, metres) => PS.t(key).replace("{d}", PS.length(metres));

PS.known = (value) => value !== null && value !== undefined;

// Why a hamlet lacks a service: `r` is its row of reasons, `profile` the ground to its best candidate or null.
PS.why = function (r, profile) {
  if (!r) return [];
  const obstacle = !PS.known(r.obstacle_distance_m) ? "–" :
    `${PS.away("from_mast", r.obstacle_distance_m)}, ${PS.t("above_sea").replace("{h}", PS.number(r.obstacle_height_m) + " m")}, ${PS.t("takes")} ${PS.number(r.obstacle_db, 1)} dB`;
  const candidate = !r.candidate_cell ? "–" :
    `${r.candidate_cell} (${r.candidate_operator} ${r.candidate_technology}), ${PS.length(r.distance_m)}`;
  return [
    PS.el("h3", { text: PS.t("why") }),
    PS.facts(
      ["lacks", PS.code("service", r.service)], ["cause", PS.code("cause", r.cause)],
      ["short_db", PS.known(r.short_db) ? (r.short_db > 0 && r.short_db < 0.05 ? "< " + PS.number(0.1, 1) : PS.number(r.short_db, 1)) + " dB" : "–"],
      ["candidate", candidate], ["obstacle", obstacle]),
    profile ? PS.profilePicture(profile) : null,
    ...PS.measures(r),
  ];
};

PS.MEASURES = {
  tilt: (r) => PS.number(r.tilt_deg, 1) + "°",
  azimuth: (r) => PS.number(r.azimuth_deg) + "°",
  carrier: (r) => `${r.carrier_mast}, ${r.carrier_operator} ${r.carrier_technology}, ${PS.number(r.carrier_mhz)} MHz`,
  height: (r) => `+${PS.number(r.height_more_m)} m`,
  station: (r) => `${r.station_technology}, ${PS.away("from_hamlet", r.station_distance_m)}`,
};

// What was tried, what each would be set to, what it gains and whether that is enough; the first that is, first.
PS.measures = function (r) {
  const tried = Object.keys(PS.MEASURES).filter((kind) => PS.known(r[kind + "_gain_db"]));
  const first = PS.el("dl", { class: "ps-facts" }, PS.el("dt", { text: PS.t("first_measure") }), PS.el("dd", { "data-field": "measure", text: r.remedy ? PS.measureText(r, r.remedy) : PS.t("measure_none") }));
  const line = (kind) => PS.el("li", { class: r[kind + "_enough"] ? "ps-yes" : "ps-no" }, PS.el("span", { "aria-label": PS.t(r[kind + "_enough"] ? "enough" : "not_enough"), role: "img", text: r[kind + "_enough"] ? "✓ " : "✗ " }), PS.el("span", { text: PS.measureText(r, kind) }));
  return [first, tried.length ? PS.el("ul", { class: "ps-measures", "data-field": "measures" }, ...tried.map(line)) : null];
};

PS.measureText = function (r, kind) {
  const [gain, price] = [r[kind + "_gain_db"], r[kind + "_price"]];
  const gained = PS.known(gain) ? ` (${gain < 0 ? "" : "+"}${PS.number(gain, 1)} dB)` : "";
  return `${PS.code("measure", kind)}: ${PS.MEASURES[kind](r)}${gained}${PS.known(price) ? ` · ${PS.money(price)}` : ""}`;
};
