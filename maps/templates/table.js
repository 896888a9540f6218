// The table beside the map; it shows the same hamlets as the map does.
PS.sorting = { key: "verdict", falling: false };
PS.CHUNK = 60;

PS.columns = function () {
  const technology = PS.state.technology || (PS.data.coverage[0] || {}).technology;
  return [
    { key: "verdict", head: PS.t("verdict"), value: (v) => PS.verdict[v.verdict].rank },
    { key: "name", head: PS.t("hamlet"), value: (v) => v.name },
    { key: "commune", head: PS.t("commune"), value: (v) => v.commune },
    { key: "population", head: PS.t("people_head"), value: (v) => v.population, number: true },
    { key: "level", head: `${technology} dBm`, value: (v) => (v.technologies[technology] || {}).level, number: true, decimals: 1 },
  ];
};

PS.drawTablePage = function () {
  const communes = [...new Set(PS.villages.map((v) => v.commune))].sort((a, b) => String(a).localeCompare(String(b), "vi"));
  const commune = PS.el("select", { id: "ps-commune", "aria-label": PS.t("commune") }, PS.el("option", { value: "", text: PS.t("all_communes") }), ...communes.map((c) => PS.el("option", { value: c, text: c, selected: c === PS.filter.commune })));
  commune.addEventListener("change", () => ((PS.filter.commune = commune.value), PS.applyFilter(), PS.zoomToShown()));
  const people = PS.el("input", { type: "number", min: 0, step: 50, id: "ps-people", placeholder: PS.t("min_people"), "aria-label": PS.t("min_people"), value: PS.filter.people || null });
  people.addEventListener("input", () => ((PS.filter.people = Number(people.value) || 0), PS.applyFilter()));
  const without = PS.el("select", { id: "ps-without", "aria-label": PS.t("technology") }, PS.el("option", { value: "", text: PS.t("all_technologies") }),
    ...PS.data.coverage.map((c) => PS.el("option", { value: c.technology, text: PS.t("without").replace("{t}", c.technology), selected: c.technology === PS.filter.without })));
  without.addEventListener("change", () => ((PS.filter.without = without.value), PS.applyFilter()));
  const verdict = PS.el("select", { id: "ps-verdict", "aria-label": PS.t("verdict") }, PS.el("option", { value: "", text: PS.t("all_verdicts") }),
    ...PS.data.verdicts.map((x) => PS.el("option", { value: x.code, text: PS.t("verdict." + x.code), selected: PS.filter.verdicts.size === 1 && PS.filter.verdicts.has(x.code) })));
  verdict.addEventListener("change", () => ((PS.filter.verdicts = verdict.value ? new Set([verdict.value]) : PS.noFilter().verdicts), PS.applyFilter()));
  const view = PS.choice("checkbox", "in-view", PS.t("only_view"), PS.filter.inView, (on) => ((PS.filter.inView = on), PS.drawTable()));
  PS.byId("ps-page-table").replaceChildren(
    PS.el("div", { class: "ps-filters" }, commune, verdict, without, people, view,
      PS.el("button", { type: "button", class: "ps-link", text: PS.t("reset"), onclick: PS.resetFilter }),
      PS.el("button", { type: "button", class: "ps-link", id: "ps-csv", text: PS.t("download_csv"), onclick: PS.downloadCsv })),
    PS.el("p", { class: "ps-hint", id: "ps-count", role: "status" }),
    PS.el("table", { id: "ps-table" }, PS.el("thead"), PS.el("tbody")),
    PS.el("button", { type: "button", id: "ps-more", class: "ps-link", onclick: () => PS.addRows() })
  );
  PS.drawTable();
};

PS.drawTable = function () {
  const table = PS.byId("ps-table");
  if (!table) return;
  const columns = PS.columns();
  table.tHead.replaceChildren(PS.el("tr", {}, ...columns.map((column) => {
    const on = PS.sorting.key === column.key;
    const head = PS.el("th", { scope: "col", class: column.number ? "ps-n" : null, "aria-sort": on ? (PS.sorting.falling ? "descending" : "ascending") : null });
    head.append(PS.el("button", { type: "button", "data-sort": column.key, text: column.head + (on ? (PS.sorting.falling ? " ▾" : " ▴") : ""), onclick: () => {
      PS.sorting = { key: column.key, falling: on ? !PS.sorting.falling : Boolean(column.number) };
      PS.drawTable();
      table.querySelector(`[data-sort="${column.key}"]`).focus();
    } }));
    return head;
  })));
  PS.listed = PS.sorted(columns.find((c) => c.key === PS.sorting.key));
  table.tBodies[0].replaceChildren();
  PS.addRows();
  PS.byId("ps-count").textContent = `${PS.number(PS.listed.length)} ${PS.t("hamlets_unit")} · ${PS.number(PS.sum(PS.listed, "population"))} ${PS.t("people")}`;
};

