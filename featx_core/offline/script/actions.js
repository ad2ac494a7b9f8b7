// What the user does with a map: look around, point, select, step with keys.
Object.assign(MapView.prototype, {
  isSolid() { return this.map?.dims === 3; },

  moved() {
    this.isMoving = true;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.isMoving = false;
      this.remember();
      this.redraw();
    }, RESTS_AFTER);
    this.redraw();
  },

  pan(dx, dy) { this.camera.pan(dx, dy); this.moved(); },
  orbit(dx, dy) { this.camera.orbit(dx, dy); this.moved(); },
  zoomAt(x, y, factor) { this.camera.zoomAt(x, y, factor); this.moved(); },

  // Keep the view for this tab, and in the address for a reload and a link.
  remember(isLast = false) {
    if (!this.map) return;
    const isFit = this.camera.zoom === 1 && !this.camera.x && !this.camera.y && this.map.dims === 2;
    views.set(this.map.digest, this.camera.words);
    if (isLast) return;
    const address = new URL(window.location.href);
    if (isAlwaysPictured) address.searchParams.set("pictures", "1");
    else address.searchParams.delete("pictures");
    if (isFit) address.searchParams.delete("view");
    else address.searchParams.set("view", `${this.map.digest.slice(0, 8)}.${this.camera.words}`);
    const { hidden, column } = this.legend;
    if (hidden.size) {
      const flags = Uint8Array.from(column.classes, (_, index) => (hidden.has(index) ? 1 : 0));
      address.searchParams.set("hide", `${this.asked.color.slice(0, 8)}.${bitsOf(flags)}`);
    } else address.searchParams.delete("hide");
    window.history.replaceState(window.history.state, "", address);
  },

  // The classes of a column that are hidden: as they were in this tab, else as the address says.
  hiddenOf(column, digest) {
    const classes = [column.title, ...(column.classes ?? []).map((each) => each.name)].join("\n");
    if (hiddenSets.has(classes)) return hiddenSets.get(classes);
    const hidden = new Set();
    hiddenSets.set(classes, hidden);
    const [of, bits] = (new URL(window.location.href).searchParams.get("hide") ?? "").split(".");
    if (of !== digest.slice(0, 8) || !/^[A-Za-z0-9+/]+=*$/.test(bits ?? "") || bits.length % 4) return hidden;
    chosenOf(bits, column.classes?.length ?? 0).forEach((is, index) => { if (is) hidden.add(index); });
    return hidden;
  },

  read() {
    const asked = new URL(window.location.href).searchParams.get("view") ?? "";
    const ofLink = asked.startsWith(`${this.map.digest.slice(0, 8)}.`) ? asked.slice(9) : null;
    const kept = views.get(this.map.digest) ?? ofLink;
    if (kept) this.camera.read(kept);
  },

  // The point at a place on the screen: a picture, or the nearest dot within reach.
  at(x, y, reach = 5) {
    if (!this.look || this.part < 1) return -1;
    const picture = this.pictures?.under(x, y) ?? -1;
    if (picture >= 0) return picture;
    const nearness = this.isSolid() ? (i) => this.camera.nearness(this.map.places, i) : null;
    return nearestTo(x, y, this.size / 2 + reach, this.screen, this.look, nearness);
  },

  hover(at) {
    this.pointer = at;
    this.redraw();
  },

  hoverNow() {
    const { pointer } = this;
    this.pointer = undefined;
    this.hovered = pointer ? this.at(...pointer) : -1;
    this.over.style.cursor = this.hovered >= 0 ? "pointer" : this.gestures.mode === "move" ? "grab" : "crosshair";
    if (this.hovered >= 0) this.showCard(this.hovered);
    else this.overlay.hide();
  },

  factsOf(i) {
    const columns = this.columns ?? [this.column];
    return columns.map((column) => {
      if (column.kind === "numbers") return [column.title, Number.isFinite(column.values[i]) ? numberWords(column.values[i]) : "no value"];
      return [column.title, column.classes[column.codes[i]].name];
    });
  },

  showCard(i) {
    const { width, height } = this.camera;
    const picture = this.pictures?.shown.find((each) => each.i === i);
    const reach = picture ? picture.w / 2 : this.size / 2;
    const source = this.map.aspects[i] && this.asked.records ? this.pictureOf(i) : null;
    const [x, y] = [this.screen[2 * i], this.screen[2 * i + 1]];
    this.overlay.show(i, { x, y, reach, name: this.names?.names[i] ?? "", facts: this.factsOf(i), source, width, height });
  },

  pictureOf(i) { return `${this.asked.picture}${this.asked.records}/${i}`; },

  click([x, y], isAdding, isSecond, isTouch) {
    const i = this.at(x, y, isTouch ? 16 : 5);
    if (i < 0) {
      if (isSecond) this.choose([], "only");
      return;
    }
    this.focused = i;
    this.choose([i], isAdding ? "toggle" : "only");
  },

  outline(corners) {
    this.shape = corners;
    this.redraw();
  },

  select(corners, isAdding) {
    if (!this.look || this.part < 1) return;
    this.choose(enclosed(corners, this.screen, this.look), isAdding ? "add" : "only");
  },

  // Change the selection, and tell the page.
  choose(points, how) {
    const next = how === "only" ? new Uint8Array(this.map.count) : this.chosen.slice();
    for (const i of points) next[i] = how === "toggle" ? 1 - next[i] : 1;
    if (!this.n_chosen && !countOf(next)) return;
    this.near = null;
    this.setChosen(next);
    this.painted();
    const by = (this.last = `${this.name}:${++this.serial}`);
    this.own.add(by);
    this.component.setStateValue("chosen", { by, places: this.map.digest, bits: bitsOf(next) });
    this.say(this.n_chosen ? `${this.n_chosen} selected` : "Selection cleared");
  },

  chooseClass(index) {
    const points = [];
    this.column.codes.forEach((code, i) => { if (code === index) points.push(i); });
    this.choose(points, "only");
  },

  setChosen(chosen) {
    Object.assign(this, { chosen, n_chosen: countOf(chosen) });
    this.root.dataset.chosen = this.n_chosen;
    this.tools.zoom.disabled = !this.n_chosen;
  },

  say(words) { this.said.textContent = words; },

  act(name) {
    if (MODES.some(([mode]) => mode === name)) {
      this.gestures.mode = name;
      this.markMode();
    } else if (this.map && name === "picture") {
      isAlwaysPictured = !isAlwaysPictured;
      this.markMode();
      this.moved();
    } else if (this.map && name === "save") {
      if (this.painter && this.look && this.part >= 1) this.save();
    } else if (this.map && name === "fit") {
      this.camera.fit();
      this.moved();
    } else if (this.map && this.n_chosen) {
      const points = [];
      this.chosen.forEach((is, i) => { if (is) points.push(i); });
      this.camera.fitTo(this.map.places, points);
      this.moved();
    }
  },

  markMode() {
    for (const [name] of MODES) this.tools[name].setAttribute("aria-pressed", String(this.gestures.mode === name));
    this.tools.picture.setAttribute("aria-pressed", String(isAlwaysPictured));
    this.over.style.cursor = this.gestures.mode === "move" ? "grab" : "crosshair";
  },

  blurred() {
    if (this.hovered < 0) this.overlay.hide();
    this.redraw();
  },

  // Do what a key means; tells whether it means something here.
  key(event) {
    if (!this.map || event.ctrlKey || event.metaKey || event.altKey) return false;
    const { key } = event;
    const [middle, center] = [this.camera.width / 2, this.camera.height / 2];
    const lone = { m: "move", l: "lasso", b: "box", f: "fit", 0: "fit", z: "zoom", p: "picture" }[key.toLowerCase()];
    if (ARROWS[key] && event.shiftKey) this.pan(-ARROWS[key][0] * STEP, -ARROWS[key][1] * STEP);
    else if (ARROWS[key]) this.step(ARROWS[key]);
    else if (key === "+" || key === "=") this.zoomAt(middle, center, 1.3);
    else if (key === "-" || key === "_") this.zoomAt(middle, center, 1 / 1.3);
    else if ((key === "Enter" || key === " ") && this.focused >= 0) this.choose([this.focused], event.shiftKey ? "toggle" : "only");
    else if (key === "Escape") this.escape();
    else if (lone) this.act(lone);
    else return false;
    return true;
  },

  escape() {
    this.overlay.hide();
    if (!this.gestures.giveUp()) this.choose([], "only");
    this.redraw();
  },

  step(direction) {
    if (!this.look || this.part < 1) return;
    const { width, height } = this.camera;
    const next = this.focused < 0 || !this.look[4 * this.focused + 3]
      ? nearestTo(width / 2, height / 2, Infinity, this.screen, this.look, null)
      : stepFrom(this.focused, direction, this.screen, this.look);
    if (next < 0) return;
    this.focused = next;
    this.camera.reveal(this.screen[2 * next], this.screen[2 * next + 1]);
    this.projected();
    this.moved();
    this.showCard(next);
    this.say([this.names?.names[next] ?? "", ...this.factsOf(next).map(([title, value]) => `${title}: ${value}`)].join(", "));
  },
});

export default function (component) {
  const { parentElement } = component;
  let view = mounted.get(parentElement);
  if (!view) {
    const root = element("div", "map");
    parentElement.append(root);
    view = new MapView(root, component);
    mounted.set(parentElement, view);
  }
  view.update(component);
  return () => {
    view.end();
    view.root.remove();
    mounted.delete(parentElement);
  };
}
