// The address keeps what is shown, so that a link to the file opens what its sender saw.
PS.remember = function () {
  if (!PS.ready || PS.remembering) return;
  PS.remembering = setTimeout(PS.writeAddress); // once for all that changes together, and after it is painted
};

PS.writeAddress = function () {
  PS.remembering = null;
  const { state, filter } = PS;
  const centre = PS.map.getCenter();
  const all = PS.data.verdicts.length;
  const values = {
    z: PS.map.getZoom(), c: `${centre.lat.toFixed(5)},${centre.lng.toFixed(5)}`, t: state.technology || "-", o: state.operator, v: state.view,
    l: state.language, a: state.opacity, y: PS.OVERLAYS.filter(PS.layerShown).join(","),
    m: state.month === PS.lastMonth() ? null : PS.data.planMonths.days[state.month],
    w: PS.swipe.on ? PS.swipe.at.toFixed(3) : null,
    f: filter.verdicts.size === all ? null : [...filter.verdicts].join(",") || "-", x: filter.commune, p: filter.people || null, n: filter.without,
    s: PS.linkOf(state.selected),
  };
  const kept = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  history.replaceState(null, "", "#" + new URLSearchParams(kept.map(([key, value]) => [key, String(value)])));
};

PS.LINKED = { hamlet: "village_id", mast: "mast_id", proposal: "station_id", place: "name" };

PS.linkOf = (selected) => (selected && PS.LINKED[selected.type] ? `${selected.type}:${selected.row[PS.LINKED[selected.type]]}` : null);

PS.linked = function (text) {
  const [, type, id] = /^([a-z]+):([^]*)$/.exec(text || "") || [];
  const rows = { hamlet: PS.villages, mast: PS.masts, proposal: PS.proposals, place: PS.places }[type];
  const row = rows && rows.find((r) => String(r[PS.LINKED[type]]) === id);
  return row ? [type, row] : null;
};

// Takes over what a link says; what it says wrong is left as it was.
PS.recall = function () {
  const link = new URLSearchParams(location.hash.slice(1));
  const { state, filter, data } = PS;
  const known = (list, value, set) => list.includes(value) && set(value);
  known(["-", ...data.coverage.map((c) => c.technology)], link.get("t"), (t) => (state.technology = t === "-" ? null : t));
  known(data.rasters.map((r) => r.operator), link.get("o"), (o) => (state.operator = o));
  known(PS.VIEWS.map(([view]) => view), link.get("v"), (v) => (state.view = v));
  known(["vi", "en"], link.get("l"), (l) => (state.language = l));
  known(data.planMonths.days, link.get("m"), (m) => (state.month = data.planMonths.days.indexOf(m)));
  known(PS.villages.map((v) => v.commune), link.get("x"), (x) => (filter.commune = x));
  known(data.coverage.map((c) => c.technology), link.get("n"), (n) => (filter.without = n));
  const number = (key, low, high) => (link.has(key) && Number(link.get(key)) >= low && Number(link.get(key)) <= high ? Number(link.get(key)) : undefined);
  state.opacity = number("a", 0.2, 1) ?? state.opacity;
  filter.people = number("p", 0, 1e9) ?? 0;
  if (link.has("f")) filter.verdicts = new Set(link.get("f").split(",").filter((code) => PS.verdict[code]));
  PS.swipe.at = number("w", 0, 1) ?? 0.5;
  const [lat, lon] = (link.get("c") || "").split(",").map(Number);
  const zoom = number("z", 0, 22);
  return {
    zoom, swipe: number("w", 0, 1), selected: link.get("s"),
    centre: zoom !== undefined && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? [lat, lon] : null,
    layers: link.has("y") ? link.get("y").split(",") : null,
  };
};
