// A grid of digits, each a button: a click tells its index in the dataset.
export default function ({ data, parentElement, setTriggerValue }) {
  const grid = parentElement.querySelector(".grid");
  const state = JSON.stringify(data);
  if (grid.dataset.state === state) return;
  grid.dataset.state = state;
  grid.style.setProperty("--side", `${data.side}px`);
  grid.style.setProperty("--room", `${data.room}px`);
  grid.replaceChildren(
    ...data.samples.map((sample, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = sample.right ? "right" : "wrong";
      button.dataset.index = sample.index;
      button.setAttribute("aria-label", sample.words);
      button.title = sample.words;
      const picture = document.createElement("i");
      picture.style.backgroundImage = `url(${data.sheet})`;
      picture.style.backgroundSize = `${data.samples.length * data.side}px ${data.side}px`;
      picture.style.backgroundPosition = `${-place * data.side}px 0`;
      const lines = sample.lines.map((text) => {
        const line = document.createElement("span");
        line.textContent = text;
        return line;
      });
      button.append(picture, ...lines);
      button.onclick = () => setTriggerValue("opened", sample.index);
      return button;
    }),
  );
}
