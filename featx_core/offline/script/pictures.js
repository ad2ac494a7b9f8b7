// Which points are shown as pictures, and the thumbnails that are fetched for them.
const SIDE = 54; // pixels on the screen, the longest side of a picture
const GAP = 3;
const [AT_ONCE, IN_FLIGHT] = [48, 2]; // thumbnails a request, and requests
const FROM_ZOOM = 2; // from here on dots become pictures by themselves, where there is room
const CROWD = 3; // ... and where not more than this many pictures would lie upon each other
const MANY = 30000; // with more points pictures find their places when the map rests

class Pictures {
  constructor(painter, redraw) {
    Object.assign(this, { painter, redraw, cells: new Map(), pending: new Set(), failed: new Set(), in_flight: 0 });
    Object.assign(this, { shown: [], placed: [], address: "", aspects: new Uint8Array(0), order: new Uint32Array(0), isEnded: false });
  }

  // Set what is on the map: where thumbnails come from, and the proportions of each image (0 where there is none).
  set(address, aspects) {
    if (address !== this.address) {
      this.cells.clear(); this.pending.clear(); this.failed.clear();
      this.address = address;
    }
    this.aspects = aspects;
    this.placed = [];
    this.order = Uint32Array.from(aspects.keys()); // by a rule that is always the same, and not by the order of the rows
    let state = 1;
    for (let i = this.order.length - 1; i > 0; i--) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const j = state % (i + 1);
      [this.order[i], this.order[j]] = [this.order[j], this.order[i]];
    }
  }

  size(i) {
    const aspect = 2 ** ((this.aspects[i] - 128) / 32);
    return aspect > 1 ? [SIDE, SIDE / aspect] : [SIDE * aspect, SIDE];
  }

  isWanted(camera, screen, look, isAlways) {
    if (isAlways) return true;
    if (camera.zoom < FROM_ZOOM) return false;
    let inside = 0;
    for (let i = 0; i < look.length / 4; i++) {
      const [x, y] = [screen[2 * i], screen[2 * i + 1]];
      if (look[4 * i + 3] && x > 0 && y > 0 && x < camera.width && y < camera.height) inside++;
    }
    return inside * SIDE * SIDE <= CROWD * camera.width * camera.height;
  }

  // Give each picture a place that no other takes: first what is selected, then its neighbours, then the others in a fixed order.
  place(camera, screen, look) {
    const grid = new Map();
    const placed = [];
    const step = SIDE + GAP;
    const takes = (i) => {
      const [x, y] = [screen[2 * i], screen[2 * i + 1]];
      if (!(x > -SIDE && y > -SIDE && x < camera.width + SIDE && y < camera.height + SIDE)) return;
      const [w, h] = this.size(i);
      const [column, row] = [Math.floor(x / step), Math.floor(y / step)];
      for (let c = column - 1; c <= column + 1; c++) {
        for (let r = row - 1; r <= row + 1; r++) {
          for (const other of grid.get(c * 65536 + r) ?? []) {
            if (Math.abs(other.x - x) < (other.w + w) / 2 + GAP && Math.abs(other.y - y) < (other.h + h) / 2 + GAP) return;
          }
        }
      }
      const mine = { i, x, y, w, h };
      const key = column * 65536 + row;
      if (!grid.has(key)) grid.set(key, []);
      grid.get(key).push(mine);
      placed.push(mine);
    };
    const { order, aspects } = this;
    for (const first of [3, 2, 1]) {
      for (let k = 0; k < order.length; k++) {
        const i = order[k];
        const state = look[4 * i + 3];
        if (state === first && aspects[i]) takes(i);
      }
    }
    this.placed = placed;
  }

  // Lay out what is to be drawn now, and fetch what is missing. Gives how many pictures stand.
  update(camera, screen, look, isAlways, isMoving) {
    if (!this.address || !this.isWanted(camera, screen, look, isAlways)) {
      this.placed = [];
    } else if (!isMoving || this.order.length <= MANY || !this.placed.length) {
      this.place(camera, screen, look);
    } else {
      for (const mine of this.placed) [mine.x, mine.y] = [screen[2 * mine.i], screen[2 * mine.i + 1]];
    }
    this.shown = this.placed.filter(({ i }) => this.cells.has(i));
    const boxes = new Float32Array(this.shown.length * 10);
    this.shown.forEach(({ i, x, y, w, h }, k) => {
      const cell = this.cells.get(i);
      const state = look[4 * i + 3];
      const frame = [look[4 * i] / 255, look[4 * i + 1] / 255, look[4 * i + 2] / 255, state === 1 ? 0.25 : 1];
      boxes.set([x, y, w, h, cell % CELLS, Math.floor(cell / CELLS), ...frame], 10 * k);
    });
    this.painter.fill("box", boxes);
    this.fetchMissing();
    return this.shown.length;
  }

  fetchMissing() {
    const missing = this.placed.map(({ i }) => i).filter((i) => !this.cells.has(i) && !this.pending.has(i) && !this.failed.has(i));
    for (let k = 0; k < missing.length && this.in_flight < IN_FLIGHT; k += AT_ONCE) this.fetchSheet(missing.slice(k, k + AT_ONCE));
  }

  // The pixels of the thumbnails of some points, below each other.
  async pixels(address, rows) {
    const response = await fetch(`${address}?rows=${rows.join(",")}`);
    if (!response.ok) throw new Error(`${response.status}`);
    const bitmap = await createImageBitmap(await response.blob());
    const sheet = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
    sheet.drawImage(bitmap, 0, 0);
    return sheet.getImageData(0, 0, CELL, CELL * rows.length).data;
  }

  async fetchSheet(rows) {
    const { address } = this;
    for (const row of rows) this.pending.add(row);
    this.in_flight++;
    try {
      const data = await this.pixels(address, rows);
      if (this.isEnded || address !== this.address) return;
      rows.forEach((row, k) => this.keep(row, data.subarray(k * CELL * CELL * 4, (k + 1) * CELL * CELL * 4)));
    } catch {
      for (const row of rows) this.failed.add(row); // it stays a dot
    } finally {
      this.in_flight--;
      for (const row of rows) this.pending.delete(row);
      if (!this.isEnded) this.redraw();
    }
  }

  keep(row, pixels) {
    let cell = this.cells.size;
    if (cell >= CELLS * CELL_ROWS) {
      const standing = new Set(this.placed.map(({ i }) => i));
      const oldest = [...this.cells.keys()].find((i) => !standing.has(i)) ?? this.cells.keys().next().value;
      cell = this.cells.get(oldest);
      this.cells.delete(oldest);
    }
    this.cells.set(row, cell);
    this.painter.store(cell, pixels);
  }

  // The picture under the pointer: the one that was drawn last.
  under(x, y) {
    for (let k = this.shown.length - 1; k >= 0; k--) {
      const mine = this.shown[k];
      if (Math.abs(mine.x - x) <= mine.w / 2 && Math.abs(mine.y - y) <= mine.h / 2) return mine.i;
    }
    return -1;
  }
}
