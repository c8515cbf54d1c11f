"use strict";

// Characters to check. A decision about one is a class, from 0, or LEFT_OUT.

const PAGE = JSON.parse(document.getElementById("page").textContent);
const { characters, classes, layout } = PAGE;
const [GRID, NAV, COUNT, SAVE] = ["grid", "nav", "count", "save"].map((id) => document.getElementById(id));
const LEFT_OUT = -1;
// The browser keeps the decisions by this name.
const KEY = `lenet review ${PAGE.key}`;
// By the index of the character: its decision, and its cell, which is made when it comes into view.
const decisions = new Map(), cells = new Map();
// Each step as the pairs of index and decision that undo it.
const steps = [];
let levels, current = 0;

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint16Array(await new Response(stream).arrayBuffer());
}

// The ink of a character, from 0 to 1, row by row.
function image(i) {
  const pixels = layout.side ** 2;
  return Array.from(levels.subarray(i * pixels, (i + 1) * pixels), (level) => level / PAGE.full);
}

function cell(i) {
  if (cells.has(i)) return cells.get(i);
  const [made, canvas, label, note] = ["div", "canvas", "b", "small"].map((name) => document.createElement(name));
  const tile = new ImageData(layout.side, layout.side);
  image(i).forEach((ink, at) => { tile.data[4 * at + 3] = 255 * ink; });
  canvas.width = canvas.height = layout.side;
  canvas.getContext("2d").putImageData(tile, 0, 0);
  note.textContent = characters[i].note;
  made.append(canvas, label, note);
  made.id = i;
  made.role = "option";
  made.title = `${characters[i].title}: ${characters[i].note}`;
  cells.set(i, made);
  show(i);
  return made;
}

function show(i) {
  if (!cells.has(i)) return;
  const own = characters[i].label, decision = decisions.get(i);
  const [state, text] = decision === undefined ? ["", classes[own]]
    : decision === LEFT_OUT ? ["out", PAGE.left_out]
    : decision === own ? ["confirmed", `${classes[own]} ✓`]
    : ["changed", `${classes[own]} → ${classes[decision]}`];
  cells.get(i).className = i === current ? `${state} current` : state;
  cells.get(i).ariaSelected = i === current;
  cells.get(i).children[1].textContent = text;
}

// The columns of the grid, and the height of a row with its gap in pixels.
function measured() {
  const style = getComputedStyle(GRID);
  return [style.gridTemplateColumns.split(" ").length, parseFloat(style.gridAutoRows) + parseFloat(style.rowGap)];
}

// Only the rows in view are in the page, so that thousands of characters stay smooth.
function lay() {
  const [columns, height] = measured(), above = -GRID.getBoundingClientRect().top / height;
  const first = Math.max(0, Math.floor(above) - 2), end = Math.ceil(above + innerHeight / height) + 2;
  const some = [...characters.keys()].slice(first * columns, Math.max(end, 1) * columns);
  GRID.style.height = `${Math.ceil(characters.length / columns) * height}px`;
  GRID.style.paddingTop = `${first * height}px`;
  if (GRID.firstChild !== cells.get(some[0]) || GRID.children.length !== some.length) GRID.replaceChildren(...some.map(cell));
}

function select(i) {
  const before = current, [columns, height] = measured();
  current = Math.min(Math.max(i, 0), characters.length - 1);
  show(before);
  show(current);
  GRID.setAttribute("aria-activedescendant", current);
  GRID.focus({ preventScroll: true });
  const top = GRID.getBoundingClientRect().top + Math.floor(current / columns) * height;
  scrollBy(0, Math.min(top - NAV.offsetHeight - 8, Math.max(0, top + height - innerHeight)));
  lay();
}

// What Save writes: pairs of index and decision, in the order of the page.
function written() {
  const all = [...decisions].sort(([a], [b]) => a - b);
  return PAGE.file ? all.filter(([i, decision]) => decision !== characters[i].label)
    : all.filter(([, decision]) => decision !== LEFT_OUT);
}

function count() {
  const out = [...decisions.values()].filter((decision) => decision === LEFT_OUT).length;
  const rows = written().length, what = PAGE.file ? "corrections" : "characters";
  COUNT.textContent = `${decisions.size} of ${characters.length} checked, ${out} left out. Save writes ${rows} ${what}.`;
  SAVE.disabled = !rows;
}

