// More cannot be told apart by colour and dashes together, and take long to draw.
const MOST_SERIES = 28;

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

// Plotly reads a few tags in its texts: a name shall have none.
function plain(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function noiseTitle(noise) {
  return noise === "none" ? "no noise added" : noise;
}

function hover(series, row, value) {
  const lines = [`<b>${plain(series.label)}</b>`, `${plain(noiseTitle(row.noise))}, level γ ${short(row.level)}`, value];
  if (row.selected_fraction !== null) lines.push(`selected ${row.selected_fraction.toFixed(4)} of the labels`);
  if (row.realised_rate !== null) lines.push(`realised rate ${row.realised_rate.toFixed(4)}`);
  if (series.kind !== "predicted") lines.push(`${plural(row.runs, "run")}${row.seeds ? `, seeds ${row.seeds}` : ""}`);
  return lines.join("<br>");
}

// A line of the first chart. Levels are moved by `shift`, where several series have but one.
function curve(line, shift) {
  const series = report.series[line.series];
  const rows = line.rows.map((i) => report.rows[i]);
  const { colour, dash, symbol } = look(series);
  const predicted = series.kind === "predicted";
  const alone = rows.length === 1;
  return {
    type: "scatter",
    name: plain(series.label),
    x: rows.map((row) => row.level + shift),
    y: rows.map((row) => row.accuracy),
    mode: predicted && !alone ? "lines" : series.kind === "measured" ? "markers" : "lines+markers",
    line: { color: ink(colour), dash, width: 2 },
    marker: { color: ink(predicted ? colour : "--surface"), size: predicted ? 14 : 8, symbol: predicted ? "line-ew-open" : symbol, line: { color: ink(colour), width: 2 } },
    error_y: { type: "data", array: rows.map((row) => row.accuracy_sd ?? 0), visible: !predicted && rows.some((row) => row.accuracy_sd), color: ink(colour), thickness: 1.2, width: 3 },
    hoverinfo: "text",
    hovertext: rows.map((row) => hover(series, row, `accuracy ${spread(row.accuracy, row.accuracy_sd)}`)),
  };
}

// A line of the second chart.
function course(one, measure) {
  const row = report.rows[one.row];
  const series = report.series[row.series];
  const { colour, dash, symbol } = look(series);
  const values = one.means[measure];
  const words = report.measures[measure].toLowerCase();
  return {
    type: "scatter",
    name: plain(series.label),
    x: values.map((_, i) => i + 1),
    y: values,
    mode: "lines+markers",
    line: { color: ink(colour), dash, width: 2 },
    marker: { color: ink("--surface"), size: 7, symbol, maxdisplayed: 9, line: { color: ink(colour), width: 1.6 } },
    hoverinfo: "text",
    hovertext: values.map((value, i) => value === null ? "" : [
      `<b>${plain(series.label)}</b>`,
      `${plain(noiseTitle(row.noise))}${row.level === null ? "" : `, level γ ${short(row.level)}`}`,
      `epoch ${i + 1}: ${words} ${value.toFixed(4)}`,
      one.runs === 1 ? "one run" : `mean of ${one.runs} runs`,
    ].join("<br>")),
  };
}

function layout(titles, ranges) {
  const text = ink("--text");
  const axis = { color: text, gridcolor: ink("--grid"), linecolor: ink("--line"), zeroline: false, automargin: true, ticks: "outside", tickcolor: ink("--line") };
  return {
    height: 340,
    margin: { l: 56, r: 14, t: 30, b: 48 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: ink("--font"), size: 13, color: text },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: ink("--soft"), activecolor: ink("--accent") },
    showlegend: false,
    hovermode: "closest",
    hoverlabel: { align: "left", bgcolor: ink("--surface"), bordercolor: ink("--line"), font: { color: text, family: ink("--font") } },
    xaxis: { ...axis, title: { text: titles[0] }, ...ranges.x },
    yaxis: { ...axis, title: { text: titles[1] }, ...ranges.y },
  };
}

const SETTINGS = {
  responsive: true,
  displaylogo: false,
  plotlyServerURL: "",
  modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]], // all of them: "share" would send data away
  toImageButtonOptions: { format: "svg", filename: "pynoise" },
};

