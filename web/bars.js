// Ten bars, one for each digit, as long as its probability.

const ROW =
  '<span class="digit"></span>' +
  '<div class="track"><div class="fill"></div><span class="value"></span></div>';
const LEAST_SAID = 0.005; // a share below which a bar has no number beside it

export class Bars {
  /** @param {HTMLElement} chart empty, of the class `live-bars` (bars.css) */
  constructor(chart) {
    this.chart = chart;
    this.rows = Array.from({ length: 10 }, (_, digit) => {
      const row = document.createElement("div");
      row.className = "row";
      row.dataset.digit = digit;
      row.dataset.probability = "";
      row.innerHTML = ROW;
      chart.append(row);
      const [name, value] = [row.querySelector(".digit"), row.querySelector(".value")];
      name.textContent = digit;
      return { row, name, value };
    });
  }

  /**
   * @param {?number[]} probabilities of the ten digits, in [0, 1]; null where there are none
   * @param {string} by who read them: "server" or "browser"
   */
  show(probabilities, by) {
    this.chart.dataset.by = by;
    const winner = probabilities?.indexOf(Math.max(...probabilities)) ?? -1;
    this.rows.forEach(({ row, name, value }, digit) => {
      const best = digit === winner;
      const share = probabilities?.[digit] ?? 0;
      row.classList.toggle("best", best);
      row.style.setProperty("--share", share.toFixed(4));
      row.dataset.probability = probabilities ? share.toFixed(5) : "";
      setText(name, best ? `▸ ${digit}` : String(digit));
      const shown = probabilities && (share >= LEAST_SAID || best);
      setText(value, shown ? `${(share * 100).toFixed(0)}%` : "");
    });
  }

  dispose() {
    this.chart.replaceChildren();
  }
}

/**
 * Change a text only if it is another one, so that nobody is told of it twice.
 *
 * @param {Element} element
 * @param {string} text
 * @returns {void}
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
