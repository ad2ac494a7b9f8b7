// Fetches and reads the script that draws figures while the first page is looked at: it has megabytes, and a first figure waits
// for it. Not before that page stands, and beside what a first click begins rather than in front of it.
{
  const BEHIND_CLICK = 250, AT_REST = 1500, LOOK = 100; // milliseconds
  let rest;
  const bring = () => {
    clearTimeout(rest);
    removeEventListener("click", behind, true);
    import(figures).catch(() => {}); // the figure asks for it again, and says what is wrong
  };
  const behind = () => {
    clearTimeout(rest);
    rest = setTimeout(bring, BEHIND_CLICK);
  };
  const look = setInterval(() => {
    if (!document.querySelector("[data-test-script-state='notRunning'] [data-testid='stMain'] button")) return;
    clearInterval(look);
    const link = document.createElement("link");
    Object.assign(link, { rel: "modulepreload", href: figures, crossOrigin: "anonymous" });
    document.head.append(link);
    addEventListener("click", behind, true);
    rest = setTimeout(bring, AT_REST);
  }, LOOK);
}