// A panel a noise in a section; `panels` are lists of a noise, traces and the ranges of its axes.
function drawPanels(section, titles, panels) {
  const place = section.querySelector(".panels");
  while (place.children.length > panels.length) {
    Plotly.purge(place.lastChild.lastChild);
    place.lastChild.remove();
  }
  // All are there before the first is drawn, which is as wide as they leave it.
  while (place.children.length < panels.length) {
    place.append(element("figure", {}, element("figcaption"), element("div")));
  }
  for (const [i, { noise, traces, ranges }] of panels.entries()) {
    const [caption, chart] = place.children[i].children;
    caption.textContent = noiseTitle(noise);
    Plotly.react(chart, traces, layout(titles, ranges), SETTINGS);
  }
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

// The first series of some lines, no more than can be told apart, and what to say of the others.
function limited(numbers) {
  const all = [...new Set(numbers)].sort((a, b) => a - b);
  const kept = all.slice(0, MOST_SERIES);
  const words = all.length > kept.length ? `${kept.length} of ${all.length} series are drawn; the filters choose others.` : "";
  return [new Set(kept), words];
}

function groupBy(list, name) {
  const groups = new Map();
  for (const one of list) groups.set(name(one), [...(groups.get(name(one)) ?? []), one]);
  return groups;
}

function drawCurves() {
  const section = document.getElementById("curves");
  const visible = report.lines.filter((line) => passes({ ...report.series[line.series], noise: line.noise }));
  const [kept, words] = limited(visible.map((line) => line.series));
  const drawn = visible.filter((line) => kept.has(line.series));
  const values = drawn.flatMap((line) => line.rows.map((i) => report.rows[i]));
  const panels = [...groupBy(drawn, (line) => line.noise)].map(([noise, lines]) => {
    const levels = new Set(lines.flatMap((line) => line.rows.map((i) => report.rows[i].level)));
    return { noise, ...sideBySide(lines, levels, accuracyRange(values)) };
  });
  drawPanels(section, ["noise level γ", "test accuracy"], panels);
  const none = drawn.length ? "" : report.lines.length ? "Nothing is left by the filters." : "No trial has an accuracy and a noise level yet.";
  const levelless = report.rows.some((row) => row.level === null && passes(row)) ? "Trials without a noise level are in the table alone." : "";
  explain(section, [...kept].map((i) => report.series[i]), [words, none, levelless]);
}

// The same accuracies at the same height in all panels.
function accuracyRange(rows) {
  const low = Math.min(...rows.map((row) => row.accuracy - (row.accuracy_sd ?? 0)));
  const high = Math.max(...rows.map((row) => row.accuracy + (row.accuracy_sd ?? 0)));
  const room = Math.max(0.06 * (high - low), 0.005);
  return [Math.max(low - room, -0.03), Math.min(high + room, 1.03)];
}

// The lines of a panel. If all have one level only, their points would hide each other: they stand apart.
function sideBySide(lines, levels, range) {
  if (levels.size > 1) return { traces: lines.map((line) => curve(line, 0)), ranges: { x: {}, y: { range } } };
  const [level] = levels;
  const half = Math.max(lines.length / 2, 2);
  const shift = (i) => i - (lines.length - 1) / 2;
  const x = { range: [level - half, level + half], tickvals: [level], ticktext: [short(level)], showgrid: false };
  return { traces: lines.map((line, i) => curve(line, shift(i))), ranges: { x, y: { range } } };
}

function drawCourses() {
  const section = document.getElementById("courses");
  const [measure, level] = ["measure", "level"].map((id) => document.getElementById(id).value);
  const visible = report.courses.filter(({ row, means }) => {
    return means[measure] && passes(report.rows[row]) && String(report.rows[row].level) === level;
  });
  const [kept, words] = limited(visible.map(({ row }) => report.rows[row].series));
  const drawn = visible.filter(({ row }) => kept.has(report.rows[row].series));
  const panels = [...groupBy(drawn, ({ row }) => report.rows[row].noise)].map(([noise, courses]) => ({
    noise,
    traces: courses.map((one) => course(one, measure)),
    ranges: { x: epochTicks(courses), y: {} },
  }));
  drawPanels(section, ["epoch", report.measures[measure].split(",")[0]], panels);
  const none = drawn.length ? "" : "Nothing is left by the filters.";
  const absent = report.courses_left_out ? `${plural(report.courses_left_out, "further training")} had no room in this page.` : "";
  explain(section, [...kept].map((i) => report.series[i]), [words, none, absent]);
}

// Epochs are whole numbers: few would get ticks between them.
function epochTicks(courses) {
  const last = Math.max(...courses.flatMap(({ means }) => Object.values(means).map((values) => values.length)));
  return last < 12 ? { dtick: 1 } : {};
}

// What there is to choose from; first the level that most is known of, the highest of several.
function makeCourses(changed) {
  const measures = Object.keys(report.measures).filter((name) => report.courses.some(({ means }) => means[name]));
  const rows = report.courses.map(({ row }) => report.rows[row]);
  const levels = [...valuesOf(rows, "level").map(String), ...(rows.some((row) => row.level === null) ? ["null"] : [])];
  const count = (level) => rows.filter((row) => String(row.level) === level).length;
  const usual = levels.reduce((best, level) => (count(level) >= count(best) ? level : best));
  makeChoice("measure", measures, (name) => report.measures[name], measures[0], changed);
  makeChoice("level", levels, (level) => (level === "null" ? "none" : short(Number(level))), usual, changed);
}

function makeChoice(name, values, words, usual, changed) {
  const list = document.getElementById(name);
  list.append(...values.map((value) => element("option", { value, selected: value === usual }, words(value))));
  list.addEventListener("change", () => {
    chosen[name] = list.value;
    changed();
  });
}
