// The map: what the server says is on it, what the user does with it, and what is told back.
const MORPH = 700; // milliseconds that points take to their new places
const RESTS_AFTER = 140; // milliseconds without a movement
let isAlwaysPictured = null; // asked for by the button, in this tab
const views = new Map(); // by the places of a map, of this tab: a view outlives a change of page
const hiddenSets = new Map(); // what is hidden, by the classes of a column, of this tab
const mounted = new WeakMap();
const MODES = [["move", "Move (M)"], ["lasso", "Lasso (L)"], ["box", "Box (B)"]];
const ACTIONS = [["picture", "Pictures in place of points (P)"], ["fit", "Show all (F)"], ["zoom", "Zoom to the selection (Z)"], ["save", "Save as a PNG"]];
const HINT = "Drag to move, scroll to zoom, click a point to look at it. L: lasso, B: box, Shift adds, Esc clears. Arrow keys step from point to point, Enter opens.";

const sizeOf = (count) => (count <= 100 ? 11 : count <= 1000 ? 9 : count <= 10000 ? 6.5 : count <= 50000 ? 4.5 : 3.5);

class MapView {
  constructor(root, component) {
    Object.assign(this, { root, component, camera: new Camera(), map: null, chosen: new Uint8Array(0), n_chosen: 0 });
    Object.assign(this, { serial: 0, own: new Set(), hovered: -1, focused: -1, shape: null, part: 1, isDead: false, isMoving: false });
    this.name = Math.random().toString(36).slice(2, 8);
    this.build();
    this.revive();
    this.sizes = new ResizeObserver(() => this.resized());
    this.sizes.observe(this.stage);
  }

  build() {
    this.stage = element("div", "stage");
    this.surface = element("canvas", "surface");
    [this.under, this.over] = [element("canvas", "under"), element("canvas", "over")];
    Object.assign(this.over, { tabIndex: 0 });
    this.over.setAttribute("role", "application");
    this.over.setAttribute("aria-describedby", "hint");
    const [tools, card, hint] = [element("div", "tools"), element("div", "card"), element("p", "unseen", HINT)];
    hint.id = "hint";
    this.titles = [element("div", "axis across"), element("div", "axis up")];
    [this.status, this.said, this.trouble] = [element("div", "status"), element("p", "unseen"), element("div", "trouble")];
    this.said.setAttribute("aria-live", "polite");
    card.hidden = this.trouble.hidden = true;
    this.stage.append(this.under, this.surface, this.over, ...this.titles, tools, this.status, card, this.trouble);
    const key = element("div", "legend");
    this.root.append(this.stage, key, hint, this.said);
    this.tools = toolbar(tools, (name) => this.act(name), [...MODES, ...ACTIONS]);
    this.overlay = new Overlay(this.under, this.over, card);
    this.legend = new Legend(key, () => { this.painted(); this.remember(); }, (index) => this.chooseClass(index));
    this.gestures = new Gestures(this.over, this);
    isAlwaysPictured ??= new URL(window.location.href).searchParams.get("pictures") === "1";
    this.markMode();
  }

