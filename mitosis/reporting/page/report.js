// Sorting and filtering of the tables, and the fields behind the crops.

const given = JSON.parse(document.getElementById("data").textContent);

/** The number that a cell begins with; a dash and words are none. */
function numberOf(text) {
  const value = parseFloat(text.replace("−", "-"));
  return Number.isNaN(value) ? null : value;
}

function compare(one, other) {
  const [a, b] = [numberOf(one), numberOf(other)];
  if (a !== null && b !== null) return a - b;
  if (a !== null || b !== null) return a !== null ? 1 : -1;
  return one.localeCompare(other);
}

function sortBy(table, column) {
  const heads = [...table.tHead.rows[0].cells];
  const falling = heads[column].getAttribute("aria-sort") !== "descending";
  for (const head of heads) head.removeAttribute("aria-sort");
  heads[column].setAttribute("aria-sort", falling ? "descending" : "ascending");
  const body = table.tBodies[0];
  const rows = [...body.rows].sort((a, b) => compare(a.cells[column].textContent, b.cells[column].textContent));
  body.append(...(falling ? rows.reverse() : rows));
}

function filterBy(table, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of table.tBodies[0].rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !wanted.every((word) => text.includes(word));
  }
}

for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    head.firstChild.addEventListener("click", () => sortBy(table, column));
  });
  if (table.tBodies[0].rows.length < 4) continue;
  const input = document.createElement("input");
  Object.assign(input, { type: "search", className: "filter", placeholder: "Show rows with …" });
  input.setAttribute("aria-label", "Show rows with these words");
  input.addEventListener("input", () => filterBy(table, input.value));
  table.parentNode.before(input);
}

const dialog = document.getElementById("field");

function drawn(kind, attributes, name) {
  const mark = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [key, value] of Object.entries({ ...attributes, class: name })) mark.setAttribute(key, value);
  return mark;
}

function openField(item) {
  const field = given.fields[item.field];
  const [width, height] = field.size;
  const radius = field.radius;
  const picture = Object.assign(document.createElement("img"), { src: field.picture, alt: `Field ${field.name}` });
  const marks = drawn("svg", { viewBox: `0 0 ${width} ${height}` }, "marks");
  for (const [x, y] of field.truths) {
    marks.append(drawn("rect", { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius }, "truth"));
  }
  for (const [cx, cy] of field.detections) marks.append(drawn("circle", { cx, cy, r: radius }, "found"));
  marks.append(drawn("circle", { cx: item.x, cy: item.y, r: 1.7 * radius }, "chosen"));
  const stack = dialog.querySelector(".stack");
  stack.style.setProperty("--ratio", width / height); // all of the field is seen at once
  stack.replaceChildren(picture, marks);
  dialog.querySelector("b").textContent = item.title;
  dialog.showModal();
}

for (const [kind, items] of Object.entries(given.items)) {
  const place = document.getElementById(`cards-${kind}`);
  for (const item of items) {
    const card = Object.assign(document.createElement("button"), { type: "button", className: `card ${kind}` });
    const words = document.createElement("span");
    words.textContent = item.words;
    card.append(Object.assign(document.createElement("img"), { src: item.crop, alt: "" }), words);
    card.disabled = !(item.field in given.fields);
    card.addEventListener("click", () => openField(item));
    place.append(card);
  }
}

dialog.querySelector("button").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
document.getElementById("print").addEventListener("click", () => window.print());
