// Fetches and reads the scripts that draw results while the first page is looked at: those of figures have megabytes. Not before
// that page stands, and beside what a first click begins rather than in front of it.
const BEHIND_CLICK = 250, AT_REST = 1500, LOOK = 100; // milliseconds
const scripts = SCRIPTS.map((address) => new URL(address, document.baseURI).href);
let rest;

const bring = () => {
  clearTimeout(rest);
  removeEventListener("click", behind, true);
  for (const script of scripts) import(script).catch(() => {}); // what needs it asks for it again, and says what is wrong
};

const behind = () => {
  clearTimeout(rest);
  rest = setTimeout(bring, BEHIND_CLICK);
};

const look = setInterval(() => {
  if (!document.querySelector("[data-test-script-state='notRunning'] [data-testid='stMain'] button")) return;
  clearInterval(look);
  for (const href of scripts) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href, crossOrigin: "anonymous" }));
  }
  addEventListener("click", behind, true);
  rest = setTimeout(bring, AT_REST);
}, LOOK);
