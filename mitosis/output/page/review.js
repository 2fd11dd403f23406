// The review: cards, corrections, and what is saved.

const given = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const PAGE = 60; // near-misses that are shown at once
const MOST = 300; // figures that are shown at once
const CARD = 40; // µm on a card
const ACROSS = CARD / given.mpp; // pixels of the image on a card
const CORNER = 0.5; // QuPath counts from a pixel's corner
const items = given.detections.map(([x, y, score, counted, area], index) => ({ x, y, score, area, was: !!counted, now: !!counted, review: "", crop: given.crops[index], heat: given.heats[index] }));
const past = [];
let chosen = null;
let adding = false;
let shown = PAGE;
let most = MOST;
let unsaved = false;
let viewer;

const certain = (a, b) => b.score - a.score;
const listed = { yes: items.filter((item) => item.was).sort(certain), no: items.filter((item) => !item.was).sort(certain) };
const order = () => [...listed.yes.slice(0, most), ...listed.no.slice(0, shown)];
const counted = () => items.filter((item) => item.now);
const decimals = (value, digits) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const plainly = (value) => decimals(value, value < 10 ? 1 : 0);

function kindOf(item) {
  if (item.now) return "yes";
  return item.review === "rejected" && item.was ? "was" : "no";
}

function marks() {
  const [yes, no] = [byId("show-figures").checked, byId("show-near").checked];
  const all = items.filter((item) => (item.now ? yes : no || kindOf(item) === "was"));
  const rings = all.filter((item) => item !== chosen).map((item) => ({ ...item, kind: kindOf(item) }));
  if (chosen) rings.push({ ...chosen, kind: kindOf(chosen), chosen: true });
  if (hotspot && byId("show-hotspot").checked) rings.push({ ...hotspot, kind: "yes", thin: true });
  return rings;
}

// The numbers

let hotspot = null;

function count() {
  const figures = counted();
  const number = figures.length;
  const points = figures.map(({ x, y }) => [x, y]);
  const circles = given.circles.map((circle) => ({ ...circle, ...densestCircle(points, circle.radius) }));
  const ten = circles.find((circle) => circle.ten);
  hotspot = ten && number ? ten : null;
  byId("figures").textContent = number;
  byId("figures-label").textContent = number === 1 ? "mitotic figure" : "mitotic figures";
  const looked = items.filter((item) => item.review).length;
  const off = number - items.filter((item) => item.was).length;
  byId("changes").textContent = looked ? `${looked} checked, ${off > 0 ? "+" : off < 0 ? "−" : "±"}${Math.abs(off)}` : "not checked yet";
  byId("area").textContent = `${decimals(given.area, 3)} mm²`;
  byId("size").textContent = `${given.width} × ${given.height} px of ${given.mpp} µm`;
  table(circles, number);
  if (!given.area) {
    for (const id of ["density", "component"]) byId(id).textContent = "–";
    byId("component-note").textContent = "no tissue";
    return;
  }
  const [low, high] = interval(number).map((limit) => limit / given.area);
  byId("density").textContent = decimals(number / given.area, 1);
  byId("interval").textContent = `95 %: ${decimals(low, 1)} to ${decimals(high, 1)}`;
  const own = ten ? component(ten.count, given.ten, given.ten, given.cuts) : component(number, given.area, given.ten, given.cuts);
  const words = own.low === own.high ? [] : [`borderline: ${own.low} to ${own.high}`];
  words.push(own.extrapolated ? `extrapolated to 10 HPF: ${plainly(own.per10)}` : `${own.per10} in 10 HPF`);
  byId("component").textContent = `${own.score} of 3`;
  byId("component-note").textContent = words.join("; ");
}

function table(circles, number) {
  const body = byId("hotspots").tBodies[0];
  byId("hotspots").hidden = byId("hotspot-layer").hidden = !circles.length;
  body.replaceChildren(...(number ? circles : []).map((circle) => {
    const row = document.createElement("tr");
    const [low, high] = interval(circle.count).map((limit) => limit / circle.area);
    for (const text of [circle.name, `${circle.count} figure${circle.count === 1 ? "" : "s"}`, `${decimals(circle.count / circle.area, 1)} per mm² (${decimals(low, 1)} to ${decimals(high, 1)})`]) {
      row.insertCell().textContent = text;
    }
    row.onclick = () => viewer.centre(circle.x, circle.y);
    return row;
  }));
}

// The cards

