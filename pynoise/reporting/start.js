function fillHeader() {
  const names = report.datasets.join(", ");
  document.title = `${names} – pynoise report`;
  document.getElementById("title").textContent = `Label noise on ${names}`;
  const noises = valuesOf(report.rows, "noise").map(noiseTitle);
  const methods = valuesOf(report.rows, "method");
  document.getElementById("summary").textContent = `Noise: ${noises.join(", ")}. Methods: ${methods.join(", ")}.`;
  const trials = Object.values(report.states).reduce((sum, count) => sum + count, 0);
  const counts = { trials, ...report.states };
  for (const [words, count] of Object.entries(counts)) {
    const item = element("div", {}, element("dt", {}, words), element("dd", {}, count.toLocaleString("en-GB")));
    document.getElementById("counts").append(item);
  }
  const made = `Made by pynoise ${report.version}, charts by plotly.js ${Plotly.version}.`;
  document.getElementById("made").textContent = made;
}

function fillProvenance() {
  for (const source of report.sources) {
    const list = element("dl");
    const add = (title, ...values) => {
      if (values.length) list.append(element("dt", {}, title), ...values.map((value) => element("dd", {}, value)));
    };
    add("what", `${source.kind}, ${plural(source.trials, "trial")}`);
    if (source.when) add("when", source.when);
    if (source.seeds) add("seeds", source.seeds);
    add("versions", ...source.versions);
    add("hardware", ...source.hardware);
    const settings = element("dl", { class: "settings" });
    for (const [words, values] of source.settings) {
      settings.append(element("dt", {}, words), element("dd", {}, values));
    }
    const article = element("article", {}, element("h3", {}, source.path), list);
    if (source.settings.length) article.append(element("details", {}, element("summary", {}, "Settings"), settings));
    document.querySelector("#provenance .sources").append(article);
  }
}

function draw() {
  showChosen();
  drawCurves();
  if (report.courses.length) drawCourses();
  drawResults(changed);
  if (report.failures) drawFailed();
}

function changed() {
  writeAddress();
  draw();
}

readAddress();
fillHeader();
makeFilters(changed);
if (report.courses.length) makeCourses(changed);
else document.getElementById("courses").remove();
fillProvenance();
if (!report.failures) document.getElementById("failed").remove();
draw();

addEventListener("hashchange", () => {
  readAddress();
  draw();
});
// Charts are drawn in the colours of the page: in others once it turns dark, or goes to paper.
for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", draw);
