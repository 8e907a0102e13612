// What a point says under the mouse.
function hover(series, row) {
  const lines = [
    `<b>${plain(series.label)}</b>`,
    `${plain(noiseTitle(row.noise))}, level γ ${short(row.level)}`,
    `accuracy ${spread(row.accuracy, row.accuracy_sd)}`,
  ];
  if (row.selected_fraction !== null) lines.push(`selected ${row.selected_fraction.toFixed(4)} of the labels`);
  if (row.realised_rate !== null) lines.push(`realised rate ${row.realised_rate.toFixed(4)}`);
  if (series.kind !== "predicted") lines.push(plural(row.runs, "run") + (row.seeds && `, seeds ${row.seeds}`));
  return lines.join("<br>");
}

// A line of accuracies. Levels are moved by `shift`, where several series have but one.
function curve(line, shift) {
  const series = report.series[line.series];
  const rows = line.rows.map((i) => report.rows[i]);
  const { colour, dash, symbol } = look(series);
  const predicted = series.kind === "predicted";
  // A line through one point would not be seen.
  const bar = { symbol: "line-ew-open", size: 14, color: ink(colour) };
  const mark = predicted ? bar : { symbol, size: 8, color: ink("--surface") };
  return {
    type: "scatter",
    name: plain(series.label),
    x: rows.map((row) => row.level + shift),
    y: rows.map((row) => row.accuracy),
    mode: predicted && rows.length > 1 ? "lines" : series.kind === "measured" ? "markers" : "lines+markers",
    line: { color: ink(colour), dash, width: 2 },
    marker: { ...mark, line: { color: ink(colour), width: 2 } },
    error_y: {
      type: "data",
      array: rows.map((row) => row.accuracy_sd ?? 0),
      visible: rows.some((row) => row.accuracy_sd),
      color: ink(colour),
      thickness: 1.2,
      width: 3,
    },
    hoverinfo: "text",
    hovertext: rows.map((row) => hover(series, row)),
  };
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
  const levelless = report.rows.some((row) => row.level === null && passes(row));
  explain(section, [...kept].map((i) => report.series[i]), [
    words,
    !report.lines.length && "No trial has an accuracy and a noise level yet.",
    report.lines.length && !drawn.length && "Nothing is left by the filters.",
    levelless && "Trials without a noise level are in the table alone.",
  ]);
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
