(function () {
"use strict";
// Names are data: they reach the page through textContent alone.
const data = JSON.parse(document.getElementById("ps-data").textContent);
const NS = "http://www.w3.org/2000/svg";
const SHAPES = {
  cross: "M-6,-3 L-3,-6 L0,-3 L3,-6 L6,-3 L3,0 L6,3 L3,6 L0,3 L-3,6 L-6,3 L-3,0Z",
  plus: "M-2.2,-7 H2.2 V-2.2 H7 V2.2 H2.2 V7 H-2.2 V2.2 H-7 V-2.2 H-2.2Z",
  up: "M0,-7 L7,6 H-7Z",
  down: "M0,7 L7,-6 H-7Z",
  square: "M-5,-5 H5 V5 H-5Z",
  diamond: "M0,-7 L7,0 L0,7 L-7,0Z",
  ring: "M-6,0 A6,6 0 1 0 6,0 A6,6 0 1 0 -6,0Z",
  mast: "M-1,-8 H1 V-3 L5,8 H2.6 L0,0 L-2.6,8 H-5 L-1,-3Z",
  dot: "M-3,0 A3,3 0 1 0 3,0 A3,3 0 1 0 -3,0Z",
  dashes: "M-9,0 H-4 M-1,0 H4 M7,0 H9",
};
const byId = (name) => document.getElementById(name);

function sign(shape, colour) {
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", "-9 -9 18 18");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(NS, "path");
  path.setAttribute("d", SHAPES[shape]);
  path.setAttribute("fill", colour);
  path.setAttribute("stroke", "#1b2733");
  path.setAttribute("stroke-width", "1");
  svg.appendChild(path);
  return svg;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function told(head, lines) {
  const box = document.createElement("div");
  box.appendChild(element("strong", head));
  lines.filter(Boolean).forEach((line) => box.appendChild(element("div", line)));
  return box;
}

function marker(at, shape, colour, box) {
  const icon = L.divIcon({ className: "ps-sign", html: sign(shape, colour), iconSize: [18, 18] });
  return L.marker(at, { icon, keyboard: false }).bindPopup(box);
}

document.title = data.words.title;
byId("ps-title").textContent = data.words.title + " · " + data.title;
byId("ps-versions").textContent = data.words.before + ": " + data.before + ". " + data.words.after + ": " + data.after + ".";
byId("ps-synthetic").hidden = !data.synthetic;
byId("ps-synthetic").textContent = data.synthetic;
byId("ps-legend-title").textContent = data.words.map_legend;
byId("ps-list-title").textContent = data.words.map_list + " (" + data.hamlets.length + ")";
byId("ps-hint").textContent = data.hamlets.length ? data.words.map_hint : data.words.no_change;

const map = L.map("ps-map", { preferCanvas: true, zoomSnap: 0.25, minZoom: 5, maxZoom: 18 });
map.attributionControl.setPrefix("Leaflet");
L.control.scale({ imperial: false }).addTo(map);
map.setView([16, 107], 6);

data.unchanged.forEach(([lat, lon, name]) =>
  L.circleMarker([lat, lon], { radius: 2.5, stroke: false, fillColor: "#8a949e", fillOpacity: 0.8 })
    .bindPopup(told(name, [data.words.map_unchanged])).addTo(map));

const mastAt = {};
let linked = false;
data.stations.forEach((s) => { mastAt[s.mast_id] = s.at; });
data.hamlets.forEach((h) => (h.stations ? h.stations.split("; ") : []).forEach((mast) => {
  if (!mastAt[mast]) return;
  linked = true;
  L.polyline([h.at, mastAt[mast]], { color: "#44525f", weight: 1, dashArray: "4 4", interactive: false }).addTo(map);
}));

function listed(list, at, mark, shape, colour, head, more) {
  const button = document.createElement("button");
  button.type = "button";
  button.appendChild(sign(shape, colour));
  const text = document.createElement("span");
  text.appendChild(element("span", head));
  text.appendChild(element("small", more));
  button.appendChild(text);
  button.addEventListener("click", () => { map.setView(at, Math.max(map.getZoom(), 12)); mark.openPopup(); });
  const line = document.createElement("li");
  line.appendChild(button);
  byId(list).appendChild(line);
}

byId("ps-stations-title").textContent = data.words.map_stations + " (" + data.stations.length + ")";
data.stations.forEach((s) => {
  const name = [s.mast_id, s.operator, s.technology].join(" "), what = data.labels["station." + s.change];
  const colour = data.stationStyles[s.change];
  const mark = marker(s.at, "mast", colour, told(name, [what, s.details])).addTo(map);
  listed("ps-stations", s.at, mark, "mast", colour, name + ": " + what, s.details);
});

data.hamlets.forEach((h) => {
  const [colour, shape] = data.styles[h.change];
  const verdicts = [h.verdict_before, h.verdict_after].map((v) => (v ? data.labels["verdict." + v] : "–")).join(" → ");
  const people = data.words.people + ": " + Math.round(h.population);
  const mark = marker(h.at, shape, colour, told(h.name + " (" + h.commune + ")", [data.labels["hamlet." + h.change], verdicts, people, h.why])).addTo(map);
  listed("ps-list", h.at, mark, shape, colour, h.name + " (" + h.commune + "): " + data.labels["hamlet." + h.change], h.why);
});

function legend(shape, colour, text) {
  const line = document.createElement("li");
  line.appendChild(sign(shape, colour));
  line.appendChild(element("span", text));
  byId("ps-legend").appendChild(line);
}
Object.entries(data.styles).forEach(([code, [colour, shape]]) => {
  if (data.hamlets.some((h) => h.change === code)) legend(shape, colour, data.labels["hamlet." + code]);
});
Object.entries(data.stationStyles).forEach(([code, colour]) => {
  if (data.stations.some((s) => s.change === code)) legend("mast", colour, data.words.map_stations + ": " + data.labels["station." + code].toLowerCase());
});
if (linked) legend("dashes", "none", data.words.map_link);
if (data.unchanged.length) legend("dot", "#8a949e", data.words.map_unchanged);

// Only now is the list as long as it gets, and the map beside or above it as high as it stays.
const places = [...data.hamlets.map((h) => h.at), ...data.stations.map((s) => s.at), ...data.unchanged.map((u) => [u[0], u[1]])];
map.invalidateSize({ animate: false });
if (places.length) map.fitBounds(L.latLngBounds(places).pad(0.05), { animate: false });
document.documentElement.dataset.ready = "true";
})();
