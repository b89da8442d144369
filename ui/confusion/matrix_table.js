// A confusion matrix as a table of buttons: one tap, or the arrow keys and Enter, select a cell, or
// by a sum a whole row or column.

const STEPS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
const TOTAL = 10;

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function isSelected([row, column], [first, second]) {
  if (first === null && second === null) return false;
  return (first === null || first === row) && (second === null || second === column);
}

function button(data, row, column) {
  const made = element("button", "", { type: "button", tabindex: -1 });
  made.dataset.true = row;
  made.dataset.read = column;
  made.title = data.words[row][column];
  made.setAttribute("aria-label", made.title);
  if (row < TOTAL && column < TOTAL) {
    made.textContent = data.texts[row][column];
    made.style.color = data.inks[row][column];
    made.style.backgroundColor = data.colours[row][column] ?? "";
    if (isSelected([row, column], data.selected)) made.setAttribute("aria-pressed", "true");
  } else {
    made.className = "sum";
    made.textContent = row < TOTAL ? data.sums[0][row] : data.sums[1][column];
  }
  return made;
}

function table(data) {
  const digits = [...Array(TOTAL).keys()];
  const made = element("table", "", { class: "matrix", "aria-label": data.alt });
  const top = element("tr", "");
  top.append(element("td", ""), element("th", "Read as", { colspan: 10, scope: "colgroup" }));
  const heads = element("tr", "");
  heads.append(element("td", "True"), ...digits.map((d) => element("th", d, { scope: "col" })));
  if (data.sums) heads.append(element("th", "All", { scope: "col", class: "sum" }));
  made.append(top, heads);
  for (const row of data.sums ? [...digits, TOTAL] : digits) {
    const line = element("tr", "");
    line.append(element("th", row < TOTAL ? row : "All", { scope: "row" }));
    for (const column of data.sums && row < TOTAL ? [...digits, TOTAL] : digits) {
      const cell = element("td", "");
      cell.append(button(data, row, column));
      line.append(cell);
    }
    made.append(line);
  }
  return made;
}

// Move the focus from one button to the next in a direction.
function step(frame, from, [down, right]) {
  const [row, column] = [Number(from.dataset.true) + down, Number(from.dataset.read) + right];
  const next = frame.querySelector(`button[data-true="${row}"][data-read="${column}"]`);
  if (!next) return;
  from.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

export default function ({ data, parentElement, setTriggerValue }) {
  const frame = parentElement.querySelector(".frame");
  const state = JSON.stringify(data);
  if (frame.dataset.state === state) return;
  const focused = frame.getRootNode().activeElement?.dataset;
  frame.dataset.state = state;
  frame.replaceChildren(table(data));
  const at = focused ?? { true: data.selected[0] ?? 0, read: data.selected[1] ?? 0 };
  const first = frame.querySelector(`button[data-true="${at.true}"][data-read="${at.read}"]`);
  first.tabIndex = 0;
  if (focused) first.focus();
  frame.onclick = ({ target }) => {
    const pressed = target.closest("button");
    if (!pressed) return;
    const ends = [Number(pressed.dataset.true), Number(pressed.dataset.read)];
    setTriggerValue(
      "selected",
      ends.map((digit) => (digit === TOTAL ? null : digit)),
    );
  };
  frame.onkeydown = (event) => {
    if (!(event.key in STEPS) || !event.target.matches("button")) return;
    event.preventDefault();
    step(frame, event.target, STEPS[event.key]);
  };
}
