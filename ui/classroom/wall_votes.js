// What the class sees in one digit: the digit large, and the votes as they come.

import { strokesDrawn } from "./wall_tile.js";

const SUBJECT_SIDE = 28; // pixels of an image
const VOTE_CHOICES = [...Array(10).keys(), "none"];

export class Votes {
  constructor(place) {
    this.place = place;
    this.subject = null;
    place.innerHTML =
      '<div class="subject" role="img"></div><div class="ballot"><p></p><ol class="bars"></ol></div>';
    const list = place.querySelector(".bars");
    this.rows = VOTE_CHOICES.map((choice) => {
      const row = document.createElement("li");
      row.innerHTML = "<span></span><i><em></em></i><b></b>";
      row.querySelector("span").textContent = choice;
      row.dataset.choice = choice;
      list.append(row);
      return row;
    });
  }

  /** @param {?object} told the class as the server tells it; without a subject nothing is shown */
  show(told) {
    const subject = told?.activity?.subject ?? null;
    this.place.hidden = !subject || !told.subject;
    if (this.place.hidden) return;
    if (subject !== this.subject) {
      this.subject = subject;
      const drawn = told.subject.image ? imageDrawn(told.subject.image) : null;
      this.place
        .querySelector(".subject")
        .replaceChildren(drawn ?? strokesDrawn(told.subject.strokes));
    }
    this.count(told.votes ?? {});
  }

  count(votes) {
    const counts = VOTE_CHOICES.map((choice) => votes[choice] ?? 0);
    const all = counts.reduce((sum, one) => sum + one, 0);
    const most = Math.max(1, ...counts);
    this.rows.forEach((row, at) => {
      row.querySelector("em").style.width = `${(100 * counts[at]) / most}%`;
      row.querySelector("b").textContent = counts[at] || "";
      row.classList.toggle("first", counts[at] === most && counts[at] > 0);
    });
    const words = all === 1 ? "1 vote" : `${all} votes`;
    this.place.querySelector("p").textContent = `What do you see? ${words}`;
    this.place.querySelector(".subject").setAttribute("aria-label", "The digit that is voted on");
  }
}

/** An image of 784 grey levels, each pixel a sharp square. */
function imageDrawn(levels) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SUBJECT_SIDE;
  const pixels = levels.flatMap((level) => [level, level, level, 255]);
  const data = new ImageData(new Uint8ClampedArray(pixels), SUBJECT_SIDE, SUBJECT_SIDE);
  canvas.getContext("2d").putImageData(data, 0, 0);
  return canvas;
}