  // Begin to draw, or say why not.
  revive() {
    this.surface.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      if (!this.isDead) this.fail("lost", "The browser has lost the drawing of this map. Selection and labels are kept.");
    });
    try {
      this.painter = new Painter(this.surface);
      this.pictures = new Pictures(this.painter, () => this.redraw());
    } catch (error) {
      this.painter = null;
      this.fail("missing", "This browser cannot draw the map: WebGL 2 is missing or switched off. The table under the map lists all points.");
      this.root.dataset.reason = String(error.message ?? error);
    }
  }

  fail(kind, words) {
    this.trouble.replaceChildren(element("p", "", words));
    if (kind === "lost") {
      const again = element("button", "again", "Draw it again");
      again.onclick = () => this.renewed();
      this.trouble.append(again);
    }
    this.trouble.hidden = false;
    this.root.dataset.state = kind;
    this.component.setStateValue("trouble", kind);
  }

  // A context that was lost comes back on another canvas only.
  renewed() {
    const fresh = element("canvas", "surface");
    this.surface.replaceWith(fresh);
    this.surface = fresh;
    this.trouble.hidden = true;
    this.revive();
    if (!this.painter) return;
    this.component.setStateValue("trouble", "");
    this.remember();
    this.map = null;
    this.resized();
    this.update(this.component);
  }

  // Take over what the page says: called at first, and whenever something of it is new.
  async update(component) {
    this.component = component;
    const { data } = component;
    const asked = (this.asked = data);
    this.over.setAttribute("aria-label", data.name);
    this.colors = colorsOf(this.root);
    try {
      const [places, column, trails] = await Promise.all([
        fetched(data.data + data.places), fetched(data.data + data.color), data.trails ? fetched(data.data + data.trails) : null,
      ]);
      if (this.isDead || asked !== this.asked) return;
      if (this.root.dataset.state === "unreached") this.trouble.hidden = true;
      this.take(data, places, column, trails);
      this.root.dataset.state = this.painter ? "drawn" : this.root.dataset.state;
      this.rest = Promise.all([fetched(data.data + data.names), ...data.columns.map((each) => fetched(data.data + each))]);
      const [names, ...columns] = await this.rest;
      if (!this.isDead && asked === this.asked) Object.assign(this, { names, columns });
    } catch (error) {
      if (this.isDead || asked !== this.asked) return;
      this.fail("unreached", "The map did not arrive. Reload the page to fetch it again.");
    }
  }

  take(data, places, column, trails) {
    const isNew = this.map?.digest !== data.places;
    const before = this.map;
    if (isNew) {
      this.map = { ...places, digest: data.places, count: places.ids.length };
      this.screen = new Float32Array(2 * this.map.count);
      Object.assign(this, { hovered: -1, focused: -1, names: null, columns: null });
      this.overlay.hide();
    }
    this.column = column;
    this.legend.show(column, this.hiddenOf(column, data.color));
    if (isNew || this.isNews(data.chosen)) this.setChosen(chosenOf(data.chosen.bits, this.map.count));
    this.near = data.near && data.near.places === data.places ? data.near : null;
    this.titles.forEach((title, axis) => { title.textContent = this.map.dims === 2 ? this.map.titles[axis] : ""; });
    if (isNew) this.enter(before);
    if (this.painter) this.painter.fill("line", trails ? trails.corners : new Float32Array(0));
    this.root.dataset.trails = trails ? trails.corners.length / 6 : 0;
    this.tools.picture.hidden = !data.records;
    this.pictures?.set(data.records ? data.sheet + data.records : "", this.map.aspects);
    this.painted();
  }

  // Whether the page has selected something by itself, and knew of all that was selected here before.
  isNews({ by, after }) { return !this.own.has(by) && (!this.last || after === this.last); }

  // Go to the places of another map: points that are on both move there.
  enter(before) {
    const { map, camera } = this;
    camera.extent = map.extent;
    camera.fit();
    this.read();
    const from = new Float32Array(map.places);
    let n_moved = 0;
    if (before) {
      const known = new Map();
      before.ids.forEach((id, i) => known.set(id, i));
      map.ids.forEach((id, i) => {
        const at = known.get(id);
        if (at === undefined) return;
        n_moved++;
        from.set(before.places.subarray(3 * at, 3 * at + 3), 3 * i);
      });
    }
    this.goal = map.dims === 3 ? 1 : 0;
    this.start = before ? camera.solid : this.goal;
    camera.solid = this.start;
    const isStill = !n_moved || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.begun = isStill ? -1 : performance.now();
    this.part = isStill ? 1 : 0;
    if (isStill) camera.solid = this.goal;
    camera.changed();
    this.fill(from, map.places);
  }

  fill(from, to) {
    if (!this.painter) return;
    this.painter.fill("from", from);
    this.painter.fill("to", to);
    this.from = from;
    this.painted();
  }

  // Colours, states and forms of all points, in the bytes that the painter takes.
  painted() {
    const { map, column, chosen, n_chosen } = this;
    if (!map || !column) return;
    const look = (this.look = new Uint8Array(4 * map.count));
    const words = new Uint32Array(look.buffer); // red, green, blue and state of a point at once: the lowest byte comes first
    const lit = new Set(this.near?.others.map(([other]) => other));
    const packed = ([red, green, blue]) => red | (green << 8) | (blue << 16);
    const grey = packed(rgbOf(column.grey));
    const isNumber = column.kind === "numbers";
    const colors = isNumber ? [] : column.classes.map((each) => packed(rgbOf(each.color)));
    const isHidden = isNumber ? [] : column.classes.map((_, code) => this.legend.hidden.has(code));
    const range = isNumber ? column.high - column.low || 1 : 1;
    const front = [];
    for (let i = 0; i < map.count; i++) {
      const code = isNumber ? -1 : column.codes[i];
      const value = isNumber ? column.values[i] : 0;
      const color = isNumber ? (Number.isFinite(value) ? packed(onScale(column.stops, (value - column.low) / range)) : grey) : colors[code];
      const state = !isNumber && isHidden[code] ? 0 : chosen[i] ? 3 : n_chosen && !lit.has(i) ? 1 : 2;
      if (state === 3) front.push(i);
      words[i] = color | (state << 24);
    }
    if (this.painter) {
      this.painter.fill("look", look);
      if (this.shapedBy !== column || this.shapedOf !== map) {
        this.painter.fill("shape", isNumber ? new Uint8Array(map.count) : Uint8Array.from(column.codes, (code) => column.classes[code].shape));
        Object.assign(this, { shapedBy: column, shapedOf: map });
      }
      this.painter.bringForward(Uint32Array.from(front));
    }
    this.redraw();
  }

  resized() {
    const box = this.over.getBoundingClientRect(); // without the border of the stage
    if (box.width < 2 || box.height < 2) return;
    this.camera.resize(box.width, box.height);
    this.sized(Math.min(window.devicePixelRatio || 1, 2));
  }

  // Draw with so many pixels for one of the screen.
  sized(ratio) {
    const { width, height } = this.camera;
    this.ratio = ratio;
    for (const canvas of [this.under, this.surface, this.over]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    this.redraw(true);
  }

  redraw(isNow = false) {
    if (this.isDead || !this.map) return;
    if (isNow) {
      this.frame();
    } else if (!this.waits) {
      this.waits = requestAnimationFrame(() => { this.waits = 0; this.frame(); });
    }
  }

  frame() {
    const { map, camera, painter } = this;
    if (this.isDead || !map || !painter || !this.look || !this.ratio) return;
    if (this.part < 1) {
      const share = Math.min((performance.now() - this.begun) / MORPH, 1);
      this.part = share * share * (3 - 2 * share);
      camera.solid = this.start + (this.goal - this.start) * this.part;
      camera.changed();
      if (share < 1) this.redraw();
    }
    this.projected();
    if (this.pointer !== undefined) this.hoverNow();
    const n_pictures = this.pictures.update(camera, this.screen, this.look, isAlwaysPictured, this.isMoving || this.part < 1);
    const { ground, ink } = this.colors;
    const grown = Math.min(1.7, Math.max(1, camera.zoom ** 0.25));
    this.size = sizeOf(map.count) * grown;
    painter.draw(camera, { part: this.part, size: this.size, ground, ink, hasTrails: true, ratio: this.ratio });
    this.drawOver();
    Object.assign(this.root.dataset, { pictures: n_pictures, frames: Number(this.root.dataset.frames ?? 0) + 1 });
  }

  // Bring the places on the screen up to date, where the view is another than before.
  projected() {
    const { map, camera } = this;
    if (this.screenOf === `${map.digest} ${camera.version} ${this.part}`) return;
    this.screenOf = `${map.digest} ${camera.version} ${this.part}`;
    let { places } = map;
    if (this.part < 1) {
      places = places.map((value, k) => this.from[k] + (value - this.from[k]) * this.part);
    }
    camera.project(places, this.screen);
  }

  drawOver() {
    const { overlay, camera, map, screen } = this;
    overlay.begin(this.ratio, this.colors);
    overlay.boxes = new Map(this.pictures.shown.map((each) => [each.i, each]));
    if (this.part >= 1) {
      if (map.dims === 2) overlay.flatAxes(camera, map);
      else overlay.solidAxes(camera, map.titles);
    }
    const radius = this.size / 2 + 4;
    if (this.part >= 1) overlay.placed(screen, map.placed, this.look, this.size / 2 + 2.5);
    if (this.near && this.part >= 1) overlay.near(screen, this.near);
    if (this.hovered >= 0) overlay.ring(screen, this.hovered, radius);
    if (this.focused >= 0 && this.hasFocus()) overlay.ring(screen, this.focused, radius + 3, 2.5);
    if (this.shape) overlay.outline(this.shape);
    const all = map.count;
    this.status.textContent = this.n_chosen ? `${spaced(this.n_chosen)} of ${spaced(all)} selected` : "";
  }

  hasFocus() { return this.root.getRootNode().activeElement === this.over; }

  end() {
    this.isDead = true;
    if (this.pictures) this.pictures.isEnded = true;
    clearTimeout(this.resting);
    cancelAnimationFrame(this.waits);
    this.sizes.disconnect();
    this.remember(true);
    this.painter?.end();
  }
}
