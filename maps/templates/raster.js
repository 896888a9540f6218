// Rasters of classes: unpacked when first needed, drawn on one canvas as large as the view.
PS.EARTH = 2 * Math.PI * 6378137; // circumference in the metres of Web Mercator

// Base64 of deflated values, as Python packs them.
PS.unpack = async function (text, bytesPerValue) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let k = 0; k < binary.length; k++) bytes[k] = binary.charCodeAt(k);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const raw = await new Response(stream).arrayBuffer();
  return bytesPerValue === 2 ? new Uint16Array(raw) : new Uint8Array(raw);
};

PS.frameOf = ([left, top, pixel, width, height]) => ({ left, top, pixel, width, height });

PS.unpacked = new Map();

// The raster of the data's table with this number: a promise, unpacked once.
PS.raster = function (number) {
  if (!PS.unpacked.has(number)) PS.unpacked.set(number, PS.joined(PS.data.rasters[number], PS.byId("ps-raster-" + number).textContent.split(".")));
  return PS.unpacked.get(number);
};

// A raster from its chunks, row by row; an empty text is a chunk that shows nothing.
PS.joined = async function ({ frame, bytes, chunk, cells }, texts) {
  const whole = PS.frameOf(frame);
  const { width, height } = whole;
  const values = new (cells ? Uint32Array : bytes === 2 ? Uint16Array : Uint8Array)(width * height);
  const across = Math.ceil(width / chunk);
  await Promise.all(texts.map(async (text, k) => {
    if (!text) return;
    const own = await PS.unpack(text, bytes);
    const part = cells ? Uint32Array.from(own, (value) => (value ? cells[k][value - 1] : 0)) : own; // a chunk may number its own cells
    const [left, top] = [(k % across) * chunk, Math.floor(k / across) * chunk];
    const wide = Math.min(chunk, width - left);
    for (let row = 0; row * wide < part.length; row++) values.set(part.subarray(row * wide, (row + 1) * wide), (top + row) * width + left);
  }));
  return { ...whole, values };
};

PS.rasterNumber = (what, technology, operator = null) =>
  PS.data.rasters.findIndex((r) => r.what === what && r.technology === technology && r.operator === operator);

// The footprints of a mast or a proposal by technology.
PS.footprint = async function (kind, id) {
  if (!PS.data.footprints) return null;
  PS.footprintTable = PS.footprintTable || JSON.parse(PS.byId("ps-footprints").textContent);
  if (!PS.has(PS.footprintTable[kind], id)) return null;
  const [column, row, width, height, technologies, text] = PS.footprintTable[kind][id];
  const values = await PS.unpack(text, 1);
  const whole = PS.frameOf(PS.data.footprints.frame);
  const frame = { left: whole.left + column * whole.pixel, top: whole.top - row * whole.pixel, pixel: whole.pixel, width, height };
  const size = width * height;
  return Object.fromEntries(technologies.map((t, k) => [t, { ...frame, values: values.subarray(k * size, (k + 1) * size) }]));
};

// Today's classes with those of other rasters laid over them: the higher class wins.
PS.merged = function (base, others) {
  const values = base.values.slice();
  for (const other of others) {
    const columns = PS.lookUp(base.width, (k) => (base.left + (k + 0.5) * base.pixel - other.left) / other.pixel, other.width);
    const rows = PS.lookUp(base.height, (k) => (other.top - base.top + (k + 0.5) * base.pixel) / other.pixel, other.height);
    for (let y = 0; y < base.height; y++) {
      if (rows[y] < 0) continue;
      for (let x = 0; x < base.width; x++) {
        if (columns[x] < 0) continue;
        const value = other.values[rows[y] * other.width + columns[x]];
        if (value > values[y * base.width + x]) values[y * base.width + x] = value;
      }
    }
  }
  return { ...base, values };
};

// For each of `count` pixels the pixel of another raster under it, -1 outside.
PS.lookUp = function (count, position, limit) {
  const found = new Int32Array(count);
  for (let k = 0; k < count; k++) {
    const at = Math.floor(position(k));
    found[k] = at >= 0 && at < limit ? at : -1;
  }
  return found;
};