// Makes changes, pairs of index and decision; returns those that undo them.
function change(pairs) {
  const before = pairs.map(([i]) => [i, decisions.get(i)]);
  for (const [i, decision] of pairs) {
    if (decision === undefined) decisions.delete(i);
    else decisions.set(i, decision);
    show(i);
  }
  count();
  try {
    localStorage.setItem(KEY, JSON.stringify([...decisions]));
  } catch {
    document.getElementById("unkept").hidden = false;
  }
  return before;
}

function undo() {
  if (!steps.length) return;
  const before = steps.pop();
  change(before);
  select(before[0][0]);
}

function confirmRow() {
  const [columns] = measured(), first = current - current % columns;
  const rest = [...characters.keys()].slice(first, first + columns).filter((i) => !decisions.has(i));
  if (rest.length) steps.push(change(rest.map((i) => [i, characters[i].label])));
  select(first + columns);
}

// Where several labels begin with the character of a key, each press takes the next of them.
function decide(some) {
  steps.push(change([[current, some[(some.indexOf(decisions.get(current)) + 1) % some.length]]]));
  select(some.length === 1 ? current + 1 : current);
}

// The classes whose names begin with a character; capitals matter where there are both.
function beginning(character) {
  const all = [...classes.keys()], exact = all.filter((i) => classes[i].startsWith(character));
  return exact.length ? exact : all.filter((i) => classes[i].toLowerCase().startsWith(character.toLowerCase()));
}

function save() {
  if (PAGE.file) {
    const rows = written().map(([i, decision]) => [characters[i].place, characters[i].hash,
      classes[characters[i].label], decision === LEFT_OUT ? PAGE.left_out : classes[decision]]);
    const lines = [PAGE.columns, ...rows].map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`));
    download("corrections.csv", `${lines.join("\n")}\n`);
  } else {
    download("reviewed.jf", rawFile(layout, written().map(([i, label]) => ({ label, image: image(i) }))));
  }
}

const leaveOut = () => decide([LEFT_OUT]);
const BUTTONS = { out: leaveOut, row: confirmRow, undo, save };
const KEYS = { Enter: confirmRow, Delete: leaveOut, "Ctrl+z": undo };
for (const [key, move] of Object.entries({ ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: (columns) => -columns, ArrowDown: (columns) => columns })) {
  KEYS[key] = () => select(current + move(measured()[0]));
}
// A label that begins with x or u has this key for itself.
for (const [letter, id, other] of [["x", "out", "Delete"], ["u", "undo", "Ctrl+z"]]) {
  const key = beginning(letter).length ? other : letter;
  KEYS[key] = BUTTONS[id];
  document.getElementById(id).append(` (${key})`);
}

document.addEventListener("keydown", (event) => {
  // Enter and space press the button that has the focus.
  if (event.altKey || (NAV.contains(event.target) && ["Enter", " "].includes(event.key))) return;
  const key = event.ctrlKey || event.metaKey ? `Ctrl+${event.key}` : event.key;
  const some = [...key].length === 1 ? beginning(key) : [];
  if (Object.hasOwn(KEYS, key)) KEYS[key]();
  else if (some.length) decide(some);
  else return;
  event.preventDefault();
});
GRID.addEventListener("click", (event) => {
  const made = event.target.closest("[role=option]");
  if (made) select(Number(made.id));
});
addEventListener("scroll", lay);
addEventListener("resize", lay);
for (const [id, action] of Object.entries(BUTTONS)) document.getElementById(id).addEventListener("click", action);
for (const i of classes.keys()) {
  const button = document.createElement("button");
  button.textContent = classes[i];
  button.addEventListener("click", () => decide([i]));
  document.getElementById("labels").append(button);
}

async function start() {
  levels = await unpacked(PAGE.levels);
  try {
    for (const [i, decision] of JSON.parse(localStorage.getItem(KEY)) || []) decisions.set(i, decision);
  } catch {
    // The first decision tells that this browser keeps nothing.
  }
  count();
  select([...characters.keys()].findIndex((i) => !decisions.has(i)));
}

start();
