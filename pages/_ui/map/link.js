// Keeps what the page shows in its address, so that a reload and a link bring it back. The view is written by the map itself.
export default function (component) {
  const address = new URL(window.location.href);
  for (const [name, value] of Object.entries(component.data)) {
    if (value === "") address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  if (address.href !== window.location.href) window.history.replaceState(window.history.state, "", address);
}