PS.valueAt = function (raster, latlng) {
  const point = L.CRS.EPSG3857.project(latlng);
  const column = Math.floor((point.x - raster.left) / raster.pixel);
  const row = Math.floor((raster.top - point.y) / raster.pixel);
  const inside = column >= 0 && row >= 0 && column < raster.width && row < raster.height;
  return inside ? raster.values[row * raster.width + column] : 0;
};

PS.pixelOf = function (colour) {
  const [r, g, b] = [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0; // as the bytes of ImageData lie in a 32-bit number
};

// Draws a source: { raster, palette (32-bit colour by value), edges (the same where an area ends) or null,
// after (raster right of the divider) or null }.
PS.RasterLayer = L.Renderer.extend({
  options: { pane: "coverage", padding: 0.12 },

  show(source) {
    this.source = source;
    if (this._map) this.draw();
  },
  _initContainer() {
    this._container = PS.el("canvas", { "aria-hidden": "true", class: "ps-raster" });
  },
  _destroyContainer() {
    L.DomUtil.remove(this._container);
    delete this._container;
  },
  _updatePaths() {},
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this._container.width = size.x;
    this._container.height = size.y;
    this.draw();
  },
  draw() {
    const { width, height } = this._container;
    const ctx = this._container.getContext("2d");
    ctx.clearRect(0, 0, width, height);
    if (!this.source || !width || !height) return;
    const image = ctx.createImageData(width, height);
    this.paint(new Uint32Array(image.data.buffer), width, height);
    ctx.putImageData(image, 0, 0);
  },
  paint(pixels, width, height) {
    const { raster, after, edges } = this.source;
    const [columns, rows] = this.underlying(raster, width, height);
    const first = columns.findIndex((column) => column >= 0);
    const end = columns.findLastIndex((column) => column >= 0) + 1;
    if (first < 0) return;
    const cut = after ? Math.max(first, Math.min(end, this.dividerX())) : end;
    for (let y = 0; y < height; y++) {
      const [row, at] = [rows[y], y * width];
      if (row < 0) continue;
      const repeated = y > 0 && rows[y - 1] === row;
      if (repeated && !edges) {
        pixels.copyWithin(at, at - width, at); // near by, a row of the raster is many rows of the screen
        continue;
      }
      this.paintRow(pixels, at, raster, row, columns, first, cut);
      if (after) this.paintRow(pixels, at, after, row, columns, cut, end);
      if (edges) this.paintEdges(pixels, at, raster, repeated || y === 0 ? row : rows[y - 1], row, columns, first, end);
    }
  },
  paintRow(pixels, at, { values, width }, row, columns, first, end) {
    const { palette } = this.source;
    const start = row * width;
    for (let x = first; x < end; x++) pixels[at + x] = palette[values[start + columns[x]]];
  },
  // Where the area beside or above is another one.
  paintEdges(pixels, at, { values, width }, above, row, columns, first, end) {
    const { edges } = this.source;
    for (let x = first; x < end; x++) {
      const value = values[row * width + columns[x]];
      const beside = x > first ? values[row * width + columns[x - 1]] : value;
      const over = above < 0 ? value : values[above * width + columns[x]];
      if (value && (beside !== value || over !== value)) pixels[at + x] = edges[value];
    }
  },
  // Pixels of the raster under the canvas's columns and rows.
  underlying(raster, width, height) {
    const origin = this._map.getPixelOrigin().add(this._bounds.min);
    const metres = PS.EARTH / (256 * 2 ** this._map.getZoom());
    const west = origin.x * metres - PS.EARTH / 2;
    const north = PS.EARTH / 2 - origin.y * metres;
    return [
      PS.lookUp(width, (x) => (west + (x + 0.5) * metres - raster.left) / raster.pixel, raster.width),
      PS.lookUp(height, (y) => (raster.top - north + (y + 0.5) * metres) / raster.pixel, raster.height),
    ];
  },
  dividerX() {
    const at = PS.swipe.at * this._map.getSize().x;
    return Math.round(this._map.containerPointToLayerPoint([at, 0]).x - this._bounds.min.x);
  },
});
