// Which hamlets are shown: the map, the table, the counts and the names all follow the same list.
PS.noFilter = () => ({ verdicts: new Set(PS.data.verdicts.map((v) => v.code)), commune: "", people: 0, without: "", inView: false });
PS.filter = PS.noFilter();
PS.operatorsShown = new Set(PS.data.operators.map((o) => o.name));

PS.passes = function (v) {
  return PS.filter.verdicts.has(v.verdict) && PS.passesBeside(v);
};

// All but the verdict, which the overview counts by.
PS.passesBeside = function (v) {
  const f = PS.filter;
  const lacks = !f.without || !(v.technologies[f.without] || {}).served;
  return lacks && (!f.commune || v.commune === f.commune) && (v.population || 0) >= f.people;
};

PS.applyFilter = function () {
  PS.shown = PS.villages.filter(PS.passes);
  const keep = new Set(PS.shown.map((v) => v.marker));
  const group = PS.layers.hamlets;
  PS.villages.forEach(({ marker }) => {
    if (keep.has(marker)) group.hasLayer(marker) || group.addLayer(marker);
    else group.removeLayer(marker);
  });
  PS.layers.proposals.bringToFront();
  PS.drawOverview();
  PS.drawTable();
  PS.labels.draw();
  PS.remember();
};

PS.applyOperators = function () {
  const group = PS.layers.masts;
  PS.masts.forEach((m) => {
    const on = [m.owner, ...m.tenants].some((name) => PS.operatorsShown.has(name));
    if (on) group.hasLayer(m.marker) || group.addLayer(m.marker);
    else group.removeLayer(m.marker);
  });
  PS.layers.hamlets.bringToFront();
  PS.layers.proposals.bringToFront();
};

PS.resetFilter = function () {
  PS.filter = PS.noFilter();
  PS.drawTablePage();
  PS.applyFilter();
};
