// The training of a series at one level.
function course(one, measure) {
  const row = report.rows[one.row];
  const series = report.series[row.series];
  const { colour, dash, symbol } = look(series);
  const values = one.means[measure];
  const hover = (value, i) => [
    `<b>${plain(series.label)}</b>`,
    plain(noiseTitle(row.noise)) + (row.level === null ? "" : `, level γ ${short(row.level)}`),
    `epoch ${i + 1}: ${report.measures[measure]} ${value.toFixed(4)}`,
    one.runs === 1 ? "one run" : `mean of ${one.runs} runs`,
  ];
  return {
    type: "scatter",
    name: plain(series.label),
    x: values.map((_, i) => i + 1),
    y: values,
    mode: "lines+markers",
    line: { color: ink(colour), dash, width: 2 },
    marker: { color: ink("--surface"), size: 7, symbol, maxdisplayed: 9, line: { color: ink(colour), width: 1.6 } },
    hoverinfo: "text",
    hovertext: values.map((value, i) => (value === null ? "" : hover(value, i).join("<br>"))),
  };
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
  const absent = report.courses_left_out;
  explain(section, [...kept].map((i) => report.series[i]), [
    words,
    !drawn.length && "Nothing is left by the filters.",
    absent && `${plural(absent, "further training")} had no room in this page.`,
  ]);
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
  const without = rows.some((row) => row.level === null) ? ["null"] : [];
  const levels = [...valuesOf(rows, "level").map(String), ...without];
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
