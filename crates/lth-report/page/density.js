/** Figures against density. */
function densitySection(page) {
  const { data, view } = page;
  const own = view.density;
  own.metric ??= "test_accuracy";
  own.controls ??= data.runs.length === 1;
  const known = new Set(data.runs.flatMap((run) => run.series.map((series) => series.metric)));
  const metrics = data.metrics.filter((metric) => known.has(metric.name));
  const metric = metrics.find((metric) => metric.name === own.metric) ?? metrics[0];
  const redraw = (change) => (value) => {
    change(value);
    page.redraw("density");
  };
  const has = data.runs.some((run) => run.series.some((series) => series.variant !== "ticket"));
  const controls = h("div", { class: "controls" },
    metric && menu("density-metric", "Figure", metrics.map(({ name, title }) => [name, title]), metric.name, redraw((value) => { own.metric = value; })),
    has && data.runs.length > 1
      ? h("label", {}, h("input", { id: "density-controls", type: "checkbox", checked: own.controls, onchange: (event) => redraw((value) => { own.controls = value; })(event.target.checked) }), "Controls too") : null);
  const lines = !metric ? [] : page.drawn.flatMap((place, colour) => data.runs[place].series
    .filter((series) => series.metric === metric.name && (own.controls || series.variant === "ticket"))
    .map((series, dash) => densityLine(page, metric, place, series, data.runs.length === 1 ? [dash, dash] : [colour, dash])));
  const figure = chart({
    id: "density-chart",
    label: `${metric?.title ?? "Accuracy"} against density`,
    figure: metric?.name,
    view: own.chart ??= {},
    lines,
    x: { title: "density %", log: true, text: (value) => `${Number(value.toPrecision(3))}`, tick: (value) => `${value}` },
    y: { title: metric?.title ?? "", text: (value) => (metric.decimals === 0 ? String(Math.round(value)) : value.toFixed(metric.decimals)) },
  });
  return section("density", "Against density",
    h("p", { class: "faint" }, "Means over seeds; bands reach from the least to the largest seed."), controls, figure,
    data.tables.map((table, place) => resultTable(table, view.tables[place] ??= {}, place)));
}

function densityLine({ data }, metric, place, series, [colour, dash]) {
  const scaled = (values) => values.map((value) => (value === null ? null : metric.factor * value));
  const name = data.runs.length === 1 ? series.variant : `${runLabel(data, place)}${series.variant === "ticket" ? "" : `, ${series.variant}`}`;
  return {
    key: `${data.runs[place].folder} ${series.variant}`,
    label: name,
    x: series.densities.map((value) => 100 * value),
    y: scaled(series.means),
    low: scaled(series.low),
    high: scaled(series.high),
    note: (at) => `${series.seeds[at]} ${series.seeds[at] === 1 ? "seed" : "seeds"}, ${scaled(series.low)[at].toFixed(metric.decimals)} to ${scaled(series.high)[at].toFixed(metric.decimals)}`,
    colour: themeColour(`series-${colour % COLOURS}`),
    dash: data.runs.length === 1 ? dash : dash + (colour >= COLOURS ? 3 : 0),
  };
}

/** A table of `lth table`: the best of each row, and what is not told apart from it. */
function resultTable(table, view, place) {
  const columns = table.columns.map((title, column) => ({
    title,
    number: true,
    value: (row) => number(row[column].text.split(" ")[0]),
    text: (row) => row[column].text,
    class: (row) => row[column].mark,
  }));
  const marked = table.rows.some((row) => row.some((cell) => cell.mark));
  const legend = "Bold: the best of its row; ~: not told apart from it (paired t test over seeds, Holm's correction over the row, p of 0.05 or more); ?: not tested, with less than two seeds in common.";
  return [
    dataTable({ id: `table-${place}`, caption: table.title, columns, rows: table.rows, view, filtered: false }),
    marked ? h("p", { class: "faint" }, legend) : null,
  ];
}
