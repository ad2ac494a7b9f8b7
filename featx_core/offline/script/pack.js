// What comes from the server: packs of arrays behind a header, and selections as bit sets.
const ARRAYS = { f4: Float32Array, f8: Float64Array, u1: Uint8Array, u2: Uint16Array, u4: Uint32Array };

// A pack: the length of the header (uint32), the header as JSON, then arrays at places that the header names.
const unpack = (buffer) => {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const arrays = {};
  for (const [name, [kind, offset, count]] of Object.entries(header.arrays)) arrays[name] = new ARRAYS[kind](buffer, offset, count);
  return { ...header, ...arrays };
};

const packs = new Map(); // by address, of this tab: going to another projection and back asks nothing again
const KEPT_PACKS = 24;

const fetched = async (address) => {
  if (!packs.has(address)) {
    const answer = fetch(address).then((response) => {
      if (!response.ok) throw new Error(`${response.status}`);
      return response.arrayBuffer();
    });
    packs.set(address, answer.then(unpack));
    packs.get(address).catch(() => packs.delete(address));
    if (packs.size > KEPT_PACKS) packs.delete(packs.keys().next().value);
  }
  return packs.get(address);
};

const bitsOf = (chosen) => {
  const bytes = new Uint8Array(Math.ceil(chosen.length / 8));
  for (let i = 0; i < chosen.length; i++) if (chosen[i]) bytes[i >> 3] |= 1 << (i & 7);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
};

const chosenOf = (bits, count) => {
  const chosen = new Uint8Array(count);
  const text = atob(bits);
  for (let i = 0; i < count && i >> 3 < text.length; i++) chosen[i] = (text.charCodeAt(i >> 3) >> (i & 7)) & 1;
  return chosen;
};

const countOf = (chosen) => {
  let count = 0;
  for (let i = 0; i < chosen.length; i++) count += chosen[i];
  return count;
};

const rgbOf = (hex) => [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));

// The colour at a share from 0 to 1 of a scale that is given as evenly spaced stops.
const onScale = (stops, share) => {
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const low = Math.min(Math.floor(place), stops.length - 2);
  return stops[low].map((value, part) => Math.round(value + (stops[low + 1][part] - value) * (place - low)));
};

const element = (kind, className, text) => {
  const made = document.createElement(kind);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

const spaced = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");

// The colours of the page, for what is drawn on a canvas.
const colorsOf = (root) => {
  const style = getComputedStyle(root);
  const of = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const scratch = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (color) => { scratch.fillStyle = color; scratch.fillRect(0, 0, 1, 1); return [...scratch.getImageData(0, 0, 1, 1).data.slice(0, 3)]; };
  const [ground, text] = [rgb(of("--st-background-color", "#ffffff")), rgb(of("--st-text-color", "#31333f"))];
  const mixed = (share) => `rgb(${ground.map((value, part) => Math.round(value + (text[part] - value) * share)).join(" ")})`;
  const font = of("--st-font", "sans-serif");
  return { ground, quiet: mixed(0.62), rule: mixed(0.08), accent: of("--st-text-color", "#31333f"), ink: rgb(mixed(0.5)), font };
};
