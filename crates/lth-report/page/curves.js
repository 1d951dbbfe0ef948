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
  own.replicate ??= 0;
  own.round ??= 0;
  const all = data.curves.curves;
  if (all.length === 0) return section("curves", "Learning curves", h("p", { class: "faint" }, "Nothing to draw yet."));
  const known = Object.entries(CURVES).filter(([name]) => all.some((curve) => curve[name].some((value) => value !== null)));
  if (!known.some(([name]) => name === own.figure)) own.figure = known[0]?.[0] ?? own.figure;
  const [title, factor, decimals] = CURVES[own.figure];
  const unique = (values) => [...new Set(values)];
  const variants = unique(all.map((curve) => curve.variant));
  const several = data.runs.length > 1;
  const ofRun = own.what === "rounds" ? all.filter((curve) => curve.run === view.run) : all.filter((curve) => page.drawn.includes(curve.run));
  const ofNetwork = ofRun.filter((curve) => curve.variant === own.variant && curve.replicate === own.replicate);
  const rounds = unique(all.map((curve) => curve.round)).sort((a, b) => a - b);
  const shown = own.what === "rounds" ? ofNetwork : ofNetwork.filter((curve) => curve.round === own.round);
  const set = (key, parse = String) => (value) => {
    own[key] = parse(value);
    page.redraw("curves");
  };
  const last = Math.max(0, ...shown.map((curve) => curve.round));
  const lines = shown.map((curve) => ({
    label: own.what === "rounds" ? `round ${curve.round}, ${densityText(curve.density)}` : runLabel(data, curve.run),
    x: data.curves.iterations[curve.at],
    y: curve[own.figure].map((value) => (value === null ? null : factor * value)),
    colour: own.what === "rounds" ? roundColour(curve.round, last) : undefined,
    dash: own.what === "rounds" ? curve.round % 3 : undefined,
  }));
  const controls = h("div", { class: "controls" },
    menu("curves-figure", "Figure", known.map(([name, [text]]) => [name, text]), own.figure, set("figure")),
    several ? menu("curves-what", "Lines", [["rounds", "rounds of one run"], ["runs", "runs at one round"]], own.what, set("what")) : null,
    several && own.what === "rounds" ? menu("curves-run", "Run", page.drawn.map((run) => [run, runLabel(data, run)]), view.run, (value) => page.pick(Number(value))) : null,
    own.what === "runs" ? menu("curves-round", "Round", rounds.map((round) => [round, round]), own.round, set("round", Number)) : null,
    variants.length > 1 ? menu("curves-variant", "Network", variants.map((name) => [name, name]), own.variant, set("variant")) : null,
    menu("curves-replicate", "Replicate", unique(ofRun.map((curve) => curve.replicate)).sort((a, b) => a - b).map((value) => [value, value]), own.replicate, set("replicate", Number)));
  const figure = chart({
    id: "curves-chart",
    label: `Learning curves: ${title}`,
    lines,
    x: { title: "iteration", text: (value) => String(value) },
    y: { title, text: (value) => value.toFixed(decimals) },
    from: 0.1,
  });
  return section("curves", "Learning curves",
    h("p", { class: "faint" }, "The vertical axis is for the last nine tenths of the training; Whole shows the begin too."), controls, figure);
}
