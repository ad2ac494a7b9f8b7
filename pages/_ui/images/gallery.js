// Draws thumbnails as buttons. All texts go in as text nodes: names come from strangers' files.
const element = (kind, className, text) => {
  const made = document.createElement(kind);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

const tile = (item) => {
  const button = element("button", "tile");
  button.type = "button";
  button.title = item.name;
  button.style.setProperty("--ratio", item.ratio);
  const picture = document.createElement("img");
  picture.src = item.source;
  picture.alt = item.name;
  picture.loading = "lazy";
  const words = element("div", "words");
  words.title = item.title;
  const first = element("div", "row");
  if (item.label) {
    const dot = element("span", "dot");
    dot.style.setProperty("--dot", item.color);
    first.append(dot, element("span", "text", item.label));
  } else {
    first.append(element("span", "text name", item.name));
  }
  if (item.note) first.append(element("span", "note", item.note));
  if (item.says) words.append(element("div", "text says", item.says));
  words.append(first);
  if (item.label && !item.says) words.append(element("div", "text name", item.name));
  button.append(picture, words);
  return button;
};

// A tile that is chosen: by its box where tiles open, by the tile itself where they do not.
const choosable = (root, item, tell) => {
  const place = element("div", "place");
  place.style.setProperty("--ratio", item.ratio);
  const made = tile(item);
  const toggle = root.opens ? element("button", "box") : made;
  const draw = () => {
    toggle.setAttribute("aria-pressed", root.chosen.has(item.name));
    place.classList.toggle("chosen", root.chosen.has(item.name));
  };
  toggle.type = "button";
  if (root.opens) toggle.setAttribute("aria-label", `Choose ${item.name}`);
  toggle.onclick = () => {
    if (!root.chosen.delete(item.name) && root.chosen.size < root.most) root.chosen.add(item.name);
    draw();
    tell();
  };
  place.append(made);
  if (root.opens) place.append(toggle);
  draw();
  return [place, made];
};

export default function (component) {
  const { data, parentElement, setTriggerValue, setStateValue } = component;
  let root = parentElement.querySelector(".gallery");
  if (!root) {
    root = element("div", "gallery");
    parentElement.append(root);
  }
  root.style.setProperty("--tile", `${data.tile}px`);
  root.opens = data.opens;
  if (data.chosen && root.version !== data.version) {
    // what the page says counts where it changed the choice; else a quick click would be undone by the answer to the one before
    root.chosen = new Set(data.chosen);
    root.version = data.version;
  }
  root.most = data.most ?? Infinity;
  const tell = () => setStateValue("chosen", { version: root.version, names: [...root.chosen] });
  root.replaceChildren(
    ...data.items.map((item) => {
      const [place, made] = data.chosen ? choosable(root, item, tell) : [tile(item)];
      if (data.opens) (made ?? place).onclick = () => setTriggerValue("opened", item.name);
      return place;
    }),
  );
}
