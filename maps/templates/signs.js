// The signs of the map. One drawing serves the map's canvas and the legend, so the two can never differ.
PS.INK = "#1d2733";

PS.SIGNS = {
  cross: (ctx, r) => ctx.rect(-r, -r, 2 * r, 2 * r),
  half: (ctx, r) => ctx.arc(0, 0, r, 0, 2 * Math.PI),
  triangle: (ctx, r) => PS.polygon(ctx, [[-1.1 * r, -0.85 * r], [1.1 * r, -0.85 * r], [0, 1.1 * r]]),
  square: (ctx, r) => ctx.rect(-0.85 * r, -0.85 * r, 1.7 * r, 1.7 * r),
  diamond: (ctx, r) => PS.polygon(ctx, [[0, -1.15 * r], [1.15 * r, 0], [0, 1.15 * r], [-1.15 * r, 0]]),
  ring: (ctx, r) => ctx.arc(0, 0, r, 0, 2 * Math.PI),
  dot: (ctx, r) => ctx.arc(0, 0, r, 0, 2 * Math.PI),
  mast: (ctx, r) => PS.polygon(ctx, [[0, -1.5 * r], [0.75 * r, r], [-0.75 * r, r]]),
  shared: (ctx, r) =>
    PS.polygon(ctx, [[-0.9 * r, -1.5 * r], [0.9 * r, -1.5 * r], [0.2 * r, -0.5 * r], [0.75 * r, r], [-0.75 * r, r], [-0.2 * r, -0.5 * r]]),
  served: (ctx, r) => ctx.arc(0, 0, 0.9 * r, 0, 2 * Math.PI),
  star: (ctx, r) =>
    PS.polygon(ctx, Array.from({ length: 10 }, (_, k) => {
      const reach = k % 2 ? 0.5 * r : 1.25 * r;
      return [reach * Math.sin((k * Math.PI) / 5), -reach * Math.cos((k * Math.PI) / 5)];
    })),
  flag: (ctx, r) => PS.flag(ctx, r),
  flag_cross: (ctx, r) => PS.flag(ctx, r),
  flag_tick: (ctx, r) => PS.flag(ctx, r),
  flag_ring: (ctx, r) => PS.flag(ctx, r),
  flag_clock: (ctx, r) => PS.flag(ctx, r),
  plus: (ctx, r) => {
    const a = 0.35 * r;
    PS.polygon(ctx, [[-a, -r], [a, -r], [a, -a], [r, -a], [r, a], [a, a], [a, r], [-a, r], [-a, a], [-r, a], [-r, -a], [-a, -a]]);
  },
};

// A pennant wide enough for a mark; the mark, not the colour alone, tells the state.
PS.flag = (ctx, r) =>
  PS.polygon(ctx, [[-0.9 * r, -1.5 * r], [1.3 * r, -1.5 * r], [1.3 * r, 0.1 * r], [-0.6 * r, 0.1 * r], [-0.6 * r, 1.4 * r], [-0.9 * r, 1.4 * r]]);

PS.MARKS = {
  flag_cross: (ctx, r) => (ctx.moveTo(-0.5 * r, -0.5 * r), ctx.lineTo(0.5 * r, 0.5 * r), ctx.moveTo(0.5 * r, -0.5 * r), ctx.lineTo(-0.5 * r, 0.5 * r)),
  flag_tick: (ctx, r) => (ctx.moveTo(-0.6 * r, 0), ctx.lineTo(-0.1 * r, 0.45 * r), ctx.lineTo(0.6 * r, -0.5 * r)),
  flag_ring: (ctx, r) => ctx.arc(0, 0, 0.45 * r, 0, 2 * Math.PI),
  served: (ctx, r) => (ctx.moveTo(-0.5 * r, 0), ctx.lineTo(-0.1 * r, 0.4 * r), ctx.lineTo(0.5 * r, -0.4 * r)),
  flag_clock: (ctx, r) => (ctx.moveTo(0, -0.55 * r), ctx.lineTo(0, 0.1 * r), ctx.lineTo(0.5 * r, 0.1 * r)),
};

