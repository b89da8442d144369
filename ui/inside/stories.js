// How one output came to be, told as elements of the page.

import { largest, make } from "./painting.js";
import { convolutionSum, denseSum, lstmSteps, patchOf, softmaxOf } from "./sums.js";
import { figure, term, titleOf, unitOf } from "./words.js";

const STRONGEST = 8; // parts of a sum that are told one by one
const NAMES = {
  relu: "ReLU keeps what is above 0",
  sigmoid: "sigmoid",
  tanh: "tanh",
  elu: "ELU",
  gelu: "GELU",
};

/** Numbers as a square of coloured cells under a heading. */
function square(title, values, columns, ramp, most) {
  const cells = values.map((value) => {
    const { background, color } = ramp.css(most ? value / most : 0);
    return make("span", { style: { background, color } }, figure(value));
  });
  const grid = make("div.numbers", {}, ...cells);
  grid.style.setProperty("--columns", columns);
  return make("figure.square", {}, make("figcaption", {}, title), grid);
}

/** The end of a sum: products, bias, activation; its numbers are also in the element's data. */
function ending({ sum, bias, total, output }, { layer, last, output: given, chosen }, note = "") {
  const place = placeOf(layer, chosen);
  const shown = given[place];
  const parts = [`products ${figure(sum)} ${term(bias)} bias = ${figure(total)}`];
  if (!last && layer.activation !== "linear") {
    parts.push(`→ ${NAMES[layer.activation]} → ${figure(output)}`);
  }
  if (!last && Math.abs(shown - output) > 1e-3 * Math.max(1, Math.abs(output))) {
    parts.push(`→ broken: ${figure(shown)}`);
  }
  const line = make("p.sum", { role: "status" }, parts.join(" "), note);
  Object.assign(line.dataset, { products: sum, bias, total, output: last ? total : shown });
  return line;
}

/** Where a chosen output lies among all of its layer. */
function placeOf(layer, { unit, place }) {
  const [, width, channels] = layer.to;
  return (place[0] * width + place[1]) * channels + unit;
}

/** The strongest parts of a sum as lines, and the rest as one. */
function lines(parts, ramp) {
  const order = [...parts].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
  const most = Math.abs(order[0]?.sum ?? 0);
  const told = order
    .slice(0, STRONGEST)
    .map(({ name, sum, how }) => line(name, sum, how, most, ramp));
  const rest = order.slice(STRONGEST);
  if (rest.length) {
    const sum = rest.reduce((all, part) => all + part.sum, 0);
    told.push(line(`the other ${rest.length}`, sum, "", most, ramp));
  }
  return make("table.parts", {}, make("tbody", {}, ...told));
}

function line(name, sum, how, most, ramp) {
  const bar = make("i", { style: { background: ramp.css(sum < 0 ? -1 : 1).background } });
  bar.style.width = `${most ? Math.min(100, (100 * Math.abs(sum)) / most) : 0}%`;
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, name),
    make("td.how", {}, how),
    make("td.value", {}, term(sum)),
    make("td.bar", {}, bar),
  );
}

/** What is before a layer: its unit's name for one of the inputs. */
function inputName(sight, index, at) {
  const { layers } = sight;
  const before = layers[index - 1];
  if (!before) return `pixel ${Math.floor(at / 28) + 1}, ${(at % 28) + 1}`;
  const [height, width, channels] = before.to;
  const unit = `${unitOf(before, layers)} ${(at % channels) + 1}`;
  if (height * width === 1) return unit;
  const place = Math.floor(at / channels);
  return `${unit}, row ${Math.floor(place / width) + 1}, column ${(place % width) + 1}`;
}

export function convolutionStory(sight, weights) {
  const { layer, layers, input, chosen, ramp } = sight;
  const found = convolutionSum(layer, weights, input, chosen.unit, chosen.place);
  const { parts } = found;
  const strongest = parts.reduce((best, part) =>
    Math.abs(part.sum) > Math.abs(best.sum) ? part : best,
  );
  const [, columns] = layer.size;
  const many = parts.length > 1;
  const before = titleOf(layers[chosen.index - 1] ?? layer, layers);
  const seen = many ? `${before}, map ${strongest.channel + 1}` : "What is there";
  const products = largest(strongest.products);
  const told = [
    make(
      "div.squares",
      {},
      square(seen, strongest.patch, columns, ramp, largest(strongest.patch)),
      make("b", {}, "×"),
      square("its kernel", strongest.weights, columns, ramp, largest(strongest.weights)),
      make("b", {}, "="),
      square("products", strongest.products, columns, ramp, products),
    ),
  ];
  if (many) {
    const named = parts.map(({ channel, sum }) => ({ name: `map ${channel + 1}`, sum, how: "" }));
    told.push(
      make("p.plain", {}, `The products of each of the ${parts.length} maps before, summed:`),
    );
    told.push(lines(named, ramp));
  }
  return [...told, ending(found, sight), ...pooledStory(sight, found.output)];
}

/** What the pooling after a convolution makes of the pixel. */
function pooledStory({ layer, layers, chosen, reading }) {
  const after = layers[chosen.index + 1];
  const [, width, channels] = layer.to;
  if (after?.kind === "max_pool") {
    const place = [0, 1].map((axis) => Math.floor(chosen.place[axis] / after.size[axis]));
    if (place.some((at, axis) => at >= after.to[axis])) return [];
    const values = patchOf(after, reading.layers[chosen.index], chosen.unit, place);
    const words = `Max pooling keeps the largest of ${values.map(figure).join(", ")}: `;
    return [make("p.pooled", {}, words, make("b", {}, figure(Math.max(...values))))];
  }
  if (after?.kind === "average_pool") {
    const values = reading.layers[chosen.index + 1];
    const words = `Averaged over all ${layer.to[0] * width} pixels of the map: `;
    return [make("p.pooled", {}, words, make("b", {}, figure(values[chosen.unit % channels])))];
  }
  return [];
}

