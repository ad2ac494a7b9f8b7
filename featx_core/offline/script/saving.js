// The map as a PNG in twice the size of the screen, with its axes and its legend.
const LEGEND_LINE = 22;

const legendRows = (pen, column, hidden, width) => {
  const rows = [[]];
  let at = 12;
  const items = column.kind === "numbers" ? [] : column.classes.map((each, index) => [each, index]).filter(([, index]) => !hidden.has(index));
  for (const [each] of items) {
    const room = 34 + pen.measureText(each.name).width;
    if (at + room > width && rows.at(-1).length) { rows.push([]); at = 12; }
    rows.at(-1).push({ each, x: at });
    at += room;
  }
  return rows;
};

Object.assign(MapView.prototype, {
  save() {
    const { width, height } = this.camera;
    const before = this.ratio;
    const sheet = document.createElement("canvas");
    const pen = sheet.getContext("2d");
    const font = `13px ${this.colors.font}`;
    pen.font = font;
    const rows = legendRows(pen, this.column, this.legend.hidden, width);
    const isScale = this.column.kind === "numbers";
    [sheet.width, sheet.height] = [2 * width, 2 * (height + 14 + LEGEND_LINE * (isScale ? 1 : rows.length))].map(Math.round);
    pen.scale(2, 2);
    pen.fillStyle = `rgb(${this.colors.ground.join(" ")})`;
    pen.fillRect(0, 0, sheet.width, sheet.height);
    this.sized(2);
    for (const layer of [this.under, this.surface, this.over]) pen.drawImage(layer, 0, 0, width, height);
    this.sized(before);
    pen.font = font;
    pen.fillStyle = this.colors.accent;
    this.axesWords(pen, width, height);
    if (isScale) this.scaleWords(pen, height + 16);
    else rows.forEach((row, line) => row.forEach(({ each, x }) => this.classWords(pen, each, x, height + 16 + LEGEND_LINE * line)));
    sheet.toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `${this.asked.name.replace(/[^A-Za-z0-9]+/g, "-")}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  },

  axesWords(pen, width, height) {
    if (this.map.dims !== 2) return;
    pen.textAlign = "center";
    pen.fillText(this.map.titles[0], width / 2, height - 24);
    pen.save();
    pen.translate(42, height / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(this.map.titles[1], 0, 0);
    pen.restore();
  },

  classWords(pen, { name, color, shape }, x, y) {
    const isOpen = shape > 4;
    pen.save();
    pen.translate(x, y - 6);
    pen.scale(0.75, 0.75);
    [pen.fillStyle, pen.strokeStyle, pen.lineWidth] = [color, color, 2.4];
    const form = new Path2D(FORMS[isOpen ? shape - 5 : shape]);
    if (isOpen) pen.stroke(form);
    else pen.fill(form);
    pen.restore();
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    pen.fillText(name, x + 17, y);
  },

  scaleWords(pen, y) {
    const { title, stops, low, high } = this.column;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    const words = `${title}   ${numberWords(low)}`;
    pen.fillText(words, 12, y);
    const left = 20 + pen.measureText(words).width;
    const colors = pen.createLinearGradient(left, 0, left + 160, 0);
    stops.forEach((color, k) => colors.addColorStop(k / (stops.length - 1), `rgb(${color.join(" ")})`));
    pen.fillText(numberWords(high), left + 168, y);
    pen.fillStyle = colors;
    pen.fillRect(left, y - 5, 160, 10);
  },
});