PS.polygon = function (ctx, points) {
  points.forEach(([x, y], k) => (k ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
  ctx.closePath();
};

PS.drawSign = function (ctx, sign, x, y, r, colour, chosen) {
  ctx.save();
  ctx.setLineDash([]); // a dashed line on the same canvas leaves its dashes behind
  ctx.translate(x, y);
  if (r < 2.2 && !chosen) {
    // too small for a halo and an outline: a plain point, and the picture under it stays readable
    ctx.beginPath();
    ctx.arc(0, 0, r, 0, 2 * Math.PI);
    ctx.globalAlpha = r < 1.2 ? 0.45 : 0.8;
    ctx.fillStyle = sign === "ring" ? PS.INK : colour;
    ctx.fill();
    ctx.restore();
    return;
  }
  ctx.lineJoin = "round";
  if (chosen) {
    for (const [colour, width] of [["#fff", 7], [PS.INK, 3.5]]) {
      ctx.beginPath();
      ctx.arc(0, 0, r + 7, 0, 2 * Math.PI);
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.stroke();
    }
  }
  ctx.beginPath();
  PS.SIGNS[sign](ctx, r);
  ctx.strokeStyle = "rgba(255,255,255,0.95)";
  ctx.lineWidth = Math.min(3.2, 0.5 + 0.5 * r); // small signs keep a thin halo
  ctx.stroke();
  ctx.fillStyle = sign === "half" ? "#fff" : colour;
  ctx.fill();
  if (sign === "half") {
    ctx.beginPath();
    ctx.arc(0, 0, r, Math.PI / 2, 1.5 * Math.PI);
    ctx.fillStyle = colour;
    ctx.fill();
    ctx.beginPath();
    ctx.arc(0, 0, r, 0, 2 * Math.PI);
  }
  ctx.strokeStyle = PS.INK;
  ctx.lineWidth = sign === "ring" ? 0.42 * r : Math.min(1.1, 0.25 * r);
  ctx.stroke();
  if (PS.MARKS[sign]) {
    if (sign !== "served") ctx.translate(0.2 * r, -0.7 * r);
    ctx.beginPath();
    PS.MARKS[sign](ctx, r);
    ctx.strokeStyle = PS.isDark(colour) ? "#fff" : PS.INK;
    ctx.lineWidth = Math.max(1, 0.24 * r);
    ctx.stroke();
  }
  if (sign === "cross") {
    ctx.beginPath();
    const a = 0.55 * r;
    ctx.moveTo(-a, -a), ctx.lineTo(a, a), ctx.moveTo(a, -a), ctx.lineTo(-a, a);
    ctx.strokeStyle = "#fff";
    ctx.lineWidth = 0.36 * r;
    ctx.stroke();
  }
  ctx.restore();
};

PS.isDark = function (colour) {
  const [r, g, b] = [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b < 140;
};

PS.Sign = L.CircleMarker.extend({
  _updatePath() {
    this._renderer._updateSign(this);
  },
  // All that the sign may paint, the ring of a chosen one included: what is not counted here is not wiped away.
  _updateBounds() {
    const reach = 1.5 * this._radius + 12;
    this._pxBounds = L.bounds(this._point.subtract([reach, reach]), this._point.add([reach, reach]));
  },
});

L.Canvas.include({
  _updateSign(layer) {
    if (!this._drawing || layer._empty()) return;
    const { sign, fillColor } = layer.options;
    PS.drawSign(this._ctx, sign, layer._point.x, layer._point.y, layer._radius, fillColor, layer.chosen);
  },
});

// A small picture of a sign for the legend and the panels.
PS.signPicture = function (sign, colour, size = 24, radius = 7.5) {
  const ratio = Math.max(2, window.devicePixelRatio || 1);
  const canvas = PS.el("canvas", { width: size * ratio, height: size * ratio, "aria-hidden": "true", class: "ps-sign" });
  canvas.style.width = canvas.style.height = size + "px";
  const ctx = canvas.getContext("2d");
  ctx.scale(ratio, ratio);
  const lower = sign === "mast" || sign === "shared" ? 2 : 0;
  PS.drawSign(ctx, sign, size / 2, size / 2 + lower, radius, colour, false);
  return canvas;
};
