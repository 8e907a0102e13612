// More cannot be told apart by colour and dashes together, and take long to draw.
const MOST_SERIES = 28;

// Plotly reads a few tags in its texts: a name shall have none.
function plain(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function noiseTitle(noise) {
  return noise === "none" ? "no noise added" : noise;
}

function layout(titles, ranges) {
  const text = ink("--text");
  const font = { family: ink("--font"), size: 13, color: text };
  const lines = { gridcolor: ink("--grid"), linecolor: ink("--line"), tickcolor: ink("--line") };
  const axis = { ...lines, color: text, zeroline: false, automargin: true, ticks: "outside" };
  return {
    height: 340,
    margin: { l: 56, r: 14, t: 30, b: 48 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font,
    modebar: { bgcolor: "rgba(0,0,0,0)", color: ink("--soft"), activecolor: ink("--accent") },
    showlegend: false,
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", // a finger shall move the page
    hovermode: "closest",
    hoverlabel: { align: "left", bgcolor: ink("--surface"), bordercolor: ink("--line"), font },
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

// The first series of some lines, no more than can be told apart, and what to say of the others.
function limited(numbers) {
  const all = [...new Set(numbers)].sort((a, b) => a - b);
  const kept = all.slice(0, MOST_SERIES);
  const some = `${kept.length} of ${all.length} series are drawn; the filters choose others.`;
  return [new Set(kept), all.length > kept.length ? some : ""];
}

function groupBy(list, name) {
  const groups = new Map();
  for (const one of list) {
    if (!groups.has(name(one))) groups.set(name(one), []);
    groups.get(name(one)).push(one);
  }
  return groups;
}
