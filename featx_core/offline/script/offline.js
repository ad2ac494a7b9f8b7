// The map as one page that needs no server: what the script fetches elsewhere stands in the page itself.
const bytesOf = (text) => {
  const read = atob(text);
  const bytes = new Uint8Array(read.length);
  for (let i = 0; i < read.length; i++) bytes[i] = read.charCodeAt(i);
  return bytes;
};

const standAlone = (root, told) => {
  for (const [name, text] of Object.entries(told.packs)) packs.set(name, Promise.resolve(unpack(bytesOf(text).buffer)));
  MapView.prototype.remember = function () { if (this.map) views.set(this.map.digest, this.camera.words); };
  MapView.prototype.pictureOf = (i) => `data:image/webp;base64,${told.pictures[i]}`;
  Pictures.prototype.pixels = async (_, points) => {
    const sheet = new OffscreenCanvas(CELL, CELL * points.length).getContext("2d", { willReadFrequently: true });
    const bitmaps = points.map((i) => createImageBitmap(new Blob([bytesOf(told.pictures[i])], { type: "image/webp" })));
    (await Promise.all(bitmaps)).forEach((bitmap, k) => sheet.drawImage(bitmap, 0, CELL * k, CELL, CELL));
    return sheet.getImageData(0, 0, CELL, CELL * points.length).data;
  };
  const component = { parentElement: root, data: told.data, setStateValue() {} };
  const view = new MapView(element("div", "map"), component);
  root.append(view.root);
  view.update(component);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.update(component));
  const choice = document.getElementById("color");
  choice.onchange = () => {
    component.data = { ...component.data, color: choice.value };
    view.update(component);
  };
};

standAlone(document.getElementById("root"), JSON.parse(document.getElementById("told").textContent));