function card(item) {
  const box = document.createElement("div");
  box.className = "card";
  box.tabIndex = 0;
  box.innerHTML = '<div class="picture"><canvas></canvas></div><p></p><div class="pair"><button class="accept">Accept</button><button class="reject">Reject</button></div>';
  const [frame, text] = box.children;
  const canvas = frame.firstChild;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.height = 110 * ratio;
  const context = canvas.getContext("2d");
  const side = ACROSS * given.scale;
  context.fillStyle = "#e9ecef";
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (item.crop) {
    const own = new Image();
    own.onload = () => context.drawImage(own, 0, 0, canvas.width, canvas.height);
    own.src = item.crop;
  } else viewer.lay(context, (item.x + 0.5) * given.scale - side / 2, (item.y + 0.5) * given.scale - side / 2, canvas.width / side, canvas.width, canvas.height);
  if (item.heat) {
    const heat = frame.appendChild(new Image());
    heat.alt = "";
    heat.src = item.heat;
    heat.style.width = heat.style.height = `${(100 * given.heat_um) / CARD}%`;
  }
  text.textContent = item.score === null ? "added" : `score ${decimals(item.score, 2)}`;
  box.onclick = () => choose(item, false);
  box.onfocus = () => choose(item, false);
  box.querySelector(".accept").onclick = () => decide(item, true);
  box.querySelector(".reject").onclick = () => decide(item, false);
  item.card = box;
  paint(item);
  return box;
}

function paint(item) {
  if (!item.card) return;
  item.card.classList.toggle("counted", item.now);
  item.card.classList.toggle("refused", !item.now && item.review === "rejected");
  item.card.classList.toggle("chosen", item === chosen);
  item.card.querySelector(".accept").setAttribute("aria-pressed", item.now && !!item.review);
  item.card.querySelector(".reject").setAttribute("aria-pressed", !item.now && !!item.review);
}

function lay() {
  for (const [name, list] of [["yes", listed.yes.slice(0, most)], ["no", listed.no.slice(0, shown)]]) {
    byId(name).replaceChildren(...list.map((item) => item.card || card(item)));
  }
  byId("more").hidden = listed.no.length <= shown;
  byId("more-figures").hidden = listed.yes.length <= most;
}

function choose(item, scroll = true) {
  if (item === chosen) return;
  const before = chosen;
  chosen = item;
  if (item && !item.card) {
    if (item.was || item.score === null) most = listed.yes.indexOf(item) + MOST;
    else shown = listed.no.indexOf(item) + PAGE;
    lay();
  }
  for (const one of [before, item]) if (one) paint(one);
  if (!item) return;
  viewer.centre(item.x, item.y);
  if (scroll) item.card.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = order();
  const index = all.indexOf(chosen);
  if (all.length) choose(all[Math.min(all.length - 1, Math.max(0, index < 0 ? 0 : index + by))]);
}

// Corrections

function changed() {
  unsaved = past.length > 0;
  byId("undo").disabled = !past.length;
  count();
  viewer.draw();
}

function decide(item, now) {
  past.push({ item, now: item.now, review: item.review });
  item.now = now;
  item.review = item.score === null && now ? "added" : now ? "accepted" : "rejected";
  paint(item);
  changed();
}

function add(x, y) {
  const item = { x, y, score: null, area: null, was: false, now: true, review: "added" };
  items.push(item);
  listed.yes.push(item);
  most = Math.max(most, listed.yes.length);
  past.push({ item, added: true });
  lay();
  choose(item);
  changed();
}

function undo() {
  const last = past.pop();
  if (!last) return;
  if (last.added) {
    for (const list of [items, listed.yes]) list.splice(list.indexOf(last.item), 1);
    if (chosen === last.item) choose(null);
    lay();
  } else {
    Object.assign(last.item, { now: last.now, review: last.review });
    paint(last.item);
  }
  changed();
}

function setAdding(on) {
  adding = on;
  byId("add").setAttribute("aria-pressed", on);
  viewer.canvas.classList.toggle("adding", on);
}

function showHeat(on) {
  byId("show-heat").checked = on;
  byId("heat-note").hidden = !on;
  for (const name of ["yes", "no"]) byId(name).classList.toggle("heated", on);
}

// What is saved: the same files that the command writes, with what was decided here

function ring(item) {
  const area = item.area ? item.area / given.mpp ** 2 : Math.PI * given.added ** 2;
  const turn = (2 * Math.PI) / given.corners;
  const radius = Math.max(given.smallest, Math.sqrt((2 * area) / given.corners / Math.sin(turn)));
  const places = [...Array(given.corners).keys(), 0].map((k) => [item.x + CORNER + radius * Math.cos(k * turn), item.y + CORNER + radius * Math.sin(k * turn)]);
  return places.map((place) => place.map((value) => Math.round(value * 100) / 100));
}

function feature(item) {
  const measurements = item.score === null ? {} : { score: item.score, area_um2: item.area };
  const classification = given.classes[item.now ? "yes" : "no"];
  const properties = { objectType: "detection", classification, measurements, metadata: { review: item.review || "unchecked" } };
  return { type: "Feature", geometry: { type: "Polygon", coordinates: [ring(item)] }, properties };
}

