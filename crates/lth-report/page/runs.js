/** More lines than this nobody tells apart. */
const MOST_DRAWN = 12;

/** The value of a setting in a run. */
function settingOf(setting, run) {
  return setting.values.length === 1 ? setting.values[0] : setting.values[run];
}

/** A run by what its user calls it, else by the settings that tell it from the others, else by its folder; where runs share that, by folder too. */
function runLabel(data, run) {
  data.labels ??= distinct(data.runs.map((_, place) => settingsLabel(data, place) || data.runs[place].name), data.runs);
  return data.labels[run];
}

function settingsLabel(data, run) {
  if (data.runs[run].called) return data.runs[run].called;
  const texts = data.settings.filter((setting) => setting.differs).map((setting) => {
    const value = settingOf(setting, run);
    return value === "" ? null : ["model", "dataset"].includes(setting.key) ? value : `${setting.label} ${value}`;
  });
  return texts.filter(Boolean).join(", ");
}

/** Labels with what tells the same ones apart. */
function distinct(labels, runs) {
  for (const more of [(run) => run.name, (run) => run.folder]) {
    const counts = new Map();
    for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
    labels = labels.map((label, place) => (counts.get(label) === 1 || label === more(runs[place]) ? label : `${label}, ${more(runs[place])}`));
  }
  return labels;
}

/** A menu of the run that sections of one run are of; one run needs none. */
function runMenu(page, id) {
  const { data } = page;
  return data.runs.length > 1 ? menu(id, "Run", data.runs.map((_, run) => [run, runLabel(data, run)]), page.run, (run) => page.pick(Number(run))) : null;
}

/** All runs; what is shown of them first is what figures are of. */
function runsSection(page) {
  const { data, view } = page;
  const differing = data.settings.filter((setting) => setting.differs);
  const of = (row) => data.runs[row];
  const pick = (row) => h("button", { type: "button", class: "pick", onclick: () => page.pick(row) }, of(row).name);
  const columns = [
    { title: "run", value: (row) => of(row).name, cell: pick },
    data.runs.some((run) => run.called) && { title: "name", value: (row) => of(row).called ?? "" },
    ...differing.map((setting) => ({ key: setting.key, title: setting.label, value: (row) => number(settingOf(setting, row)), text: (row) => settingOf(setting, row) })),
    { title: "state", value: (row) => of(row).state },
    { title: "trainings", number: true, value: (row) => of(row).trainings[0], text: (row) => of(row).trainings.join("/") },
    { title: "seeds", number: true, value: (row) => of(row).seeds.length },
    { title: "winning ticket %", number: true, value: (row) => of(row).winner?.[0], text: (row) => (of(row).winner ? densityText(of(row).winner[0]).replace(" %", "") : "-") },
    { title: "its test acc. %", number: true, value: (row) => of(row).winner?.[1], text: (row) => (of(row).winner ? (100 * of(row).winner[1]).toFixed(2) : "-") },
    { title: "CPU time", number: true, value: (row) => of(row).cpu_seconds, text: (row) => durationText(of(row).cpu_seconds) },
  ].filter(Boolean);
  const rows = data.runs.map((_, row) => row);
  const onshown = (shown) => {
    const drawn = shown.slice(0, MOST_DRAWN);
    if (String(drawn) === String(page.drawn)) return;
    page.drawn = drawn;
    page.redraw?.("density");
    page.redraw?.("curves");
  };
  const table = dataTable({ id: "runs-table", caption: "", columns, rows, view: view.runs, filtered: rows.length > 1, current: (row) => rows.length > 1 && row === page.run, onshown });
  const hint = rows.length > MOST_DRAWN
    ? `Figures are of the first ${MOST_DRAWN} runs of this table: sort or filter it to see others.` : null;
  const named = (id, title, what, own, texts) => {
    own.open ??= texts.length <= 8;
    const list = () => h("ul", {}, texts.map((text) => h("li", {}, text)));
    return texts.length > 0 ? folded(id, `${title}: ${texts.length} ${what}${texts.length === 1 ? "" : "s"}`, own, list) : null;
  };
  const atWork = named("at-work", "At work", "training", view.work, data.runs.flatMap((run) => run.at_work));
  const failed = named("failed", "Failed", "run", view.failed, data.runs.filter((run) => run.reason).map((run) => `${run.name}: ${run.reason}`));
  return section("runs", rows.length > 1 ? "Runs" : "Run", atWork, failed, hint && h("p", { class: "faint" }, hint), table);
}

/** A text as a number where it is one, so that it sorts as one. */
function number(text) {
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** What is found of each round of a run, and in words. */
function verdictSection(page) {
  const { data, view } = page;
  const run = data.runs[page.run];
  const columns = [
    { title: "round", number: true, value: (row) => row.round },
    { title: "density %", number: true, value: (row) => row.density, text: (row) => densityText(row.density).replace(" %", "") },
    { title: "verdict", value: (row) => row.name, text: (row) => row.name.replaceAll("-", " ") },
    { title: "test acc. against dense, points", number: true, value: (row) => row.accuracy_difference, text: (row) => signed(100 * row.accuracy_difference) },
    { title: "noise, points", number: true, value: (row) => row.noise, text: (row) => (row.noise === null ? "-" : (100 * row.noise).toFixed(2)) },
  ];
  const table = dataTable({ id: "verdict-table", caption: "", columns, rows: run.rulings, view: view.verdict, filtered: false });
  return section("verdict", "Verdict",
    data.runs.length > 1 ? h("h3", {}, runLabel(data, page.run)) : null,
    h("p", {}, run.verdict ?? "There is no verdict: no dense network is finished, or the data set is not on this machine."),
    run.rulings.length > 0 ? table : null);
}

/** With its sign. */
function signed(value) {
  return `${value > 0 ? "+" : ""}${value.toFixed(2)}`;
}
