/** The sections in order, with their names in the contents. */
const SECTIONS = [
  ["runs", "Runs", runsSection],
  ["verdict", "Verdict", verdictSection],
  ["density", "Density", densitySection],
  ["curves", "Learning curves", curvesSection],
  ["masks", "First layer", firstLayerSection],
  ["trainings", "Trainings", trainingsSection],
  ["details", "Settings", detailsSection],
];
/** So often a live page asks for what is new, in milliseconds. */
const EVERY = 2000;

const page = {
  data: null,
  drawn: [],
  /** Which of the runs sections of one run are of. `view.run` is its folder: places change when other runs come. */
  run: 0,
  view: { run: null, runs: {}, failed: {}, work: {}, verdict: {}, density: {}, tables: [], curves: {}, layer: {}, layers: {}, trainings: {}, settings: {} },
  /** Draws a section again. */
  redraw(id) {
    const old = document.getElementById(id);
    if (!old) return;
    keeping(() => {
      const made = SECTIONS.find(([own]) => own === id)[2](page);
      if (made) old.replaceWith(made);
    });
  },
  /** Chooses the run that sections of one run are of. */
  pick(run) {
    page.run = run;
    page.view.run = page.data.runs[run].folder;
    for (const id of ["runs", "verdict", "curves", "masks", "details"]) page.redraw(id);
  },
};

/** Draws all of it. */
function drawPage(data) {
  page.data = data;
  page.run = Math.max(0, data.runs.findIndex((run) => run.folder === page.view.run));
  page.view.run = data.runs[page.run].folder;
  page.drawn = data.runs.map((_, run) => run).slice(0, MOST_DRAWN);
  keeping(() => {
    const content = document.getElementById("content");
    content.replaceChildren();
    const names = [];
    for (const [id, name, make] of SECTIONS) {
      const made = make(page);
      if (!made) continue;
      content.append(made);
      names.push(h("a", { href: `#${id}` }, name));
    }
    document.getElementById("contents").replaceChildren(...names);
    if (data.notes.length > 0) content.append(h("ul", { class: "notes" }, data.notes.map((note) => h("li", {}, note))));
  });
  document.title = `${data.title} - lth report`;
  document.getElementById("title").textContent = data.title;
  document.getElementById("program").textContent = data.program;
}

/** Asks for what is new, for as long as the page is open. */
async function follow() {
  const live = document.getElementById("live");
  let known = null;
  for (;;) {
    let words = "live";
    try {
      const answer = await fetch("data.json", { headers: known ? { "If-None-Match": known } : {}, cache: "no-store" });
      if (answer.status === 200) {
        known = answer.headers.get("ETag");
        drawPage(await answer.json());
      } else if (answer.status === 204) {
        words = "live: there is no run yet";
      } else if (answer.status !== 304) {
        words = await answer.text();
      }
    } catch {
      words = "lth watch does not answer; this is what it said last";
    }
    if (live.textContent !== words) live.textContent = words;
    await new Promise((done) => setTimeout(done, EVERY));
  }
}

/** Light or dark; canvases have to be drawn again. */
function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.getElementById("theme").textContent = theme === "dark" ? "Light" : "Dark";
  if (page.data) drawPage(page.data);
}

setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
document.getElementById("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
// On paper everything is dark on white, and tables are whole.
let shown = null;
addEventListener("beforeprint", () => {
  shown = document.documentElement.dataset.theme;
  onPaper = true;
  setTheme("light");
});
addEventListener("afterprint", () => {
  onPaper = false;
  setTheme(shown);
});
const embedded = JSON.parse(document.getElementById("data").textContent);
if (embedded) drawPage(embedded);
else follow();
