// Where a map is looked at from, and where its points then stand on the screen.
// Places are given between -1 and 1; x and y are the middle of the view in that unit, zoom 1 shows all.
const ROOM = 52; // pixels at each side that the whole map leaves free: for buttons above it, and the words of its axes
const DEPTH = 0.22; // how much nearer points are larger and farther from the middle, in 3-D
const [MIN_ZOOM, MAX_ZOOM] = [0.2, 20000];
const FIRST_TURN = { yaw: -0.6, pitch: 0.42 };

class Camera {
  constructor() {
    Object.assign(this, { width: 1, height: 1, zoom: 1, x: 0, y: 0, yaw: 0, pitch: 0, solid: 0, extent: [1, 1], version: 0 });
  }

  changed() { this.version++; }

  resize(width, height) {
    Object.assign(this, { width: Math.max(1, width), height: Math.max(1, height) });
    this.changed();
  }

  // Pixels for one unit of the map.
  get scale() {
    const inner = (length) => Math.max(length - 2 * ROOM, length / 2);
    const flat = Math.min(inner(this.width) / (2 * this.extent[0]), inner(this.height) / (2 * this.extent[1]));
    const deep = (Math.min(this.width, this.height) / 2) * 0.72;
    return this.zoom * (flat + (deep - flat) * this.solid);
  }

  // The three rows of the rotation, as a flat list.
  get turn() {
    const [a, b] = [this.yaw * this.solid, this.pitch * this.solid];
    const [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)];
    return [ca, 0, sa, sb * sa, cb, -sb * ca, -cb * sa, sb, cb * ca];
  }

  get deep() { return DEPTH * this.solid; }

  // Write the place on the screen of each point into `out`: x and y by turns.
  project(places, out) {
    const [m0, , m2, m3, m4, m5, m6, m7, m8] = this.turn;
    const { scale, deep } = this;
    const [left, top] = [this.width / 2 - this.x * scale, this.height / 2 + this.y * scale];
    for (let i = 0, p = 0; i < out.length; i += 2, p += 3) {
      const [x, y, z] = [places[p], places[p + 1], places[p + 2]];
      const near = deep ? 1 / (1 - deep * (m6 * x + m7 * y + m8 * z)) : 1;
      out[i] = left + (m0 * x + m2 * z) * near * scale;
      out[i + 1] = top - (m3 * x + m4 * y + m5 * z) * near * scale;
    }
    return out;
  }

  // How near to the eye a point is: larger is nearer.
  nearness(places, i) {
    const turn = this.turn;
    return turn[6] * places[3 * i] + turn[7] * places[3 * i + 1] + turn[8] * places[3 * i + 2];
  }

  // Zoom so that what is under the pointer stays there.
  zoomAt(px, py, factor) {
    const zoom = Math.min(Math.max(this.zoom * factor, MIN_ZOOM), MAX_ZOOM);
    const [dx, dy] = [px - this.width / 2, this.height / 2 - py];
    const before = this.scale;
    this.zoom = zoom;
    this.x += dx / before - dx / this.scale;
    this.y += dy / before - dy / this.scale;
    this.changed();
  }

  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y += dy / this.scale;
    this.changed();
  }

  orbit(dx, dy) {
    this.yaw += dx * 0.008;
    this.pitch = Math.min(Math.max(this.pitch + dy * 0.008, -Math.PI / 2), Math.PI / 2);
    this.changed();
  }

  fit() {
    Object.assign(this, { zoom: 1, x: 0, y: 0, ...FIRST_TURN });
    this.changed();
  }

  // Show some points, given by their numbers, with room around them.
  fitTo(places, indices) {
    if (!indices.length) return;
    const all = this.project(places, new Float32Array((places.length / 3) * 2));
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const i of indices) {
      left = Math.min(left, all[2 * i]); right = Math.max(right, all[2 * i]);
      top = Math.min(top, all[2 * i + 1]); bottom = Math.max(bottom, all[2 * i + 1]);
    }
    const factor = Math.min((this.width * 0.8) / Math.max(right - left, 1e-6), (this.height * 0.8) / Math.max(bottom - top, 1e-6));
    this.pan(this.width / 2 - (left + right) / 2, this.height / 2 - (top + bottom) / 2);
    const most = Math.max(6, this.zoom) / this.zoom; // points that coincide are not magnified without end
    this.zoomAt(this.width / 2, this.height / 2, Math.min(factor, most));
  }

  // Bring a point into view, if it is not.
  reveal(px, py, room = 40) {
    const dx = px < room ? room - px : px > this.width - room ? this.width - room - px : 0;
    const dy = py < room ? room - py : py > this.height - room ? this.height - room - py : 0;
    if (dx || dy) this.pan(dx, dy);
  }

  get words() {
    const short = (value) => String(Number(value.toPrecision(6)));
    const parts = [this.zoom, this.x, this.y];
    if (this.solid) parts.push(this.yaw, this.pitch);
    return parts.map(short).join("_");
  }

  // Take over what `words` gave; false where it is something else.
  read(words) {
    const parts = String(words).split("_").map(Number);
    if ((parts.length !== 3 && parts.length !== 5) || !parts.every(Number.isFinite)) return false;
    const [zoom, x, y, yaw, pitch] = parts;
    if (zoom < MIN_ZOOM || zoom > MAX_ZOOM || Math.abs(x) > 10 || Math.abs(y) > 10) return false;
    Object.assign(this, { zoom, x, y, yaw: yaw ?? FIRST_TURN.yaw, pitch: pitch ?? FIRST_TURN.pitch });
    this.changed();
    return true;
  }
}
