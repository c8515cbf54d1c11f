"use strict";

const PAGE = JSON.parse(document.getElementById("page").textContent);
// Each gets a `decision` by the user, a class from 0 or LEFT_OUT, and a `cell` when it comes into view.
const { characters, classes, layout } = PAGE;
const [GRID, NAV, COUNT, UNDO, SAVE, UNKEPT] = ["grid", "nav", "count", "undo", "save", "unkept"].map((id) => document.getElementById(id));
const LEFT_OUT = -1;
// Each step as pairs of a character and the decision before it.
const steps = [];
let levels, current = 0;

// The ink of a character, from 0 to 1, row by row.
function image(character) {
  const pixels = layout.side ** 2, start = characters.indexOf(character) * pixels;
  return Array.from(levels.subarray(start, start + pixels), (level) => level / PAGE.full);
}

function made(character) {
  const parts = ["div", "canvas", "b", "small"].map((name) => document.createElement(name));
  const [cell, canvas, , note] = parts, tile = new ImageData(layout.side, layout.side);
  image(character).forEach((ink, i) => { tile.data[4 * i + 3] = 255 * ink; });
  canvas.width = canvas.height = layout.side;
  canvas.getContext("2d").putImageData(tile, 0, 0);
  note.textContent = character.note;
  if (character.sure) note.style.color = "inherit";
  cell.append(...parts.slice(1));
  cell.id = characters.indexOf(character);
  cell.setAttribute("role", "option");
  cell.title = `${character.title}: ${character.note}`;
  cell.addEventListener("click", () => select(Number(cell.id)));
  return cell;
}

function show(character) {
  const { cell, label, decision } = character;
  if (!cell) return;
  const [state, text] = decision === undefined ? ["", classes[label]]
    : decision === LEFT_OUT ? ["out", PAGE.left_out]
    : decision === label ? ["confirmed", `${classes[label]} ✓`]
    : ["changed", `${classes[decision]} (was ${classes[label]})`];
  cell.setAttribute("aria-selected", character === characters[current]);
  cell.className = state;
  cell.children[1].textContent = text;
}

// The columns of the grid, and the height of a row with its gap in pixels.
function measured() {
  const style = getComputedStyle(GRID);
  return [style.gridTemplateColumns.split(" ").length, parseFloat(style.gridAutoRows) + parseFloat(style.rowGap)];
}

// Only the rows in view are in the page, so that thousands of characters stay smooth.
function lay() {
  const [columns, height] = measured(), above = -GRID.getBoundingClientRect().top / height;
  const first = Math.max(0, Math.floor(above) - 2), end = Math.max(1, Math.ceil(above + innerHeight / height) + 2);
  const seen = characters.slice(first * columns, end * columns);
  GRID.style.height = `${Math.ceil(characters.length / columns) * height}px`;
  GRID.style.paddingTop = `${first * height}px`;
  if (GRID.firstChild === seen[0].cell && GRID.children.length === seen.length) return;
  for (const character of seen) {
    character.cell ??= made(character);
    show(character);
  }
  GRID.replaceChildren(...seen.map(({ cell }) => cell));
}

function select(i) {
  const before = characters[current], [columns, height] = measured();
  current = Math.min(Math.max(i, 0), characters.length - 1);
  show(before);
  show(characters[current]);
  GRID.setAttribute("aria-activedescendant", current);
  GRID.focus({ preventScroll: true });
  UNDO.disabled = !steps.length;
  const top = GRID.getBoundingClientRect().top + Math.floor(current / columns) * height;
  scrollBy(0, Math.min(top - NAV.offsetHeight - 8, Math.max(0, top + height - innerHeight)));
  lay();
}

// What Save writes.
const written = () => characters.filter(({ label, decision }) =>
  decision !== undefined && decision !== (PAGE.file ? label : LEFT_OUT));

function count() {
  const [checked, out] = [undefined, LEFT_OUT].map((one) => characters.filter(({ decision }) => decision === one).length);
  COUNT.textContent = `${characters.length - checked} of ${characters.length} checked, ${out} left out. `
    + `Save writes ${written().length} of them.`;
  SAVE.disabled = !written().length;
}

// Makes changes, pairs of a character and a decision; returns the pairs that undo them.
function change(pairs) {
  const before = pairs.map(([character]) => [character, character.decision]);
  for (const [character, decision] of pairs) show(Object.assign(character, { decision }));
  count();
  try {
    localStorage.setItem(PAGE.key, JSON.stringify(characters.map(({ decision }) => decision ?? null)));
  } catch {
    UNKEPT.hidden = false;
  }
  return before;
}

function undo() {
  const before = steps.pop();
  if (!before) return;
  change(before);
  select(characters.indexOf(before[0][0]));
}

function confirmRow() {
  const [columns] = measured(), first = current - current % columns;
  const rest = characters.slice(first, first + columns).filter(({ decision }) => decision === undefined);
  if (rest.length) steps.push(change(rest.map((character) => [character, character.label])));
  select(first + columns);
}

// Where several labels begin with the character of a key, each press takes the next of them.
function decide(some) {
  const next = some[(some.indexOf(characters[current].decision) + 1) % some.length];
  steps.push(change([[characters[current], next]]));
  select(some.length === 1 ? current + 1 : current);
}

// The classes whose names begin with a character; capitals matter where there are both.
function beginning(character) {
  const all = [...classes.keys()], exact = all.filter((i) => classes[i].startsWith(character));
  return exact.length ? exact : all.filter((i) => classes[i].toLowerCase().startsWith(character.toLowerCase()));
}

function save() {
  count();
  COUNT.append(" Saved.");
  const records = written().map((each) => ({ label: each.decision, image: image(each) }));
  if (!PAGE.file) return download("reviewed.jf", rawFile(layout, records));
  const rows = written().map(({ place, hash, label, decision }) => [
    place, hash, classes[label], decision === LEFT_OUT ? PAGE.left_out : classes[decision]]);
  const lines = [PAGE.columns, ...rows].map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`));
  download("corrections.csv", `${lines.join("\n")}\n`);
}

const BUTTONS = { out: () => decide([LEFT_OUT]), row: confirmRow, undo, save };
const KEYS = { Enter: confirmRow, Delete: BUTTONS.out, "Ctrl+z": undo };
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
for (const [key, [x, y]] of Object.entries(MOVES)) KEYS[key] = () => select(current + x + y * measured()[0]);
for (const [id, action] of Object.entries(BUTTONS)) document.getElementById(id).addEventListener("click", action);
// A label that begins with x or u has this key for itself.
for (const [letter, id, other] of [["x", "out", "Delete"], ["u", "undo", "Ctrl+z"]]) {
  const key = beginning(letter).length ? other : letter;
  KEYS[key] = BUTTONS[id];
  document.getElementById(id).append(` (${key})`);
}
document.getElementById("labels").append(...classes.map((name, i) =>
  Object.assign(document.createElement("button"), { textContent: name, onclick: () => decide([i]) })));

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
onscroll = onresize = lay;

unpacked(PAGE.levels).then((all) => {
  levels = new Uint16Array(all.buffer);
  try {
    JSON.parse(localStorage.getItem(PAGE.key) || "[]").forEach((decision, i) => { characters[i].decision = decision ?? undefined; });
  } catch {
    UNKEPT.hidden = false;
  }
  count();
  select(characters.findIndex(({ decision }) => decision === undefined));
});
