// Shows the thumbnail of the point under the pointer. Plotly's own labels cannot hold pictures.
const SIDE = 132;
const GAP = 18;

const floating = () => {
  let card = document.getElementById("featx-hover");
  if (!card) {
    card = document.createElement("div");
    card.id = "featx-hover";
    Object.assign(card.style, {
      position: "fixed", width: `${SIDE}px`, pointerEvents: "none",
      zIndex: 1000, display: "none", borderRadius: "8px", background: "rgba(20, 24, 32, 0.85)", padding: "4px",
      boxShadow: "0 4px 18px rgba(0, 0, 0, 0.35)", font: "600 0.78rem/1.3 sans-serif", color: "#f4f6fa", textAlign: "center",
    });
    const picture = document.createElement("img");
    picture.alt = "";
    Object.assign(picture.style, { width: "100%", height: `${SIDE}px`, objectFit: "contain", display: "block" });
    card.append(picture, document.createElement("div"));
    document.body.append(card);
  }
  return card;
};

const place = (card, event) => {
  const left = event.clientX + GAP + SIDE > window.innerWidth ? event.clientX - GAP - SIDE : event.clientX + GAP;
  const height = card.offsetHeight || SIDE;
  const top = Math.max(4, Math.min(event.clientY - height - GAP, window.innerHeight - height - 8));
  Object.assign(card.style, { left: `${left}px`, top: `${top}px` });
};

export default function (component) {
  const { data } = component;
  const card = floating();
  let plot = null;
  let pointer = { clientX: 0, clientY: 0 };
  const follow = (event) => { pointer = event; };
  const enter = (event) => {
    const row = [event.points?.[0]?.customdata].flat()[0];
    if (row === undefined || !data.digests[row]) return;
    card.firstChild.src = data.folder + data.digests[row];
    card.lastChild.textContent = data.says[row];
    card.style.display = "block";
    place(card, event.event ?? pointer);
  };
  const leave = () => { card.style.display = "none"; };
  const attach = () => {
    const found = document.querySelector(`.${data.frame} .js-plotly-plot`);
    if (!found || found === plot || typeof found.on !== "function") return;
    plot = found;
    plot.on("plotly_hover", enter);
    plot.on("plotly_unhover", leave);
    plot.addEventListener("mousemove", follow);
    plot.addEventListener("mouseleave", leave);
  };
  attach();
  const timer = setInterval(attach, 400);
  return () => {
    clearInterval(timer);
    leave();
    if (plot) {
      plot.removeListener?.("plotly_hover", enter);
      plot.removeListener?.("plotly_unhover", leave);
      plot.removeEventListener("mousemove", follow);
      plot.removeEventListener("mouseleave", leave);
    }
  };
}
