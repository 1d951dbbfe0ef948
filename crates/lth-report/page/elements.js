"use strict";

/** Makes an element: `h("td", { class: "number" }, "98.2")`. Attributes that begin with `on` are listeners; null children are left out. */
function h(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** A section of the page, which the contents name. */
function section(id, title, ...children) {
  return h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), ...children);
}

/** A menu with its label: options are [value, text]. */
function menu(id, label, options, chosen, onchange) {
  const option = ([value, text]) => h("option", { value, selected: String(value) === String(chosen) }, text);
  const select = h("select", { id, onchange: (event) => onchange(event.target.value) }, options.map(option));
  const text = options.find(([value]) => String(value) === String(chosen))?.[1];
  return h("label", {}, label, select, h("span", { class: "printed" }, text));
}

/** A part that opens and closes, made when it is opened; `view` keeps whether it is. */
function folded(id, title, view, make) {
  const details = h("details", { open: view.open }, h("summary", { id }, title));
  const fill = () => {
    view.open = details.open;
    if (details.open && details.childElementCount === 1) details.append(make());
  };
  details.addEventListener("toggle", fill);
  fill();
  return details;
}

/** A slider over 0 to `last`, with the text of its place. */
function slider(id, label, last, chosen, text, oninput) {
  const output = h("output", { for: id }, text(chosen));
  const move = (event) => {
    const place = Number(event.target.value);
    output.textContent = text(place);
    event.target.setAttribute("aria-valuetext", text(place));
    oninput(place);
  };
  const attributes = { id, type: "range", min: 0, max: last, step: 1, value: chosen, "aria-valuetext": text(chosen) };
  return h("label", {}, h("span", { class: "unprinted" }, label), h("input", { ...attributes, oninput: move }), output);
}

/** A figure as tables write it; a dash where there is none. */
function figureText(metric, value) {
  return value === null || value === undefined ? "-" : (metric.factor * value).toFixed(metric.decimals);
}

/** A density in percent with three digits. */
function densityText(density) {
  const percent = 100 * density;
  return `${Number(percent.toPrecision(3))} %`;
}

/** Seconds as people say them. */
function durationText(seconds) {
  if (seconds === null || seconds === undefined) return "-";
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
