/** Whether the page is being printed: nobody can ask paper for more rows. */
let onPaper = false;

/**
 * A table that sorts and filters.
 *
 * `columns` are { title, key?, value(row), text(row)?, cell(row)?, number?, class(row)? }: its name, by which it is known without a `key`, what orders rows,
 * what is shown and searched, and an element in its place. `view` keeps { sort, descending, filter, most } when the page is drawn again; `sort` is a key,
 * as columns come and go. `onshown` gets the rows in their order.
 */
function dataTable({ id, caption, columns, rows, view, filtered = true, current, onshown }) {
  view.most ??= 25;
  const keyOf = (column) => column.key ?? column.title;
  const text = (column, row) => String(column.text ? column.text(row) : column.value(row) ?? "");
  const body = h("tbody");
  const count = h("span", { role: "status", class: "faint" });
  const more = h("button", { type: "button", onclick: () => { view.most *= 4; show(); } }, "Show more");
  const heads = columns.map((column) => {
    const sort = () => {
      view.descending = view.sort === keyOf(column) ? !view.descending : Boolean(column.number);
      view.sort = keyOf(column);
      show();
    };
    return h("th", { scope: "col", class: column.number && "number" }, h("button", { type: "button", onclick: sort }, column.title));
  });

  function chosen() {
    const words = (view.filter ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (row) => {
      if (words.length === 0) return true;
      const all = columns.map((column) => text(column, row)).join(" ").toLowerCase();
      return words.every((word) => all.includes(word));
    };
    const found = rows.filter(fits);
    const column = columns.find((column) => keyOf(column) === view.sort);
    if (!column) return found;
    const sign = view.descending ? -1 : 1;
    const known = (value) => value !== null && value !== undefined && value !== "";
    const compare = (a, b) => {
      const [left, right] = [column.value(a), column.value(b)];
      // What is not known comes last in either direction.
      if (!known(left) || !known(right)) return known(right) - known(left);
      if (typeof left === "number" && typeof right === "number") return sign * (left - right);
      return sign * String(left).localeCompare(String(right), "en", { numeric: true });
    };
    return found.sort(compare);
  }

  function show() {
    const found = chosen();
    heads.forEach((head, place) => {
      const direction = view.descending ? "descending" : "ascending";
      head.setAttribute("aria-sort", view.sort === keyOf(columns[place]) ? direction : "none");
    });
    const cell = (column, row) =>
      h("td", { class: [column.number && "number", column.class?.(row)].filter(Boolean).join(" ") || null },
        column.cell ? column.cell(row) : text(column, row));
    const line = (row) => h("tr", { "aria-current": current?.(row) && "true" }, columns.map((column) => cell(column, row)));
    const most = onPaper ? found.length : view.most;
    body.replaceChildren(...found.slice(0, most).map(line));
    more.hidden = found.length <= most;
    const all = `${rows.length} ${rows.length === 1 ? "row" : "rows"}`;
    count.textContent = found.length === rows.length ? all : `${found.length} of ${all}`;
    onshown?.(found);
  }

  const typed = (event) => {
    view.filter = event.target.value;
    show();
  };
  const filter = h("label", {}, "Filter",
    h("input", { id: `${id}-filter`, type: "search", value: view.filter ?? "", placeholder: "words", oninput: typed }));
  show();
  return h("div", { id },
    filtered ? h("div", { class: "controls" }, filter, count) : null,
    h("div", { id: `${id}-wide`, class: "wide" }, h("table", { style: `--columns: ${columns.length}` }, h("caption", {}, caption), h("thead", {}, h("tr", {}, heads)), body)),
    more);
}
