/** Ticks of a logarithmic axis of percentages: few to a power of ten, or all digits where the axis is short. */
function logTicks(min, max) {
  const ticks = (digits) => [-4, -3, -2, -1, 0, 1, 2].flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`))).filter((tick) => tick >= min && tick <= max);
  const few = ticks([1, 2, 5]);
  return few.length > 2 ? few : ticks([1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

/** Lines are told apart by colour and dash. */
const DASHES = [[], [8, 4], [2, 4], [10, 4, 2, 4], [14, 5], [4, 2]];
const COLOURS = 8;

/** A colour of the theme. */
function themeColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Between the first and the last round: dark blue to orange, both legible on either ground. */
function roundColour(place, last) {
  const share = last > 0 ? place / last : 0;
  const light = document.documentElement.dataset.theme === "dark" ? 68 : 40;
  return `hsl(${220 - 195 * share} 75% ${light}%)`;
}

/**
 * Lines over an axis, with values on hover, zoom by dragging, a legend that switches lines off, and all of it by keyboard. `view` keeps { zoom, read, off } when it
 * is drawn again: of this `figure` the scales that one chose, none for all that there is, and the place that was read last, and the lines that are switched off.
 *
 * `lines` are { key, label, x, y, low?, high?, note?(place), colour?, dash? } with falling or rising x; `x` and `y` are { title, text(value), log? }. A
 * logarithmic axis is one of percentages, and falls from left to right, as densities do in the papers. The vertical axis is at first for the values from the share `from` of
 * the horizontal axis on.
 */
function chart({ id, label, figure, lines, x, y, height = 340, from = 0, view }) {
  if (view.figure !== figure) Object.assign(view, { figure, zoom: null, read: null });
  view.off ??= new Set();
  const { zoom: chosen } = view;
  const plot = h("div", { class: "plot" });
  const tip = h("div", { class: "tip", hidden: true });
  const spoken = h("div", { class: "spoken", role: "status" });
  const box = h("div", { class: "chart", id, role: "group", "aria-label": label, tabindex: 0 }, plot, spoken);
  if (lines.length === 0) {
    box.replaceChildren(h("p", { class: "faint" }, "Nothing to draw yet."));
    return box;
  }
  const sorted = lines.map((line) => {
    const order = line.x.map((_, place) => place).sort((a, b) => line.x[a] - line.x[b]);
    const pick = (values) => order.map((place) => values[place]);
    const bands = line.low ? [pick(line.low), pick(line.high)] : [];
    return { line, order, table: [pick(line.x), pick(line.y), ...bands] };
  });
  const data = uPlot.join(sorted.map(({ table }) => table));
  const series = [{ label: x.title, value: (_, value) => (value === null ? "" : x.text(value)) }];
  const bands = [];
  const ofLine = [null];
  sorted.forEach(({ line }, place) => {
    const stroke = line.colour ?? themeColour(`series-${place % COLOURS}`);
    const dash = DASHES[(line.dash ?? Math.floor(place / COLOURS)) % DASHES.length];
    const value = (_, value) => (value === null || value === undefined ? "-" : y.text(value));
    const few = line.x.length <= 60;
    const show = !view.off.has(line.key);
    const label = h("button", { type: "button", "aria-pressed": String(show) }, line.label);
    series.push({ label, show, stroke, dash, width: 2, spanGaps: true, value, points: { show: few, size: 6 } });
    ofLine.push(place);
    if (line.low) {
      const at = series.length;
      const band = { class: "band", label: "", show, spanGaps: true, points: { show: false } };
      series.push({ ...band }, { ...band });
      ofLine.push(place, place);
      bands.push({ series: [at + 1, at], fill: `color-mix(in srgb, ${stroke} 16%, transparent)` });
    }
  });
  /** The nearest place where the line has a value: lines have places of their own. */
  const nearest = (u, at, place) => {
    if (at === 0 || u.data[at][place] != null) return place;
    const [left, right] = [[-1, -1], [1, u.data[0].length]].map(([step, end]) => {
      let other = place;
      while (other !== end && u.data[at][other] == null) other += step;
      return other === end ? null : other;
    });
    if (left === null || right === null) return left ?? right ?? place;
    const distance = (other) => Math.abs(u.data[0][other] - u.data[0][place]);
    return distance(left) <= distance(right) ? left : right;
  };
  const said = (u, at) => {
    const place = u.cursor.idxs?.[at];
    const value = place == null ? null : u.data[at]?.[place];
    if (value == null) return null;
    const { line, order, table } = sorted[ofLine[at]];
    const own = order[table[0].indexOf(u.data[0][place])];
    const note = line.note?.(own) ?? "";
    return `${line.label}\n${x.title} ${x.text(u.data[0][place])}\n${y.title} ${y.text(value)}${note && `\n${note}`}`;
  };
  const showTip = (u) => {
    const { left, top } = u.cursor;
    let [at, least] = [null, Infinity];
    for (let other = 1; other < series.length; other += 1) {
      const place = u.cursor.idxs?.[other];
      if (!series[other].label || !u.series[other].show || place == null || u.data[other][place] == null) continue;
      const away = Math.hypot(u.valToPos(u.data[0][place], "x") - left, u.valToPos(u.data[other][place], "y") - top);
      if (away < least) [at, least] = [other, away];
    }
    const text = left >= 0 && at !== null ? said(u, at) : null;
    tip.hidden = text === null;
    if (text === null) return;
    tip.textContent = text;
    const flip = left > u.over.clientWidth / 2;
    tip.style.left = flip ? "auto" : `${u.over.offsetLeft + left + 14}px`;
    tip.style.right = flip ? `${u.over.clientWidth - left + 14}px` : "auto";
    tip.style.top = `${Math.max(0, top - 10)}px`;
  };
  const axis = { stroke: themeColour("ink"), grid: { stroke: themeColour("grid"), width: 1 }, ticks: { stroke: themeColour("line") } };
  const font = "12px system-ui, 'DejaVu Sans', sans-serif";
  const logSplits = { splits: (u, at, min, max) => logTicks(min, max), filter: (u, splits) => splits };
  const ends = (u, min, max) => (max > min ? [min, max] : [min - 1, max + 1]);
  // uPlot asks for the scale that one chose too.
  const ofDensities = (u, min, max) => (view.zoom?.x ? [min, Math.min(max, 107)] : [min * 0.93, Math.min(max * 1.07, 107)]);
  // Of one value uPlot would show all from zero to twice that.
  const around = (u, min, max) => {
    const room = Math.abs(min) / 50 || 1;
    return max > min ? uPlot.rangeNum(min, max, 0.08, true) : [min - room, max + room];
  };
  const remember = ({ scales }) => {
    view.zoom = Object.fromEntries(["x", "y"].map((axis) => [axis, { min: scales[axis].min, max: scales[axis].max }]));
  };
  const options = {
    width: onPaper ? 640 : view.width ?? 600,
    height,
    series,
    bands,
    cursor: { bind: { dblclick: () => () => whole() }, dataIdx: nearest, drag: { x: true, y: true, uni: 30 }, focus: { prox: 40 } },
    focus: { alpha: 0.35 },
    scales: {
      x: x.log ? { time: false, distr: 3, dir: -1, range: ofDensities } : { time: false, range: ends },
      y: { range: around },
    },
    axes: [
      { ...axis, font, labelFont: font, label: x.title, labelSize: 20, size: 30, values: (u, ticks) => ticks.map(x.tick ?? x.text), ...(x.log ? logSplits : {}) },
      { ...axis, font, labelFont: font, label: y.title, labelSize: 20, size: 62 },
    ],
    hooks: {
      setCursor: [showTip],
      // A band goes with its line.
      setSeries: [(u, at) => {
        if (at === null || !series[at].label || ofLine[at] === null) return;
        const { show } = u.series[at];
        series[at].label.setAttribute("aria-pressed", show);
        view.off[show ? "delete" : "add"](lines[ofLine[at]].key);
        for (const band of [at + 1, at + 2]) {
          if (series[band]?.class === "band" && u.series[band].show !== show) u.setSeries(band, { show });
        }
      }],
      setSelect: [remember],
      setScale: [(u) => view.zoom?.x && remember(u)],
      ready: [(u) => u.over.append(tip)],
    },
    legend: { live: sorted.length <= 8 },
  };
  const u = new uPlot(options, data, plot);
  u.over.style.overflow = "visible";
  // A batch draws at once: a size that came later would move what is below.
  u.batch(() => {
    if (chosen) {
      for (const axis of Object.keys(chosen)) u.setScale(axis, chosen[axis]);
    } else if (from > 0) {
      const begin = from * Math.max(...sorted.flatMap(({ table }) => table[0]));
      const later = sorted.flatMap(({ table }) => table[1].filter((value, place) => value !== null && table[0][place] >= begin));
      const [min, max] = uPlot.rangeNum(Math.min(...later), Math.max(...later), 0.1, true);
      if (later.length > 0) u.setScale("y", { min, max });
    }
  });
  box.uplot = u;
  const whole = () => {
    view.zoom = {};
    u.setData(u.data);
  };
  const zoom = (factor) => {
    remember(u);
    const { min, max } = u.scales.x;
    const place = u.cursor.idx ?? Math.floor(u.data[0].length / 2);
    const centre = u.data[0][place];
    const scaled = (end) => (x.log ? centre * (end / centre) ** factor : centre + (end - centre) * factor);
    u.setScale("x", { min: scaled(min), max: scaled(max) });
  };
  const move = (step) => {
    const { min, max } = u.scales.x;
    const inside = u.data[0].map((_, place) => place).filter((place) => u.data[0][place] >= min && u.data[0][place] <= max);
    const at = inside.indexOf(u.cursor.idx ?? u.data[0].indexOf(view.read));
    const next = inside[at < 0 ? (step > 0 ? 0 : inside.length - 1) : Math.min(inside.length - 1, Math.max(0, at + step))];
    if (next === undefined) return;
    view.read = u.data[0][next];
    u.setCursor({ left: u.valToPos(u.data[0][next], "x"), top: u.over.clientHeight / 2 });
    const values = series.map((own, other) => (own.label && other > 0 && u.series[other].show && u.data[other][next] != null ? `${own.label.textContent} ${y.text(u.data[other][next])}` : null));
    spoken.textContent = `${x.title} ${x.text(u.data[0][next])}: ${values.filter(Boolean).join(", ")}`;
  };
  const forward = x.log ? -1 : 1;
  const keys = { ArrowRight: () => move(forward), ArrowLeft: () => move(-forward), "+": () => zoom(0.6), "-": () => zoom(1 / 0.6), 0: whole, Escape: whole };
  box.addEventListener("keydown", (event) => {
    const act = event.target === box && keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  const button = (text, act) => h("button", { type: "button", onclick: act }, text);
  box.append(
    h("div", { class: "controls" }, button("Zoom in", () => zoom(0.6)), button("Zoom out", () => zoom(1 / 0.6)), button("Whole", whole),
      h("span", { class: "faint" }, "Drag to zoom; arrow keys read values, + and - zoom.")),
    numbers(id, sorted, x, y, view.numbers ??= { open: false, table: { most: 200 } }));
  new ResizeObserver(([entry]) => {
    const width = Math.floor(entry.contentRect.width);
    if (width === 0 || width === u.width) return;
    view.width = width;
    u.setSize({ width, height });
  }).observe(plot);
  return box;
}

/** The numbers of a chart as a table. */
function numbers(id, sorted, x, y, view) {
  return folded(`${id}-numbers`, "Numbers", view, () => {
    const rows = sorted.flatMap(({ line, table }) => table[0].map((at, place) => [line.label, x.text(at), y.text(table[1][place])]));
    const columns = [line => line[0], line => line[1], line => line[2]].map((value, place) => ({ title: ["line", x.title, y.title][place], value, number: place > 0 }));
    return dataTable({ id: `${id}-table`, caption: "", columns, rows, view: view.table, filtered: false });
  });
}
