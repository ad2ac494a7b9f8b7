// Mouse, fingers, wheel and keys, turned into what they mean. Nothing is drawn here.
const STILL = 5; // pixels; a shorter drag is a click
const STEP = 60; // pixels that a key pans

const place = (canvas, event) => {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};

const inside = (corners, x, y) => {
  let is = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [[xi, yi], [xj, yj]] = [corners[i], corners[j]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) is = !is;
  }
  return is;
};

const boxCorners = ([x, y], [u, v]) => [[x, y], [u, y], [u, v], [x, v]];

// The points within an outline, of those that are shown.
const enclosed = (corners, screen, look) => {
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const found = [];
  for (let i = 0; i < look.length / 4; i++) {
    const [x, y] = [screen[2 * i], screen[2 * i + 1]];
    if (look[4 * i + 3] && x >= left && x <= right && y >= top && y <= bottom && inside(corners, x, y)) found.push(i);
  }
  return found;
};

// The nearest point that is shown, within a reach; in 3-D, of those about as near the one that lies before the others.
const nearestTo = (x, y, reach, screen, look, nearness) => {
  let [best, least] = [-1, reach * reach];
  for (let i = 0; i < look.length / 4; i++) {
    if (!look[4 * i + 3]) continue;
    const [dx, dy] = [screen[2 * i] - x, screen[2 * i + 1] - y];
    const apart = dx * dx + dy * dy;
    if (apart < least || (nearness && best >= 0 && apart < least + 9 && nearness(i) > nearness(best))) [best, least] = [i, Math.min(apart, least)];
  }
  return best;
};

// The nearest point in a direction, within 45 degrees of it. Points that coincide are gone through one by one.
const stepFrom = (from, [ux, uy], screen, look) => {
  let [best, least] = [-1, Infinity];
  for (let i = 0; i < look.length / 4; i++) {
    if (i === from || !look[4 * i + 3]) continue;
    const [dx, dy] = [screen[2 * i] - screen[2 * from], screen[2 * i + 1] - screen[2 * from + 1]];
    const [ahead, aside] = [dx * ux + dy * uy, Math.abs(dx * uy - dy * ux)];
    const coincides = Math.abs(dx) + Math.abs(dy) < 1e-3;
    if (coincides ? i > from !== ux + uy > 0 : ahead <= 0 || aside > ahead) continue;
    const apart = coincides ? Math.abs(i - from) * 1e-9 : dx * dx + dy * dy;
    if (apart < least) [best, least] = [i, apart];
  }
  return best;
};

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class Gestures {
  // `map` does what gestures mean: pan, orbit, zoomAt, hover, click, doubleClick, select, outline, key.
  constructor(canvas, map) {
    Object.assign(this, { canvas, map, mode: "move", pointers: new Map(), drag: null });
    const on = (name, work, options) => canvas.addEventListener(name, work.bind(this), options);
    on("pointerdown", this.down);
    on("pointermove", this.move);
    on("pointerup", this.up);
    on("pointercancel", this.cancel);
    on("pointerleave", () => this.map.hover(null));
    on("wheel", this.wheel, { passive: false });
    on("contextmenu", (event) => event.preventDefault());
    on("keydown", (event) => { if (this.map.key(event)) event.preventDefault(); });
    on("blur", () => this.map.blurred());
  }

  down(event) {
    const at = place(this.canvas, event);
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, at);
    if (this.pointers.size === 2) {
      this.drag = null;
      this.map.outline(null);
      return;
    }
    const moves = this.mode === "move" && !event.shiftKey;
    const kind = moves || event.button ? (this.map.isSolid() && !event.button && !event.ctrlKey ? "orbit" : "pan") : this.mode === "box" ? "box" : "lasso";
    this.drag = { kind, start: at, last: at, corners: [at], isMoved: false, adds: event.shiftKey, button: event.button };
  }

  move(event) {
    const at = place(this.canvas, event);
    if (!this.pointers.has(event.pointerId)) {
      this.map.hover(at);
      return;
    }
    if (this.pointers.size === 2) {
      this.pinch(event.pointerId, at);
      return;
    }
    this.pointers.set(event.pointerId, at);
    const { drag } = this;
    if (!drag) return;
    if (!drag.isMoved && Math.hypot(at[0] - drag.start[0], at[1] - drag.start[1]) < STILL) return;
    drag.isMoved = true;
    this.map.hover(null);
    const [dx, dy] = [at[0] - drag.last[0], at[1] - drag.last[1]];
    drag.last = at;
    if (drag.kind === "pan") this.map.pan(dx, dy);
    else if (drag.kind === "orbit") this.map.orbit(dx, dy);
    else if (drag.kind === "box") this.map.outline((drag.corners = boxCorners(drag.start, at)));
    else this.map.outline((drag.corners = [...drag.corners, at]));
  }

  pinch(id, at) {
    const middle = () => { const [a, b] = [...this.pointers.values()]; return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, Math.hypot(a[0] - b[0], a[1] - b[1])]; };
    const [x, y, apart] = middle();
    this.pointers.set(id, at);
    const [u, v, now] = middle();
    this.map.pan(u - x, v - y);
    if (apart > 0 && now > 0) this.map.zoomAt(u, v, now / apart);
  }

  up(event) {
    const { drag } = this;
    const at = place(this.canvas, event);
    this.pointers.delete(event.pointerId);
    if (!drag) return;
    this.drag = null;
    if (!drag.isMoved) {
      if (drag.button === 0) this.click(at, event);
    } else if (drag.kind === "lasso" || drag.kind === "box") {
      this.map.outline(null);
      this.map.select(drag.corners, drag.adds || event.shiftKey);
    }
  }

  click(at, event) {
    const now = event.timeStamp;
    const isSecond = this.clicked && now - this.clicked.when < 350 && Math.hypot(at[0] - this.clicked.at[0], at[1] - this.clicked.at[1]) < STILL;
    this.clicked = isSecond ? null : { when: now, at };
    this.map.click(at, event.shiftKey, isSecond, event.pointerType === "touch");
  }

  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.drag = null;
    this.map.outline(null);
  }

  // Give a selection in the making up; tells whether there was one.
  giveUp() {
    const was = this.drag !== null && this.drag.kind !== "pan" && this.drag.kind !== "orbit" && this.drag.isMoved;
    if (was) this.cancel({ pointerId: -1 });
    return was;
  }

  wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 18 : event.deltaMode === 2 ? 300 : 1;
    const amount = Math.min(Math.max(event.deltaY * lines, -400), 400) * (event.ctrlKey ? 0.01 : 0.0018);
    this.map.zoomAt(...place(this.canvas, event), Math.exp(-amount));
  }
}
