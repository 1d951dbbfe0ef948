/** Every finished training. */
function trainingsSection({ data, view }) {
  const { trainings } = data;
  const several = data.runs.length > 1;
  const metrics = data.metrics.filter((metric) => trainings.figures[metric.name].some((value) => value !== null));
  const columns = [
    several && { title: "run", value: (row) => runLabel(data, trainings.run[row]) },
    { title: "network", value: (row) => trainings.variant[row] },
    { title: "round", number: true, value: (row) => trainings.round[row] },
    { title: "seed", number: true, value: (row) => trainings.seed[row] },
    ...metrics.map((metric) => ({
      title: metric.title,
      number: true,
      value: (row) => trainings.figures[metric.name][row],
      text: (row) => figureText(metric, trainings.figures[metric.name][row]),
    })),
  ].filter(Boolean);
  const rows = trainings.run.map((_, row) => row);
  return section("trainings", "Trainings", dataTable({ id: "trainings-table", caption: "", columns, rows, view: view.trainings }));
}

/** What made a run, and what makes it again. */
function detailsSection(page) {
  const { data, view } = page;
  const run = data.runs[page.run];
  const pair = (name, value) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value));
  const rows = data.settings.filter((setting) => settingOf(setting, page.run) !== "");
  const columns = [
    { title: "setting", value: (row) => row.label, cell: (row) => h("span", { title: row.help }, row.label) },
    { title: "value", value: (row) => settingOf(row, page.run) },
    { title: "in experiment.toml", value: (row) => row.key, cell: (row) => h("code", {}, row.key) },
    data.runs.length > 1 && { title: "differs", value: (row) => (row.differs ? "yes" : "") },
  ].filter(Boolean);
  const commands = run.sittings.map((sitting) => sitting.command.map(shellWord).join(" "));
  return section("details", "Settings and environment",
    runMenu(page, "details-run"),
    h("h3", {}, "Repeat it"),
    h("pre", {}, [run.repeat, ...new Set(commands)].join("\n")),
    h("p", {}, "Files: ", run.links.flatMap((link, place) => [place > 0 ? ", " : "", h("a", { href: link.address }, link.name)])),
    h("p", {}, `Folder: `, h("code", {}, run.folder)),
    h("p", {}, `Seeds: ${run.seeds.join(", ")}. Time: ${durationText(run.seconds)}, on the CPU ${durationText(run.cpu_seconds)}.`),
    dataTable({ id: "settings-table", caption: "Settings", columns, rows, view: view.settings }),
    run.sittings.length === 0 ? h("p", {}, "Which program and machine made it is not known: its provenance.json is missing or damaged.") : null,
    run.sittings.map((sitting) => h("table", { class: "definition" },
      h("caption", {}, `Sitting of ${sitting.begun}`),
      h("tbody", {},
        pair("program", `lth ${sitting.version}, commit ${sitting.commit ?? "unknown"}, ${sitting.profile}, ${sitting.rustc}`),
        pair("engine", sitting.engine),
        pair("machine", `${sitting.processor ?? "unknown processor"}, ${sitting.cores} cores, ${sitting.system}`),
        pair("in folder", h("code", {}, sitting.working_folder)),
        pair("command", h("code", {}, sitting.command.map(shellWord).join(" ")))))));
}

/** A word as a shell wants it. */
function shellWord(word) {
  return /^[\w\-./=:,+@%]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
