"use strict";

// What the report found. Names in it may be anything: they reach the page as text alone.
const report = JSON.parse(document.getElementById("data").textContent);

// What the filters know a row by. Null is what a row has nothing of, a network of K say: no filter hides it.
const DIMENSIONS = { dataset: "Data", noise: "Noise", method: "Method", network: "Network", K: "K" };

// A row and its series together, which is what filters, charts and the table look at.
for (const row of report.rows) {
  const { dataset, method, network, space, K } = report.series[row.series];
  Object.assign(row, { dataset, method, network, space, K });
}

// An element with attributes and children; strings become text.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function plural(count, word) {
  return `${count.toLocaleString("en-GB")} ${word}${count === 1 ? "" : "s"}`;
}

// A level, as short as it is.
function short(value) {
  return String(Number(value.toPrecision(6)));
}

// A mean, ± its standard deviation if there is one.
function spread(mean, sd, digits = 4) {
  if (mean === null) return "–";
  return mean.toFixed(digits) + (sd === null || sd === undefined ? "" : ` ± ${sd.toFixed(digits)}`);
}

// The distinct values that some rows have of a dimension, numbers in order.
function valuesOf(rows, name) {
  const found = [...new Set(rows.map((row) => row[name]))].filter((value) => value !== null);
  return found.sort((a, b) => (typeof a === "number" ? a - b : a < b ? -1 : 1));
}