PS.sorted = function (column) {
  const view = PS.map.getBounds();
  const rows = PS.filter.inView ? PS.shown.filter((v) => view.contains([v.lat, v.lon])) : PS.shown.slice();
  const collator = new Intl.Collator("vi");
  const sign = PS.sorting.falling ? -1 : 1;
  const compare = (a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    if (x === y) return (b.population || 0) - (a.population || 0) || a.index - b.index;
    if (x === null || x === undefined) return 1;
    if (y === null || y === undefined) return -1;
    return sign * (typeof x === "number" ? x - y : collator.compare(x, y));
  };
  return rows.sort(compare);
};

PS.addRows = function () {
  const body = PS.byId("ps-table").tBodies[0];
  const start = body.rows.length;
  const columns = PS.columns();
  body.append(...PS.listed.slice(start, start + PS.CHUNK).map((v) => {
    const verdict = PS.verdict[v.verdict];
    const row = PS.el("tr", { "data-id": v.village_id, onclick: () => PS.select("hamlet", v, true) },
      PS.el("td", { title: PS.verdictOf(v) }, PS.signPicture(verdict.shape, verdict.colour), PS.el("span", { class: "ps-unseen", text: PS.verdictOf(v) })),
      PS.el("td", {}, PS.el("button", { type: "button", class: "ps-link", text: v.name })),
      PS.el("td", { text: v.commune ?? "–" }),
      ...columns.slice(3).map((c) => PS.el("td", { class: "ps-n", text: PS.number(c.value(v), c.decimals || 0) })));
    return row;
  }));
  const left = PS.listed.length - body.rows.length;
  PS.byId("ps-more").hidden = left <= 0;
  PS.byId("ps-more").textContent = `${PS.t("more_rows")} (${PS.number(left)})`;
  PS.markRow();
};

PS.markRow = function () {
  const id = PS.state.selected && PS.state.selected.type === "hamlet" ? PS.state.selected.row.village_id : null;
  document.querySelectorAll("#ps-table tbody tr").forEach((row) => row.classList.toggle("ps-on", row.dataset.id === id));
};

PS.zoomToShown = function () {
  if (PS.shown.length) PS.map.fitBounds(L.latLngBounds(PS.shown.map((v) => [v.lat, v.lon])).pad(0.15), { maxZoom: 13, animate: false });
};

// What begins like a formula, also behind a spreadsheet's own separator, gets an apostrophe: no spreadsheet must
// run a hamlet's name. The same rule as in the CSV files of a run (gis_data/formulas.py).
PS.csvCell = function (value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const plain = /^-\d+(?:[.,]\d+)?$/.test(value);
  const text = plain ? value : String(value).replace(/([;\t\r\n])(?=[ '"]*[=+\-@＝＋－＠])/g, "$1'").replace(/^(?=[ '"]*[=+\-@＝＋－＠]|'*[\t\r\n])/, "'");
  return /[",\n\r;]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
};

PS.csv = function () {
  const technologies = PS.data.coverage.map((c) => c.technology);
  const heads = ["village_id", "name", "commune", "population", "households", "grid_power", "verdict", "signal_gap", "confidence", "decided_by", "lat", "lon"];
  const lines = [[...heads, ...technologies.flatMap((t) => [`level_${t.toLowerCase()}_dbm`, `p_${t.toLowerCase()}`, `share_people_${t.toLowerCase()}`, `served_${t.toLowerCase()}`, `best_cell_${t.toLowerCase()}`])]];
  PS.listed.forEach((v) => lines.push([...heads.map((h) => v[h]), ...technologies.flatMap((t) => ["level", "p", "share", "served", "best"].map((k) => (v.technologies[t] || {})[k]))]));
  return "\ufeff" + lines.map((line) => line.map(PS.csvCell).join(",")).join("\r\n") + "\r\n";
};

PS.downloadCsv = function () {
  const url = URL.createObjectURL(new Blob([PS.csv()], { type: "text/csv;charset=utf-8" }));
  PS.el("a", { href: url, download: `phusong-${PS.data.asOf}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};
