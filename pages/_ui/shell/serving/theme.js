// Asks for the page again when the system turns dark or light: figures are drawn for one ground, and Streamlit does not tell by
// itself. Once a change: a page that does not follow is not asked for without end.
export default function (component) {
  const watch = (component.parentElement.watch ??= {});
  watch.drawn = component.data.drawn;
  watch.ask = (scheme) => component.setStateValue("scheme", scheme);
  if (watch.system) return;
  watch.system = window.matchMedia("(prefers-color-scheme: dark)");
  const changed = () => setTimeout(() => {
    const app = document.querySelector("[data-testid='stApp']");
    const now = app && getComputedStyle(app).colorScheme; // a theme that was chosen by hand stays
    if (now !== watch.drawn && ["dark", "light"].includes(now)) watch.ask(now);
  }, 300); // until the page has turned
  watch.system.addEventListener("change", changed);
  return () => watch.system.removeEventListener("change", changed);
}
