// Told apart without their colour, too. The same order in the legend's little pictures.
const COLOURS = 7;
const DASHES = ["solid", "dash", "dashdot", "dot"];
const SYMBOLS = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"];
const STROKES = { solid: "", dash: "7 4", dashdot: "8 3 2 3", dot: "2 3" };
const SHAPES = {
  circle: "M4 0A4 4 0 1 1 -4 0A4 4 0 1 1 4 0Z",
  square: "M-3.6 -3.6H3.6V3.6H-3.6Z",
  "triangle-up": "M0 -4.4L4.4 3.4H-4.4Z",
  diamond: "M0 -4.8L4.8 0L0 4.8L-4.8 0Z",
  "triangle-down": "M0 4.4L4.4 -3.4H-4.4Z",
  cross: "M-1.5 -4.5H1.5V-1.5H4.5V1.5H1.5V4.5H-1.5V1.5H-4.5V-1.5H-1.5Z",
};

function look(series) {
  const i = series.look;
  return { colour: `--series-${i % COLOURS}`, dash: DASHES[i % DASHES.length], symbol: SYMBOLS[i % SYMBOLS.length] };
}

function ink(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// The legend of a section, and what has to be said of what is drawn.
function explain(section, series, words) {
  section.querySelector(".legend").replaceChildren(...series.map((one) => element("li", {}, swatch(one), one.label)));
  const note = section.querySelector(".note");
  note.textContent = words.filter(Boolean).join(" ");
  note.hidden = !note.textContent;
}

function swatch(series) {
  const { colour, dash, symbol } = look(series);
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const parts = [];
  if (series.kind !== "measured") parts.push(["M-17 0H17", STROKES[dash], "none"]);
  if (series.kind !== "predicted") parts.push([SHAPES[symbol], "", "var(--surface)"]);
  picture.setAttribute("viewBox", "-18 -7 36 14");
  picture.setAttribute("aria-hidden", "true");
  for (const [d, dashes, fill] of parts) {
    const path = picture.appendChild(document.createElementNS(space, "path"));
    path.setAttribute("d", d);
    path.setAttribute("stroke-dasharray", dashes || "none");
    path.style.cssText = `stroke: var(${colour}); stroke-width: 2; fill: ${fill}`;
  }
  return picture;
}
