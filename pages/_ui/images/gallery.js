// Draws thumbnails as buttons. All texts go in as text nodes: names come from strangers' files.
const element = (kind, className, text) => {
  const made = document.createElement(kind);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

const tile = (item, open) => {
  const button = element("button", "tile");
  button.type = "button";
  button.title = item.name;
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
  button.onclick = open;
  return button;
};

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let root = parentElement.querySelector(".gallery");
  if (!root) {
    root = element("div", "gallery");
    parentElement.append(root);
  }
  root.style.setProperty("--tile", `${data.tile}px`);
  root.replaceChildren(...data.items.map((item) => tile(item, () => setTriggerValue("opened", item.name))));
}