export function poolStory({ layer, layers, input, chosen, ramp }) {
  const values = patchOf(layer, input, chosen.unit, chosen.place);
  const most = Math.max(...values);
  const before = titleOf(layers[chosen.index - 1] ?? layer, layers);
  const line = make("p.sum", { role: "status" }, `The largest of them: ${figure(most)}`);
  line.dataset.output = most;
  return [
    make(
      "div.squares",
      {},
      square(`${before}, map ${chosen.unit + 1}`, values, layer.size[1], ramp, largest(values)),
    ),
    line,
  ];
}

export function averageStory({ layer, input, chosen, ramp }) {
  const [height, width, channels] = layer.from;
  const values = Array.from(
    { length: height * width },
    (_, at) => input[at * channels + chosen.unit],
  );
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const words = `The sum of these ${values.length} numbers, divided by ${values.length}: `;
  const line = make("p.sum", { role: "status" }, `${words}${figure(mean)}`);
  line.dataset.output = mean;
  const title = `Map ${chosen.unit + 1} before`;
  return [make("div.squares", {}, square(title, values, width, ramp, largest(values))), line];
}

export function contributionStory(sight, weights) {
  const { layer, last, input, chosen, ramp, reading } = sight;
  const found = denseSum(layer, weights, input, chosen.unit);
  const told = [];
  if (chosen.index === 0) {
    told.push(
      make(
        "div.squares",
        {},
        pixels("your digit", reading.form, ramp),
        make("b", {}, "×"),
        pixels("its weights", found.weights, ramp),
        make("b", {}, "="),
        pixels("products", found.products, ramp),
      ),
    );
  } else {
    const parts = found.products.map((sum, at) => ({
      name: inputName(sight, chosen.index, at),
      sum,
      how: `${figure(input[at])} × ${figure(found.weights[at])}`,
    }));
    told.push(make("p.plain", {}, "What counts most:"), lines(parts, ramp));
  }
  told.push(ending(found, sight));
  if (last) told.push(...softmaxStory(sight, weights));
  return told;
}

/** 784 numbers as a picture. */
function pixels(title, values, ramp) {
  const canvas = make("canvas", { width: 28, height: 28, role: "img", "aria-label": title });
  const image = new ImageData(28, 28);
  const most = largest(values);
  const shades = new Uint32Array(image.data.buffer);
  values.forEach((value, at) => {
    shades[at] = ramp.shade(most ? value / most : 0);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return make("figure.square.pixels", {}, make("figcaption", {}, title), canvas);
}

/** From the ten sums to the ten bars. */
function softmaxStory({ layer, input, temperature, chosen }, weights) {
  const totals = Array.from(
    { length: layer.columns },
    (_, unit) => denseSum(layer, weights, input, unit).total,
  );
  const { scores, scaled, powers, shares } = softmaxOf(layer, totals, temperature);
  const heads = [
    "digit",
    layer.activation === "softmax" ? "logit" : "log of the output",
    `÷ ${figure(temperature)}`,
    "e to that",
    "share",
  ];
  const power = (value) =>
    value >= 1000 || value < 0.001 ? value.toExponential(1) : figure(value);
  const rows = shares.map((share, digit) => {
    const cells = [figure(scores[digit]), figure(scaled[digit]), power(powers[digit])];
    cells.push(`${(100 * share).toFixed(1)}%`);
    const row = make(
      "tr",
      { dataset: { share } },
      make("th", { scope: "row" }, String(digit)),
      ...cells.map((text) => make("td", {}, text)),
    );
    row.classList.toggle("chosen", digit === chosen.unit);
    return row;
  });
  const words =
    "Softmax: each logit is divided by the temperature, so that the network is as sure as it is " +
    "often right. Then e is raised to that power, and each digit gets its share of the ten.";
  return [
    make("p.plain", {}, words),
    make(
      "table.softmax",
      {},
      make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, ...rows),
    ),
  ];
}

export function stepsStory({ layer, reading, output, chosen, ramp }, weights) {
  const steps = lstmSteps(layer, weights, reading.form, output, chosen.unit);
  const [row] = chosen.place;
  const { input, forget, candidate, output: gate, cell, state } = steps[row];
  const before = row ? steps[row - 1].cell : 0;
  const said = make(
    "p.sum",
    { role: "status" },
    `After row ${row + 1}: keep ${figure(forget)} of ${figure(before)}, take in ${figure(input)} ` +
      `of ${figure(candidate)}: it remembers ${figure(cell)}. It gives ${figure(gate)} × tanh of ` +
      `that: ${figure(state)}`,
  );
  said.dataset.output = state;
  const names = {
    input: "take in",
    forget: "keep",
    output: "give",
    cell: "memory",
    state: "given",
  };
  const bands = Object.entries(names).map(([name, title]) => {
    const values = steps.map((step) => step[name]);
    const most = largest(values);
    const cells = values.map((value, at) => {
      const cell = make("i", {
        style: { background: ramp.css(most ? value / most : 0).background },
      });
      cell.classList.toggle("now", at === row);
      return cell;
    });
    return make("div.band", {}, make("span", {}, title), make("div", {}, ...cells));
  });
  const words = `Unit ${chosen.unit + 1}, from the first row of the image to the last:`;
  return [make("p.plain", {}, words), make("div.bands", {}, ...bands), said];
}
