// Rows of a table that a page shows at once: more would make it slow.
const MOST_ROWS = 500;

const exact = (digits) => (value) => (value === null ? "–" : value.toFixed(digits));
const text = (value) => value ?? "–";

// Two digits of what is small, all whole seconds of what is not.
const brief = (value) => (value === null ? "–" : value < 10 ? String(Number(value.toPrecision(2))) : value.toFixed(0));

// Runs that are done, of those that there are.
function countOf(done, { others }) {
  return others ? `${done} of ${done + others}` : String(done);
}

// Columns: a key of a row, a heading, and how a value reads; numbers stand to the right. Some are there only if
// there are several values.
const COLUMNS = [
  { key: "dataset", title: "Data", words: text, several: true },
  { key: "noise", title: "Noise", words: text },
  { key: "level", title: "Level γ", words: (value) => (value === null ? "–" : short(value)), number: true },
  { key: "selected_fraction", title: "Selected", words: exact(4), number: true },
  { key: "realised_rate", title: "Realised", words: exact(4), number: true },
  { key: "method", title: "Method", words: text },
  { key: "network", title: "Network", words: text },
  { key: "space", title: "Space", words: text, several: true },
  { key: "K", title: "K", words: text, number: true },
  { key: "runs", title: "Runs", words: countOf, number: true },
  { key: "accuracy", title: "Accuracy", words: (value, row) => spread(value, row.accuracy_sd), number: true },
  { key: "last", title: "Last epoch", words: (value, row) => spread(value, row.last_sd), number: true },
  { key: "seconds", title: "Seconds", words: brief, number: true },
];

const FAILED = [
  { key: "name", title: "Trial", words: text },
  ...COLUMNS.filter(({ key }) => ["dataset", "noise", "level", "method", "network", "K"].includes(key)),
  { key: "seed", title: "Seed", words: text, number: true },
  { key: "error", title: "Error", words: text, wide: true },
];

// Columns that say something.
function used(columns, rows) {
  return columns.filter(({ key, several }) => valuesOf(rows, key).length > (several ? 1 : 0));
}

function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);
  return typeof a === "number" ? a - b : a < b ? -1 : Number(a > b);
}

// What is missing comes last, whichever way the others go.
function sorted(rows, key, descending) {
  const order = (a, b) => compare(a[key], b[key]) * (descending && a[key] !== null && b[key] !== null ? -1 : 1);
  return key === null ? rows : [...rows].sort(order);
}

function cell({ key, words, number, wide }, row) {
  return element("td", { class: number ? "number" : wide ? "wide" : "" }, String(words(row[key], row)));
}

function fill(section, columns, rows, total, heading) {
  const shown = rows.slice(0, MOST_ROWS);
  const body = shown.map((row) => element("tr", {}, ...columns.map((column) => cell(column, row))));
  const head = element("thead", {}, element("tr", {}, ...columns.map(heading)));
  section.querySelector("table").replaceChildren(head, element("tbody", {}, ...body));
  const cut = shown.length < rows.length ? `; the first ${MOST_ROWS} are shown` : "";
  const count = rows.length.toLocaleString("en-GB");
  section.querySelector(".count").textContent = `${count} of ${plural(total, "row")}${cut}`;
}

function sortable(changed) {
  return ({ key, title, number }) => {
    const now = chosen.sort === key ? (chosen.descending ? "descending" : "ascending") : "none";
    const button = element("button", { type: "button", "data-key": key }, title);
    button.addEventListener("click", () => {
      chosen.descending = chosen.sort === key && !chosen.descending;
      chosen.sort = key;
      changed();
      document.querySelector(`#results button[data-key="${key}"]`).focus(); // the old one is gone
    });
    return element("th", { scope: "col", "aria-sort": now, class: number ? "number" : "" }, button);
  };
}

function drawResults(changed) {
  const columns = used(COLUMNS, report.rows);
  const key = columns.some((column) => column.key === chosen.sort) ? chosen.sort : null;
  const rows = sorted(report.rows.filter(passes), key, chosen.descending);
  fill(document.getElementById("results"), columns, rows, report.rows.length, sortable(changed));
}

function drawFailed() {
  const heading = ({ title, number }) => element("th", { scope: "col", class: number ? "number" : "" }, title);
  const section = document.getElementById("failed");
  fill(section, used(FAILED, report.failed), report.failed.filter(passes), report.failures, heading);
}
