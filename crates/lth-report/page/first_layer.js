/** The first layer, round after round. */
function firstLayerSection(page) {
  const { data, view } = page;
  const own = view.layer;
  const layer = data.first_layers.find((layer) => layer.run === page.run);
  const densities = layerDensities(page);
  if (!layer) {
    const none = h("p", { class: "faint" }, `There are no pictures of the first layer of ${runLabel(data, page.run)}.`);
    return data.first_layers.length > 0 || densities ? section("masks", "First layer", none, densities) : null;
  }
  const last = layer.rounds.length - 1;
  own.place = Math.min(own.place ?? last, last);
  const canvases = h("div", { class: "pictures" });
  const draw = () => canvases.replaceChildren(...layerPictures(layer, layer.rounds[own.place]));
  const text = (place) => `round ${layer.rounds[place].round}, ${densityText(layer.rounds[place].density)} of all weights`;
  const move = (place) => {
    own.place = place;
    draw();
  };
  draw();
  return section("masks", "First layer",
    h("p", { class: "faint" }, `${layer.layer} of ${runLabel(data, layer.run)}, first replicate: ${layer.shown} of ${layer.count} filters of ${layer.channels} x ${layer.height} x ${layer.width}.`),
    h("div", { class: "controls" }, last > 0 ? slider("layer-round", "Round", last, own.place, text, move) : text(0)), canvases,
    densities);
}

/** The canvases of a round. */
function layerPictures(layer, round) {
  const pictures = [];
  if (round.pixels) {
    const bytes = decoded(round.pixels);
    const counts = Array.from({ length: bytes.length / 2 }, (_, place) => bytes[2 * place] + 256 * bytes[2 * place + 1]);
    const most = Math.max(1, ...counts);
    const dark = (place) => Math.round(255 * (1 - counts[place] / most));
    const picture = canvas(layer.width, layer.height, 10, (x, y) => {
      const value = dark(y * layer.width + x);
      return [value, value, value];
    });
    pictures.push(figure(picture, `kept weights by input pixel: white none, black ${most}`));
  }
  pictures.push(figure(filterGrid(layer, round.before), `before training: blue below 0, red above, black pruned; full colour at ${reach(round.before)}`));
  if (round.after) pictures.push(figure(filterGrid(layer, round.after), `trained; full colour at ${reach(round.after)}`));
  return pictures;
}

/** The largest weight that is shown. */
function reach(filters) {
  return `±${Number(filters.scale.toPrecision(3))}`;
}

/** A canvas with what it shows, for people who see it and who do not. */
function figure(picture, caption) {
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", caption);
  return h("figure", {}, picture, h("figcaption", {}, caption));
}

/** Filters beside each other; of three channels as colours, of others the first. */
function filterGrid({ shown, channels, height, width }, { bytes }) {
  const values = new Int8Array(decoded(bytes).buffer);
  const columns = Math.ceil(Math.sqrt(shown));
  const [wide, high] = [width + 1, height + 1];
  const at = (filter, channel, y, x) => values[((filter * channels + channel) * height + y) * width + x];
  const scale = Math.max(2, Math.floor(320 / (columns * wide)));
  return canvas(columns * wide + 1, Math.ceil(shown / columns) * high + 1, scale, (left, top) => {
    const [x, y] = [(left % wide) - 1, (top % high) - 1];
    const filter = Math.floor(top / high) * columns + Math.floor(left / wide);
    if (x < 0 || y < 0 || filter >= shown) return [128, 128, 128];
    const own = Array.from({ length: channels === 3 ? 3 : 1 }, (_, channel) => at(filter, channel, y, x));
    if (own.length === 3) {
      return own.every((value) => value === -128) ? [0, 0, 0] : own.map((value) => (value === -128 ? 128 : 128 + value));
    }
    const [value] = own;
    if (value === -128) return [0, 0, 0];
    const faded = 255 - 2 * Math.abs(value);
    return value < 0 ? [faded, faded, 255] : [255, faded, faded];
  });
}

/** A canvas of `scale` pixels a value. */
function canvas(width, height, scale, colour) {
  const picture = h("canvas", { width: width * scale, height: height * scale });
  const context = picture.getContext("2d");
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      context.fillStyle = `rgb(${colour(x, y).join(" ")})`;
      context.fillRect(x * scale, y * scale, scale, scale);
    }
  }
  return picture;
}

/** Bytes of base64. */
function decoded(text) {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}

/** What each layer keeps, a column a round. */
function layerDensities(page) {
  const { data, view } = page;
  const run = data.runs[page.run];
  if (run.layers.length === 0) return null;
  const { rounds } = run.layers[0];
  const columns = [
    { title: "layer", value: (row) => row.layer },
    ...rounds.map((round, place) => ({ title: `round ${round}`, number: true, value: (row) => row.densities[place], text: (row) => (row.densities[place] === null ? "-" : densityText(row.densities[place])) })),
  ];
  return dataTable({ id: "layers", caption: "Weights that each layer keeps, first replicate", columns, rows: run.layers, view: view.layers, filtered: false });
}