function geojson() {
  const features = items.map((item) => JSON.stringify(feature(item)));
  return `{"type": "FeatureCollection", "note": ${JSON.stringify(given.note)}, "features": [\n${features.join(",\n")}\n]}\n`;
}

function csv() {
  const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const cell = (value, digits) => (value === null ? "" : value.toFixed(digits));
  const rows = items.map((item) => [quoted(given.shown), cell(item.x, 2), cell(item.y, 2), cell(item.score, 4), given.words[item.now ? "yes" : "no"], cell(item.area, 2), given.mpp, item.review || "unchecked"]);
  return [given.header.concat("review"), ...rows].map((row) => row.join(",")).join("\n") + "\n";
}

function save(name, text, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  unsaved = false;
}

// What the reader does

function bind() {
  const click = (id, act) => { byId(id).onclick = act; };
  click("in", () => viewer.magnify(1.5));
  click("out", () => viewer.magnify(1 / 1.5));
  click("fit", () => viewer.fit());
  click("add", () => setAdding(!adding));
  click("undo", undo);
  click("print", () => window.print());
  click("more", () => { shown += 2 * PAGE; lay(); });
  click("more-figures", () => { most += MOST; lay(); });
  click("save-geojson", () => save(`${given.name}.geojson`, geojson(), "application/geo+json"));
  click("save-csv", () => save(`${given.name}.csv`, csv(), "text/csv"));
  for (const id of ["show-figures", "show-near", "show-hotspot"]) byId(id).onchange = () => viewer.draw();
  byId("show-heat").onchange = (event) => showHeat(event.target.checked);
  const keys = {
    ArrowRight: () => step(1), ArrowLeft: () => step(-1),
    a: () => chosen && decide(chosen, true), r: () => chosen && decide(chosen, false), n: () => setAdding(!adding), u: undo,
    h: () => given.heat_um && showHeat(!byId("show-heat").checked),
    "+": () => viewer.magnify(1.5), "-": () => viewer.magnify(1 / 1.5), 0: () => viewer.fit(), Escape: () => setAdding(false),
  };
  document.addEventListener("keydown", (event) => {
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
  viewer.onplace = (x, y, reach) => {
    const within = x >= -0.5 && y >= -0.5 && x < given.width - 0.5 && y < given.height - 0.5;
    if (adding) {
      if (within) add(x, y);
      return;
    }
    const near = items.filter((item) => Math.hypot(item.x - x, item.y - y) <= reach);
    near.sort((a, b) => Math.hypot(a.x - x, a.y - y) - Math.hypot(b.x - x, b.y - y));
    if (near.length) choose(near[0]);
  };
  viewer.onzoom = () => {
    const lengths = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
    const micron = (viewer.zoom * given.scale) / given.mpp;
    const length = lengths.findLast((one) => one * micron <= 120) || 1;
    byId("bar").style.setProperty("--length", `${length * micron}px`);
    byId("bar").textContent = length < 1000 ? `${length} µm` : `${length / 1000} mm`;
  };
}

function start() {
  const around = items.filter((item) => item.crop).map(({ x, y, crop }) => ({ picture: crop, left: x + 0.5 - ACROSS / 2, top: y + 0.5 - ACROSS / 2, width: ACROSS, height: ACROSS }));
  viewer = new Viewer(byId("view"), this, given.scale, given.radius, marks, [...given.details, ...around]);
  bind();
  byId("facts").textContent = given.facts.join(" · ");
  byId("left-out").textContent = given.left_out ? `The ${listed.no.length} of ${listed.no.length + given.left_out} with the highest scores are here.` : "";
  byId("heat-layer").hidden = byId("how-to-heat").hidden = !given.heat_um;
  byId("heat-note").textContent = given.heat_um ? `Stage two saw a square of ${given.heat_um} µm. Yellow speaks for a mitotic figure, blue against one; the strongest colour of each card is its own. The first ${given.heats_of.yes} figures and ${given.heats_of.no} near-misses have it.` : "";
  byId("slide").textContent = given.cuts_of ? `This is the whole slide at ${decimals(given.mpp / given.scale, 1)} µm per pixel; the first ${given.cuts_of.yes} figures and ${given.cuts_of.no} near-misses have cards of full resolution, which lie on it as well${given.details.length ? ", and so does the hotspot as it was found, with more detail" : ""}. Zoom in to see them. Where all is blurred, look in QuPath before you add a figure.` : "";
  byId("table-note").textContent = `Mitotic component of fields of ${given.hpf_mm} mm: 1 point up to ${given.cuts[0]}, 3 points from ${given.cuts[1]} figures in 10 HPF (${given.cuts_from}).`;
  lay();
  changed();
}

const picture = new Image();
picture.onload = start;
picture.src = given.picture;
