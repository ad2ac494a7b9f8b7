// What lies under and over the points: axes, lines to neighbours, rings, the outline of a selection in the making, and the card.
const TICKS = 5;
const TICK_ROOM = 26;

const niceStep = (range) => {
  const rough = range / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((step) => step * power >= rough) ?? 10);
};

const tickWords = (value, step) => {
  if (Math.abs(value) < step / 1e6) return "0";
  if (Math.abs(value) >= 1e5 || step < 1e-4) return value.toExponential(1);
  return value.toFixed(Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
};

class Overlay {
  constructor(under, canvas, card) {
    Object.assign(this, { under, canvas, card, pen: canvas.getContext("2d"), below: under.getContext("2d"), carded: -1 });
  }

  begin(ratio, colors) {
    Object.assign(this, { colors });
    for (const pen of [this.pen, this.below]) {
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
      pen.font = `12px ${colors.font}`;
    }
  }

  flatAxes(camera, map) {
    const { below: pen, colors } = this;
    const perPixel = map.unit / camera.scale;
    if (!(perPixel > 0) || !Number.isFinite(perPixel)) return;
    pen.fillStyle = colors.quiet;
    pen.strokeStyle = colors.rule;
    pen.lineWidth = 1;
    const step = niceStep(Math.min(camera.width, camera.height) * perPixel);
    for (const axis of [0, 1]) {
      const length = axis ? camera.height : camera.width;
      const middle = map.middle[axis] + (axis ? camera.y : camera.x) * map.unit;
      const half = (length / 2) * perPixel;
      for (let k = Math.ceil((middle - half) / step); k * step <= middle + half; k++) {
        const place = (k * step - middle) / perPixel;
        const [x, y] = axis ? [0, camera.height / 2 - place] : [camera.width / 2 + place, 0];
        pen.beginPath();
        pen.moveTo(x, y);
        pen.lineTo(axis ? camera.width : x, axis ? y : camera.height);
        pen.stroke();
        pen.textAlign = axis ? "left" : "center";
        pen.textBaseline = axis ? "middle" : "bottom";
        if (axis && y < camera.height - TICK_ROOM && y > 12) pen.fillText(tickWords(k * step, step), 4, y);
        if (!axis && x > 40 && x < camera.width - 24) pen.fillText(tickWords(k * step, step), x, camera.height - 4);
      }
    }
  }

  solidAxes(camera, titles) {
    const { pen, colors } = this;
    const [turn, length, left, bottom] = [camera.turn, 34, 58, camera.height - 56];
    pen.strokeStyle = pen.fillStyle = colors.quiet;
    pen.lineWidth = 1.5;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    titles.forEach((title, axis) => {
      const [x, y] = [turn[axis] * length, -turn[3 + axis] * length];
      pen.beginPath();
      pen.moveTo(left, bottom);
      pen.lineTo(left + x, bottom + y);
      pen.stroke();
      pen.fillText(title.split(" (")[0], left + x * 1.42, bottom + y * 1.42);
    });
  }

  // Lines from one image to its true neighbours, so that what the map hides is seen.
  near(screen, { point, others }) {
    const { pen, colors } = this;
    pen.strokeStyle = colors.accent;
    others.forEach(([other], k) => {
      pen.globalAlpha = 0.9 - (0.55 * k) / Math.max(1, others.length);
      pen.lineWidth = 1.6;
      pen.beginPath();
      pen.moveTo(screen[2 * point], screen[2 * point + 1]);
      pen.lineTo(screen[2 * other], screen[2 * other + 1]);
      pen.stroke();
    });
    pen.globalAlpha = 1;
    for (const [other] of others) this.ring(screen, other, 4.5, 1.5);
  }

  // Rings around points that came after the map was laid out; faint where the points are.
  placed(screen, placed, look, radius) {
    const { pen, colors } = this;
    pen.strokeStyle = colors.accent;
    pen.lineWidth = 1.2;
    for (const isFaint of [true, false]) {
      pen.globalAlpha = isFaint ? 0.25 : 0.8;
      pen.beginPath();
      for (let i = 0; i < placed.length; i++) {
        const state = look[4 * i + 3];
        if (!placed[i] || !state || (state === 1) !== isFaint || this.boxes?.has(i)) continue;
        pen.moveTo(screen[2 * i] + radius, screen[2 * i + 1]);
        pen.arc(screen[2 * i], screen[2 * i + 1], radius, 0, 2 * Math.PI);
      }
      pen.stroke();
    }
    for (const i of this.boxes?.keys() ?? []) if (placed[i]) this.ring(screen, i, radius, 1.5);
    pen.globalAlpha = 1;
  }

  // Mark a point: a ring around a dot, a frame around a picture.
  ring(screen, i, radius, width = 2) {
    const { pen, colors } = this;
    const box = this.boxes?.get(i);
    pen.strokeStyle = colors.accent;
    pen.lineWidth = width;
    pen.beginPath();
    if (box) pen.rect(box.x - box.w / 2 - 1, box.y - box.h / 2 - 1, box.w + 2, box.h + 2);
    else pen.arc(screen[2 * i], screen[2 * i + 1], radius, 0, 2 * Math.PI);
    pen.stroke();
  }

  outline(corners) {
    const { pen, colors } = this;
    pen.beginPath();
    for (const [x, y] of corners) pen.lineTo(x, y);
    pen.closePath();
    pen.fillStyle = colors.accent;
    pen.globalAlpha = 0.1;
    pen.fill();
    pen.globalAlpha = 1;
    pen.strokeStyle = colors.accent;
    pen.lineWidth = 1.5;
    pen.setLineDash([5, 4]);
    pen.stroke();
    pen.setLineDash([]);
  }

  // Show the card of a point beside it; never over it, and never beyond the map.
  show(i, { x, y, reach, name, facts, source, width, height }) {
    const { card } = this;
    if (i !== this.carded) {
      this.carded = i;
      const parts = [element("div", "name", name)];
      for (const [title, value] of facts) {
        const line = element("div", "fact");
        line.append(element("span", "title", title), element("span", "value", value));
        parts.push(line);
      }
      if (source) {
        const picture = element("img");
        picture.alt = "";
        picture.src = source;
        picture.onerror = () => picture.remove();
        parts.unshift(picture);
      }
      card.replaceChildren(...parts);
    }
    card.hidden = false;
    const [w, h] = [card.offsetWidth, card.offsetHeight];
    const right = x + reach + 12 + w <= width || x < width / 2;
    card.style.left = `${right ? x + reach + 12 : x - reach - 12 - w}px`;
    card.style.top = `${Math.min(Math.max(4, y - h / 2), Math.max(4, height - h - 4))}px`;
  }

  hide() {
    this.carded = -1;
    this.card.hidden = true;
  }
}
