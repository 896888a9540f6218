// Names on the map: communes first, then dead zones and places; none over another, none over a dead zone's sign.
PS.labels = {
  shown: true,
  most: 160,

  draw() {
    const pane = PS.map.getPane("labels");
    pane.querySelectorAll(".ps-name").forEach((node) => node.remove());
    if (!this.shown) return;
    const zoom = PS.map.getZoom();
    const view = PS.map.getBounds().pad(0.05);
    const taken = this.signs(view);
    let count = 0;
    for (const label of this.candidates(zoom)) {
      if (!view.contains([label.lat, label.lon])) continue;
      const p = PS.map.latLngToLayerPoint([label.lat, label.lon]);
      const half = label.text.length * label.size * 0.29 + 4;
      const place = label.places.map(([x, y]) => [p.x + x * half, p.y + y]).find(([x, y]) => !this.hits(taken, this.box(x, y, half, label.size)));
      if (!place) continue;
      taken.push(this.box(place[0], place[1], half, label.size));
      const node = PS.el("span", { class: "ps-name ps-name-" + label.kind, text: label.text });
      L.DomUtil.setPosition(node, L.point(place));
      pane.append(node);
      if (++count >= this.most) return;
    }
  },
  box: (x, y, half, size) => [x - half, y - size * 0.75, x + half, y + size * 0.75],
  hits: (taken, box) => taken.some((b) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1]),

  // What no name may cover: dead zones and proposed stations as large as they are drawn; near by, every hamlet.
  signs(view) {
    const hamlets = PS.map.getZoom() >= 12 ? PS.shown : PS.shown.filter(PS.isDead);
    const rows = [...(PS.layerShown("hamlets") ? hamlets : []), ...(PS.layerShown("proposals") ? PS.proposals : [])];
    return rows.filter((r) => view.contains([r.lat, r.lon])).map((r) => {
      const p = PS.map.latLngToLayerPoint([r.lat, r.lon]);
      const reach = r.marker.getRadius() + 2;
      return [p.x - reach, p.y - reach, p.x + reach, p.y + reach];
    });
  },
  // Where a name may stand: factors of half its width across, pixels down.
  candidates(zoom) {
    const names = [];
    const beside = [[0, 17], [0, -17], [1.15, 0], [-1.15, 0]];
    const around = [[0, 0], [0, 16], [0, -16], [0.6, 22], [-0.6, 22], [0.6, -22], [-0.6, -22]];
    const add = (rows, kind, size, places) => rows.forEach((r) => names.push({ lat: r.lat, lon: r.lon, text: String(r.name).slice(0, 40), kind, size, places }));
    if (zoom >= 9) add(PS.communes, "commune", 13, around);
    if (zoom >= 11 && PS.layerShown("hamlets")) add(PS.shown.filter(PS.isDead), "dead", 12.5, beside);
    if (zoom >= 12 && PS.layerShown("places")) add(PS.places, "place", 12, beside);
    if (zoom >= 13 && PS.layerShown("hamlets")) add(PS.shown.filter((v) => !PS.isDead(v)), "hamlet", 12, beside);
    return names;
  },
};
