// What is chosen: per dimension the values that are switched off, the sorting, and what the courses show. It
// stands in the address, so that a link shows the same.
const chosen = { off: {}, sort: null, descending: false, measure: null, level: null };

function passes(row) {
  return Object.keys(DIMENSIONS).every((name) => row[name] === null || !chosen.off[name].has(String(row[name])));
}

function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(DIMENSIONS)) {
    const kept = new Set(words.getAll(name));
    const values = valuesOf(report.rows, name).map(String);
    chosen.off[name] = new Set(words.has(name) ? values.filter((value) => !kept.has(value)) : []);
  }
  chosen.sort = words.get("sort");
  chosen.descending = words.get("order") === "descending";
  chosen.measure = words.get("measure");
  chosen.level = words.get("level");
}

function writeAddress() {
  const words = new URLSearchParams();
  for (const name of Object.keys(DIMENSIONS)) {
    if (!chosen.off[name].size) continue;
    const kept = valuesOf(report.rows, name).map(String).filter((value) => !chosen.off[name].has(value));
    for (const value of kept.length ? kept : [""]) words.append(name, value);
  }
  if (chosen.sort !== null) {
    words.set("sort", chosen.sort);
    words.set("order", chosen.descending ? "descending" : "ascending");
  }
  for (const name of ["measure", "level"]) {
    if (chosen[name] !== null) words.set(name, chosen[name]);
  }
  // Replaced, not pushed: a reader's way back is not through every click.
  history.replaceState(null, "", `#${words}`);
}

function makeFilters(changed) {
  const form = document.getElementById("filters");
  for (const [name, title] of Object.entries(DIMENSIONS)) {
    const values = valuesOf(report.rows, name).map(String);
    if (!values.length) continue;
    const boxes = values.map((value) => {
      const box = element("input", { type: "checkbox", name, value });
      box.addEventListener("change", () => {
        if (box.checked) chosen.off[name].delete(value);
        else chosen.off[name].add(value);
        changed();
      });
      return element("label", { class: "choice" }, box, value);
    });
    const field = element("fieldset", {}, element("legend", {}, title), ...boxes);
    if (values.length > 2) {
      field.append(
        switchAll("all", `Show all of ${title}`, () => (chosen.off[name] = new Set()), changed),
        switchAll("none", `Show none of ${title}`, () => (chosen.off[name] = new Set(values)), changed),
      );
    }
    form.append(field);
  }
}

function switchAll(word, label, act, changed) {
  const button = element("button", { type: "button", class: "quiet", "aria-label": label }, word);
  button.addEventListener("click", () => {
    act();
    changed();
  });
  return button;
}

// The controls say what is chosen, however it came to be.
function showChosen() {
  for (const box of document.querySelectorAll("#filters input")) {
    box.checked = !chosen.off[box.name].has(box.value);
  }
  for (const list of document.querySelectorAll("#courses select")) {
    const values = [...list.options].map((option) => option.value);
    const usual = list.querySelector("[selected]").value;
    list.value = values.includes(chosen[list.id]) ? chosen[list.id] : usual;
  }
}
