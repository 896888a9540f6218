// Search without diacritics, by mouse or by keyboard (a combobox with a list).
PS.buildIndex = function () {
  const entry = (type, row, key, name, under) => ({ type, row, name, under, plain: PS.plain(key) });
  PS.index = [
    ...PS.villages.map((v) => entry("hamlet", v, v.name, () => String(v.name), () => `${PS.t("hamlet")} · ${v.commune ?? ""}`)),
    ...PS.communes.map((c) => entry("commune", c, c.name, () => String(c.name), () => PS.t("commune"))),
    ...PS.places.map((p) => entry("place", p, p.name, () => String(p.name), () => PS.code("place_kind", p.kind))),
    ...PS.proposals.map((p) => entry("proposal", p, p.station_id, () => `${PS.t("proposal")} ${p.station_id}`, () => PS.code("host", p.host_kind))),
    ...PS.masts.map((m) => entry("mast", m, m.mast_id, () => `${PS.t("mast")} ${m.mast_id}`, () => `${m.operators || m.owner || ""}`)),
    ...PS.villages.map((v) => entry("hamlet", v, v.village_id, () => `${v.name} · ${v.village_id}`, () => `${PS.t("hamlet")} · ${v.commune ?? ""}`)),
  ];
};

PS.find = function (text) {
  const wanted = PS.plain(text).trim().replace(/\s+/g, " ");
  if (!wanted) return [];
  const rank = (plain) => (plain === wanted ? 0 : plain.startsWith(wanted) ? 1 : plain.includes(" " + wanted) ? 2 : plain.includes(wanted) ? 3 : 9);
  return PS.index
    .map((entry, order) => ({ entry, order, rank: rank(entry.plain) }))
    .filter((hit) => hit.rank < 9)
    .sort((a, b) => a.rank - b.rank || a.order - b.order)
    .slice(0, 12)
    .map((hit) => hit.entry);
};

PS.wireSearch = function () {
  const input = PS.byId("ps-search");
  const list = PS.byId("ps-found");
  let hits = [];
  let at = -1;
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const take = (entry) => {
    close();
    input.value = entry.name();
    if (entry.type === "commune") PS.map.setView([entry.row.lat, entry.row.lon], 12, { animate: false });
    else PS.select(entry.type, entry.row, true);
    document.body.classList.remove("ps-sheet");
  };
  const mark = (next) => {
    at = hits.length ? (next + hits.length) % hits.length : -1;
    [...list.children].forEach((item, k) => item.setAttribute("aria-selected", String(k === at)));
    if (at < 0) return;
    input.setAttribute("aria-activedescendant", "ps-hit-" + at);
    list.children[at].scrollIntoView({ block: "nearest" });
  };
  const draw = () => {
    hits = PS.find(input.value);
    const items = hits.map((entry, k) => PS.el("li", { role: "option", id: "ps-hit-" + k, "aria-selected": "false", onclick: () => take(entry) }, PS.el("b", { text: entry.name() }), PS.el("small", { text: entry.under() })));
    if (!hits.length) items.push(PS.el("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", text: PS.t("search_none") }));
    list.replaceChildren(...items);
    list.hidden = !input.value.trim();
    input.setAttribute("aria-expanded", String(!list.hidden));
    PS.byId("ps-found-count").textContent = list.hidden ? "" : `${hits.length} ${PS.t("search_found")}`;
    mark(0);
  };
  input.addEventListener("input", draw);
  input.addEventListener("focus", () => input.value && draw());
  input.addEventListener("blur", () => setTimeout(close, 200));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at - 1);
    else if (event.key === "Enter" && hits[at] && !list.hidden) take(hits[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
};
