// The ground between a hamlet and its best candidate cell, drawn from the data: why the signal does not get there.
PS.svg = function (tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

PS.PROFILE = { width: 376, height: 196, left: 38, right: 8, top: 22, bottom: 30 };
PS.EARTH_RADIUS_KM = (4 / 3) * 6371;

// Heights over the chord between the ends of the path, on an earth of 4/3 its radius.
PS.profileShape = function (p) {
  const length = p.km[p.km.length - 1];
  const ground = p.km.map((km, k) => p.ground[k] + (500 * km * (length - km)) / PS.EARTH_RADIUS_KM);
  const tops = ground.map((m, k) => m + p.clutter[k]);
  const [start, end] = [ground[0] + p.antenna, ground[ground.length - 1] + p.receiver];
  const line = (km) => start + ((end - start) * km) / length;
  const wavelength = 299.792458 / p.mhz;
  const along = Array.from({ length: 61 }, (_, k) => (length * k) / 60);
  const radius = along.map((km) => (p.share ?? 1) * Math.sqrt((wavelength * 1000 * km * (length - km)) / length));
  const high = Math.max(...tops, ...along.map((km, k) => line(km) + radius[k]));
  const low = Math.min(...ground);
  const margin = Math.max(10, 0.08 * (high - low));
  return { length, ground, tops, start, end, line, along, radius, low: low - margin, high: high + margin };
};

PS.profilePicture = function (p) {
  const shape = PS.profileShape(p);
  const { width, height, left, right, top, bottom } = PS.PROFILE;
  const x = (km) => left + (km / shape.length) * (width - left - right);
  const y = (m) => height - bottom - ((m - shape.low) / (shape.high - shape.low)) * (height - top - bottom);
  const path = (km, m) => km.map((value, k) => `${x(value).toFixed(1)},${Math.min(height - bottom, y(m[k])).toFixed(1)}`).join(" ");
  const back = (list) => list.slice().reverse();
  const text = (atX, atY, words, more = {}) => PS.svg("text", { x: atX.toFixed(1), y: atY.toFixed(1), ...more }, words);
  const upper = shape.along.map((km, k) => shape.line(km) + shape.radius[k]);
  const lower = shape.along.map((km, k) => shape.line(km) - shape.radius[k]);
  const parts = [
    ...PS.profileGrid(p, shape, x, y, text),
    p.clutter.some((m) => m > 0) ? PS.svg("polygon", { class: "clutter", points: path([...p.km, ...back(p.km)], [...shape.tops, ...back(shape.ground)]) }) : null,
    PS.svg("polygon", { class: "ground", points: path([...p.km, shape.length, 0], [...shape.ground, shape.low, shape.low]) }),
    PS.svg("polygon", { class: "fresnel", points: path([...shape.along, ...back(shape.along)], [...upper, ...back(lower)]) }),
    PS.svg("line", { class: "sight", x1: x(0), y1: y(shape.start), x2: x(shape.length), y2: y(shape.end) }),
    PS.svg("line", { class: "pole", x1: x(0), y1: y(shape.ground[0]), x2: x(0), y2: y(shape.start) }),
    PS.svg("line", { class: "pole", x1: x(shape.length), y1: y(shape.ground[shape.ground.length - 1]), x2: x(shape.length), y2: y(shape.end) }),
    text(left + 2, 12, p.target === undefined ? `${p.mast} · ${PS.number(p.antenna)} m · ${PS.number(p.mhz)} MHz` : `${p.mast} · ${PS.number(p.antenna)} m → ${p.target} · ${PS.number(p.receiver)} m · ${PS.number(p.mhz / 1000)} GHz`),
    ...PS.profileObstacle(p, shape, x, y, text),
  ];
  const label = `${PS.t(PS.profileAcross(p))}: ${PS.number(shape.length, 1)}; ${PS.profileMark(p)}`;
  return PS.svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "ps-profile", role: "img", "aria-label": label }, ...parts.filter(Boolean));
};

// The least of 1, 2, 5 × 10ⁿ that makes at most so many steps.
PS.step = function (span, most) {
  const power = 10 ** Math.floor(Math.log10(span / most));
  return [1, 2, 5, 10].map((m) => m * power).find((step) => span / step <= most);
};

PS.profileAcross = (p) => (p.target === undefined ? "profile.distance" : "profile.link_distance");

// What is said at the mark: the loss of the obstacle; of a microwave hop the room at its tightest point.
PS.profileMark = (p) =>
  p.target === undefined ? `${PS.t("profile.obstacle")}: ${PS.number(p.obstacleDb, 1)} dB`
    : `${PS.t("profile.tightest")}: ${PS.t(p.room < 0 ? "profile.no_room" : "profile.room").replace(/\{room:[^}]*\}/, PS.number(Math.abs(p.room), 1))}`;

PS.profileGrid = function (p, shape, x, y, text) {
  const { width, height, left, right, bottom } = PS.PROFILE;
  const parts = [];
  const rise = PS.step(shape.high - shape.low, 4);
  for (let k = Math.ceil(shape.low / rise); k * rise <= shape.high; k++) {
    parts.push(PS.svg("line", { class: "grid", x1: left, x2: width - right, y1: y(k * rise), y2: y(k * rise) }));
    parts.push(text(left - 4, y(k * rise) + 4, PS.number(k * rise + 0), { "text-anchor": "end" }));
  }
  const run = PS.step(shape.length, 6);
  for (let k = 0; k * run <= shape.length; k++) parts.push(text(x(k * run), height - bottom + 13, PS.number(k * run, run < 1 ? 1 : 0), { "text-anchor": "middle" }));
  parts.push(text((left + width - right) / 2, height - 4, PS.t(PS.profileAcross(p)), { "text-anchor": "middle" }));
  return parts;
};

PS.profileObstacle = function (p, shape, x, y, text) {
  if (p.obstacleKm === null) return [];
  const nearest = p.km.reduce((best, km, k) => (Math.abs(km - p.obstacleKm) < Math.abs(p.km[best] - p.obstacleKm) ? k : best), 0);
  const [km, top] = [p.km[nearest], shape.tops[nearest]];
  const anchor = km < shape.length / 2 ? "start" : "end";
  return [
    PS.svg("line", { class: "obstacle", x1: x(km), x2: x(km), y1: y(shape.line(km)), y2: y(top) }),
    PS.svg("circle", { class: "obstacle", cx: x(km), cy: y(top), r: 3.5 }),
    text(x(km) + (anchor === "start" ? 7 : -7), y(Math.max(top, shape.line(km))) - 6, p.target === undefined ? `${PS.number(p.obstacleDb, 1)} dB` : `${PS.number(p.room, 1)} m`, { class: "red", "text-anchor": anchor }),
  ];
};
