/** Draws parts of the page anew and gives them what only the old elements knew: the focus with its caret, and how far tables and the page are scrolled. */
function keeping(draw) {
  const focus = document.activeElement ?? document.body;
  const caret = focus.selectionStart;
  const again = finder(focus);
  const scrolled = [...document.querySelectorAll(".wide")].map(({ id, scrollLeft }) => [id, scrollLeft]);
  const top = scrollY;
  draw();
  for (const [id, left] of scrolled) document.getElementById(id)?.scrollTo({ left });
  scrollTo({ top, behavior: "instant" });
  if (focus.isConnected) return;
  const found = again();
  found?.focus({ preventScroll: true });
  if (typeof caret === "number") found?.setSelectionRange(caret, caret);
}

/** Finds an element among new ones: by its id, or by what it says below the element that has one. */
function finder(element) {
  if (element.id) return () => document.getElementById(element.id);
  const selector = `#${CSS.escape(element.closest("[id]")?.id)} ${element.localName}`;
  const alike = () => [...document.querySelectorAll(selector)].filter((one) => one.textContent === element.textContent);
  const place = alike().indexOf(element);
  return () => alike()[place];
}
