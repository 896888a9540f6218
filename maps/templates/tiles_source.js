// Where tiles come from. Opened from a disk: PMTiles archives in scripts beside the page, a chunk at a time, of
// which only the last few are kept. Served: the server's own addresses. Memory does not depend on the area.
window.PS = PS; // the chunks beside the page hand their bytes to it
PS.CHUNK = 262144;
PS.CHUNKS_KEPT = 48;
PS.TILES_KEPT = 128;

// A map of promises that forgets the ones not used for longest.
PS.Recent = class {
  constructor(most) {
    this.most = most;
    this.kept = new Map();
  }
  get(key, make) {
    const found = this.kept.get(key) || make();
    this.kept.delete(key);
    this.kept.set(key, found);
    found.catch(() => this.kept.delete(key));
    if (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value);
    return found;
  }
};

// Fifteen bits to a character, as Python packs them.
PS.bytesOf = function (length, text) {
  const bytes = new Uint8Array(length);
  let held = 0;
  let bits = 0;
  let k = 0;
  for (let at = 0; at < text.length && k < length; at++) {
    held = (held << 15) | (text.charCodeAt(at) - 0x3400);
    bits += 15;
    while (bits >= 8 && k < length) {
      bits -= 8;
      bytes[k++] = (held >> bits) & 255;
    }
    held &= (1 << bits) - 1;
  }
  return bytes;
};

PS.waiting = new Map();
PS.chunk = (name, number, length, text) => PS.waiting.get(`${name}.${number}`)?.(PS.bytesOf(length, text));

PS.chunks = new PS.Recent(PS.CHUNKS_KEPT);
PS.loadChunk = (name, number) =>
  PS.chunks.get(`${name}.${number}`, () => new Promise((done, failed) => {
    const script = PS.el("script", { src: `data/${name}.${number}.js` });
    const end = (settle, value) => {
      PS.waiting.delete(`${name}.${number}`);
      script.remove();
      settle(value);
    };
    PS.waiting.set(`${name}.${number}`, (bytes) => end(done, bytes));
    script.addEventListener("error", () => end(failed, new Error(`data/${name}.${number}.js`)));
    document.head.append(script);
  }));

// What PMTiles asks for: a range of an archive, put together from its chunks.
PS.ChunkSource = class {
  constructor(name, size) {
    this.name = name;
    this.size = size;
  }
  getKey() {
    return this.name;
  }
  async getBytes(offset, length) {
    const end = Math.min(this.size, offset + length);
    const bytes = new Uint8Array(Math.max(0, end - offset));
    for (let number = Math.floor(offset / PS.CHUNK); number * PS.CHUNK < end; number++) {
      const chunk = await PS.loadChunk(this.name, number);
      const start = number * PS.CHUNK;
      const from = Math.max(offset, start);
      bytes.set(chunk.subarray(from - start, Math.min(end, start + chunk.length) - start), from - offset);
    }
    return { data: bytes.buffer };
  }
};

PS.archives = new Map();
PS.archive = function (name) {
  if (!PS.archives.has(name)) PS.archives.set(name, new pmtiles.PMTiles(new PS.ChunkSource(name, PS.data.archives[name])));
  return PS.archives.get(name);
};

PS.ask = async function (address) {
  const answer = await fetch(address);
  if (answer.status === 204) return null;
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
};

// The bytes of a tile; null where it is empty.
PS.tileBytes = async function (name, z, x, y) {
  if (PS.data.served) {
    const answer = await PS.ask(`tiles/${name}/${z}/${x}/${y}`);
    return answer && answer.arrayBuffer();
  }
  if (!PS.data.archives[name]) return null;
  const found = await PS.archive(name).getZxy(z, x, y);
  return found ? found.data : null;
};

PS.jsonTile = async function (name, z, x, y) {
  const bytes = await PS.tileBytes(name, z, x, y);
  return bytes && JSON.parse(new TextDecoder().decode(bytes));
};

// One of a list's parts: names to search, cells by number.
PS.parts = new PS.Recent(24);
PS.part = (name, number) =>
  PS.parts.get(`${name}.${number}`, async () => {
    if (PS.data.served) return (await PS.ask(`parts/${name}/${number}`)).json();
    const bytes = await PS.loadChunk(name, number);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  });

// A tile as numbers: classes, or rows of cells plus one; null where it is empty.
PS.tiles = new PS.Recent(PS.TILES_KEPT);
PS.tileValues = (raster, z, x, y) =>
  PS.tiles.get(`${raster.name}/${z}/${x}/${y}`, async () => {
    const bytes = await PS.tileBytes(raster.name, z, x, y);
    if (!bytes) return null;
    const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }), { premultiplyAlpha: "none", colorSpaceConversion: "none" });
    const ctx = Object.assign(document.createElement("canvas"), { width: 256, height: 256 }).getContext("2d", { willReadFrequently: true });
    ctx.drawImage(picture, 0, 0);
    picture.close();
    const pixels = new Uint32Array(ctx.getImageData(0, 0, 256, 256).data.buffer);
    return raster.colours.length ? PS.classesOf(pixels, raster.colours) : PS.numbersOf(pixels);
  });

PS.pixelOf = function (colour) {
  const [r, g, b] = [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0; // as the bytes of ImageData lie in a 32-bit number
};

PS.classesOf = function (pixels, colours) {
  const classOf = new Map(colours.map((colour, k) => [PS.pixelOf(colour), k + 1]));
  const classes = new Uint8Array(pixels.length);
  for (let k = 0, last = 0, value = 0; k < pixels.length; k++) {
    if (pixels[k] !== last) value = classOf.get((last = pixels[k])) || 0;
    classes[k] = value;
  }
  return classes;
};

PS.numbersOf = (pixels) => pixels.map((p) => ((p & 255) << 16) | (p & 0xff00) | ((p >>> 16) & 255));
