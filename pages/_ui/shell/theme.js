// Asks for the page again when it turns dark or light: figures are drawn for one ground, and Streamlit does not tell by itself.
export default function (component) {
  const app = document.querySelector("[data-testid='stApp']");
  if (!app) return;
  const tell = () => {
    const now = getComputedStyle(app).colorScheme;
    if ((now === "dark" || now === "light") && now !== component.data.drawn) component.setStateValue("scheme", now);
  };
  const watcher = new MutationObserver(tell);
  watcher.observe(app, { attributes: true });
  return () => watcher.disconnect();
}
