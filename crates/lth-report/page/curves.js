/** What learning curves are of. */
const CURVES = {
  test_accuracy: ["test accuracy %", 100, 2],
  validation_accuracy: ["validation accuracy %", 100, 2],
  validation_loss: ["validation loss", 1, 4],
  train_loss: ["training loss", 1, 4],
  train_accuracy: ["training accuracy %", 100, 2],
  test_loss: ["test loss", 1, 4],
};

/** Learning curves: the rounds of one run, or one round of the runs that are drawn. */
function curvesSection(page) {
  const { data, view } = page;
  const own = view.curves;
  own.figure ??= "validation_loss";
  own.what ??= "rounds";
  own.variant ??= "ticket";
  if (data.curves.curves.length === 0) return section("curves", "Learning curves", h("p", { class: "faint" }, "Nothing to draw yet."));
  const rounds = own.what === "rounds";
  const several = data.runs.length > 1;
  const choose = (key) => (value) => {
    own[key] = value;
    page.redraw("curves");
  };
  let shown = data.curves.curves.filter((curve) => (rounds ? curve.run === page.run : page.drawn.includes(curve.run)));
  /** Leaves those that have what is chosen, or the first value where none has, and makes the menu of what there is. */
  const narrow = (key, title) => {
    // Names stay in the order in which they come.
    const values = [...new Set(shown.map((curve) => curve[key]))].sort((a, b) => a - b);
    const chosen = values.find((value) => String(value) === String(own[key])) ?? values[0];
    shown = shown.filter((curve) => curve[key] === chosen);
    return values.length > 1 ? menu(`curves-${key}`, title, values.map((value) => [value, value]), chosen, choose(key)) : null;
  };
  const menus = [narrow("variant", "Network"), narrow("replicate", "Replicate"), rounds ? null : narrow("round", "Round")];
  const has = (name) => (curve) => curve[name].some((value) => value !== null);
  const known = Object.keys(CURVES).filter((name) => shown.some(has(name)));
  const name = known.includes(own.figure) ? own.figure : known[0] ?? own.figure;
  const [title, factor, decimals] = CURVES[name];
  const last = Math.max(0, ...shown.map((curve) => curve.round));
  const lines = shown.filter(has(name)).map((curve) => ({
    key: rounds ? curve.round : data.runs[curve.run].folder,
    label: rounds ? `round ${curve.round}, ${densityText(curve.density)}` : runLabel(data, curve.run),
    x: data.curves.iterations[curve.at],
    y: curve[name].map((value) => (value === null ? null : factor * value)),
    colour: rounds ? roundColour(curve.round, last) : undefined,
    dash: rounds ? curve.round % 3 : undefined,
  }));
  const controls = h("div", { class: "controls" },
    known.length > 0 ? menu("curves-figure", "Figure", known.map((name) => [name, CURVES[name][0]]), name, choose("figure")) : null,
    several ? menu("curves-what", "Lines", [["rounds", "rounds of one run"], ["runs", "runs at one round"]], own.what, choose("what")) : null,
    rounds ? runMenu(page, "curves-run") : null, menus);
  const figure = chart({
    id: "curves-chart",
    label: `Learning curves: ${title}`,
    figure: [name, rounds ? data.runs[page.run].folder : `round ${shown[0]?.round}`, shown[0]?.variant, shown[0]?.replicate].join(),
    view: own.chart ??= {},
    lines,
    x: { title: "iteration", text: (value) => String(value) },
    y: { title, text: (value) => value.toFixed(decimals) },
    from: 0.1,
  });
  return section("curves", "Learning curves",
    h("p", { class: "faint" }, "The vertical axis is for the last nine tenths of the training; Whole shows the begin too."), controls, figure);
}
