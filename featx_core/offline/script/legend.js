// The legend under a map and the buttons on it. All texts go in as text nodes: names come from strangers' files.
const FORMS = [
  "M8 1.5a6.5 6.5 0 1 0 .001 0z", "M8 1 15 8 8 15 1 8z", "M2 2h12v12H2z", "M6 1h4v5h5v4h-5v5H6v-5H1V6h5z",
  "M3.5 1 8 5.5 12.5 1 15 3.5 10.5 8 15 12.5 12.5 15 8 10.5 3.5 15 1 12.5 5.5 8 1 3.5z",
];

const drawing = (path, attributes) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  shape.setAttribute("d", path);
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
  svg.append(shape);
  return svg;
};

const mark = ({ color, shape }) => {
  const isOpen = shape > 4;
  return drawing(FORMS[isOpen ? shape - 5 : shape], isOpen ? { fill: "none", stroke: color, "stroke-width": 2.4 } : { fill: color });
};

const numberWords = (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "");

class Legend {
  // `hidden` is a set of classes; `changed` is called when it was changed here, `picked` with a class to select.
  constructor(root, changed, picked) {
    Object.assign(this, { root, changed, picked, hidden: new Set(), column: null });
  }

  show(column, hidden) {
    Object.assign(this, { column, hidden });
    const items = column.kind === "numbers" ? this.bar() : column.classes.map((each, index) => this.item(each, index));
    this.root.replaceChildren(element("span", "title", column.title), ...items);
    this.root.hidden = column.kind !== "numbers" && column.classes.length < 2;
    this.mark();
  }

  item(each, index) {
    const button = element("button", "class");
    button.type = "button";
    button.title = `${each.name}: click to hide or show, double-click to show it alone, Shift and click to select it`;
    button.append(mark(each), element("span", "text", each.name), element("span", "count", spaced(each.count)));
    button.onclick = (event) => (event.shiftKey ? this.picked(index) : this.toggle(index));
    button.ondblclick = (event) => { if (!event.shiftKey) this.isolate(index); };
    return button;
  }

  toggle(index) {
    if (!this.hidden.delete(index)) this.hidden.add(index);
    this.mark();
    this.changed();
  }

  // Show one class alone; all again when it is alone already.
  isolate(index) {
    const isAlone = this.hidden.size === this.column.classes.length - 1 && !this.hidden.has(index);
    this.hidden.clear();
    if (!isAlone) for (let k = 0; k < this.column.classes.length; k++) if (k !== index) this.hidden.add(k);
    this.mark();
    this.changed();
  }

  mark() {
    [...this.root.querySelectorAll(".class")].forEach((button, index) => button.setAttribute("aria-pressed", String(!this.hidden.has(index))));
  }

  bar() {
    const { stops, low, high, missing } = this.column;
    const scale = element("span", "scale");
    scale.style.background = `linear-gradient(to right, ${stops.map((color) => `rgb(${color.join(" ")})`).join(", ")})`;
    const parts = [element("span", "end", numberWords(low)), scale, element("span", "end", numberWords(high))];
    if (missing) parts.push(mark({ color: this.column.grey, shape: 0 }), element("span", "text", "no value"), element("span", "count", spaced(missing)));
    return parts;
  }
}

const ICONS = {
  move: "M8 0 10.5 3H8.8v4.2H13V5.5L16 8l-3 2.500V8.800H8.800V13h1.700L8 16l-2.500-3h1.700V8.800H3v1.700L0 8l3-2.500v1.700h4.200V3H5.500z",
  lasso: "M8 1.500c4 0 7 2 7 4.800S12 11 8 11c-.7 0-1.300 0-1.900-.2.2.9.100 1.900-.8 2.700-.6.600-1.500 1-2.600 1v-1.400c.7 0 1.200-.2 1.600-.6.600-.5.600-1.400.300-2.200C2.400 9.500 1 8.100 1 6.300 1 3.500 4 1.500 8 1.500zm0 1.400c-3.300 0-5.600 1.600-5.600 3.400S4.700 9.600 8 9.600s5.600-1.500 5.600-3.300S11.300 2.900 8 2.900z",
  box: "M1 1h4v1.500H2.500V5H1zM11 1h4v4h-1.500V2.500H11zM1 11h1.500v2.500H5V15H1zM13.500 11H15v4h-4v-1.500h2.500z",
  fit: "M1 1h5v1.500H3.600L7 6 6 7 2.500 3.600V6H1zM15 15h-5v-1.500h2.400L9 10l1-1 3.500 3.400V10H15z",
  zoom: "M7 1a6 6 0 0 1 4.700 9.700l3.600 3.600-1 1-3.600-3.600A6 6 0 1 1 7 1zm0 1.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM6.300 4.500h1.400v1.800h1.800v1.400H7.700v1.800H6.300V7.700H4.500V6.300h1.800z",
  picture: "M1 2h14v12H1zm1.500 1.500v7.200L5.800 7.500l3 3 2-2 2.700 2.600V3.500zM11 5a1.200 1.200 0 1 1 0 2.400A1.200 1.200 0 0 1 11 5z",
  save: "M7.200 1h1.600v7.200l2.600-2.600 1.100 1.100L8 11.200 3.500 6.700l1.100-1.100 2.600 2.600zM2 13h12v1.600H2z",
};

// The buttons in the corner of a map. `act` is called with the name of the one that was pressed.
const toolbar = (root, act, buttons) => {
  const made = {};
  for (const [name, title] of buttons) {
    const button = element("button", "tool");
    button.type = "button";
    button.title = title;
    button.setAttribute("aria-label", title);
    button.append(drawing(ICONS[name], { fill: "currentColor", "fill-rule": "evenodd" }));
    button.onclick = () => act(name);
    made[name] = button;
    root.append(button);
  }
  return made;
};
