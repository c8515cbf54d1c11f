"use strict";

// The page's parts: a sheet to draw on, the answer, and the layers.

const STORED = JSON.parse(document.getElementById("network").textContent);
const NETWORK = new Network(STORED);
const SHEET = document.getElementById("sheet");
const INK = SHEET.getContext("2d", { willReadFrequently: true });
const SIDE = SHEET.width;
const PEN = 0.075 * SIDE;
// The most probable classes are shown, if there are more than this.
const MOST = 12;
// A step of the pen by an arrow key.
const STEP = SIDE / 28;
// Where a drawing begins and ends: as `lenet predict` cuts out characters.
const EDGE = 0.35;

let strokes = [];
let current = null;
let resting = 0;
const pen = { x: SIDE / 2, y: SIDE / 5, down: false, seen: false };

function draw() {
  INK.fillStyle = "#fff";
  INK.fillRect(0, 0, SIDE, SIDE);
  INK.strokeStyle = INK.fillStyle = "#000";
  INK.lineWidth = PEN;
  INK.lineCap = INK.lineJoin = "round";
  for (const stroke of strokes) {
    INK.beginPath();
    stroke.forEach(([x, y], i) => (i ? INK.lineTo(x, y) : INK.moveTo(x, y)));
    // A dot is a line of no length.
    if (stroke.length === 1) INK.lineTo(...stroke[0]);
    INK.stroke();
  }
}

// The ink of the sheet, from 0 to 1, row by row.
function ink() {
  const { data } = INK.getImageData(0, 0, SIDE, SIDE);
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => 1 - data[4 * i] / 255);
}

// Bilinear and antialiased, as Pillow shrinks pictures: the weights of the pixels for each new one.
function weights(from, to) {
  const scale = from / to, reach = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const middle = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(middle - reach + 0.5));
    const last = Math.min(from, Math.trunc(middle + reach + 0.5));
    const row = [];
    for (let at = first; at < last; at++) row.push(Math.max(0, 1 - Math.abs((at - middle + 0.5) / reach)));
    const sum = row.reduce((a, b) => a + b, 0);
    return { first, row: row.map((weight) => weight / sum) };
  });
}

// Where a side of the image begins that has these sums of ink, in an image of the network.
function start(sums) {
  let middle = sums.length / 2;
  if (NETWORK.frame.by_mass) {
    const all = sums.reduce((a, b) => a + b, 0);
    middle = sums.reduce((sum, ink, i) => sum + ink * (i + 0.5), 0) / all;
  }
  const at = Math.trunc(NETWORK.side / 2 - middle + 0.5 * NETWORK.frame.by_mass);
  return Math.min(Math.max(at, 0), NETWORK.side - sums.length);
}

// The drawing cut out, scaled and placed as in the training images; null if there is none.
function image() {
  const levels = ink();
  let [top, left, bottom, right] = [SIDE, SIDE, 0, 0];
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      if (levels[y * SIDE + x] <= EDGE) continue;
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
    }
  }
  if (bottom <= top) return null;
  const side = NETWORK.side, scale = NETWORK.frame.size * side / Math.max(bottom - top, right - left);
  const [width, height] = [right - left, bottom - top].map(
    (length) => Math.min(side, Math.max(1, Math.round(length * scale))));
  const across = weights(right - left, width), down = weights(bottom - top, height);
  const narrow = Array.from({ length: bottom - top }, (_, y) => across.map(({ first, row }) =>
    row.reduce((sum, weight, i) => sum + weight * levels[(top + y) * SIDE + left + first + i], 0)));
  const small = down.map(({ first, row }) => across.map((_, x) =>
    row.reduce((sum, weight, i) => sum + weight * narrow[first + i][x], 0)));
  const full = Math.max(...small.flat());
  const out = new Float32Array(side * side);
  const y0 = start(small.map((row) => row.reduce((a, b) => a + b, 0)));
  const x0 = start(small[0].map((_, x) => small.reduce((sum, row) => sum + row[x], 0)));
  small.forEach((row, y) => row.forEach((level, x) => {
    out[(y0 + y) * side + x0 + x] = Math.min(Math.max(level / full, 0), 1);
  }));
  return out;
}

const percent = (value) => `${(100 * value).toFixed(1)} %`;

// The classes that have a bar: all, or the most probable ones.
function ranked(probabilities) {
  const all = Array.from(probabilities, (value, i) => ({ label: NETWORK.classes[i], value }));
  return all.length <= MOST ? all : all.sort((a, b) => b.value - a.value).slice(0, 10);
}

function showAnswer(probabilities) {
  const bars = document.getElementById("bars");
  const rows = ranked(probabilities || new Float32Array(NETWORK.classes.length));
  const best = Math.max(...rows.map((row) => row.value));
  bars.replaceChildren(...rows.map(({ label, value }) => {
    const row = document.createElement("li");
    row.className = probabilities && value === best ? "best" : "";
    row.innerHTML = "<b></b><span class=track><span class=bar></span></span><span class=value></span>";
    row.querySelector("b").textContent = label;
    row.querySelector(".bar").style.width = `${100 * value}%`;
    row.querySelector(".value").textContent = probabilities ? percent(value) : "";
    return row;
  }));
  const answer = document.getElementById("answer");
  const { label } = rows.reduce((a, b) => (b.value > a.value ? b : a));
  answer.textContent = probabilities
    ? `${label}, ${percent(best)}${best < 0.9 ? ": unsure" : ""}` : "Nothing is drawn yet.";
  // A screen reader says the answer when the pen rests.
  clearTimeout(resting);
  resting = setTimeout(() => tell(answer.textContent), 700);
}

function tell(text) {
  document.getElementById("told").textContent = text;
}

// Draws the maps of a layer side by side, or its units in rows; dark is high, and 0 is white where
// no value is below 0.
function showLayer(layer, value) {
  const canvas = document.getElementById(`layer-${layer.name}`);
  const units = !value || value.dims.length < 4;
  const side = units ? 1 : value.dims[2];
  // Small maps are enlarged, so that the gaps between maps stay thin.
  const zoom = units ? 1 : Math.max(1, Math.round(56 / side)), gap = units ? 0 : 2;
  const columns = units ? Math.ceil(layer.maps / Math.ceil(layer.maps / 42)) : Math.min(layer.maps, 8);
  const step = side * zoom + gap;
  canvas.width = columns * step - gap;
  canvas.height = Math.ceil(layer.maps / columns) * step - gap;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.fillStyle = "#dde";
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (!value) return;
  const own = value.data.subarray(0, layer.maps * side * side);
  const low = own.reduce((a, b) => Math.min(a, b), 0), high = own.reduce((a, b) => Math.max(a, b), low + 1e-6);
  const small = new OffscreenCanvas(side, side), pixels = small.getContext("2d");
  for (let map = 0; map < layer.maps; map++) {
    const tile = pixels.createImageData(side, side);
    for (let i = 0; i < side * side; i++) {
      const grey = 255 * (1 - (own[map * side * side + i] - low) / (high - low));
      tile.data.set([grey, grey, grey, 255], 4 * i);
    }
    pixels.putImageData(tile, 0, 0);
    context.drawImage(small, (map % columns) * step, Math.floor(map / columns) * step, side * zoom, side * zoom);
  }
}

function update() {
  draw();
  const drawn = image();
  const values = drawn && NETWORK.run(drawn);
  showAnswer(values && values.get(NETWORK.output).data);
  for (const layer of STORED.layers) showLayer(layer, values && values.get(layer.value));
  showPen();
}

let waiting = false;

function later() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    update();
  });
}

// The pen that the arrow keys move, as a ring over the sheet.
function showPen() {
  const ring = document.getElementById("pen");
  ring.hidden = !pen.seen;
  ring.className = pen.down ? "down" : "";
  ring.style.left = `${100 * pen.x / SIDE}%`;
  ring.style.top = `${100 * pen.y / SIDE}%`;
}

function place(event) {
  const box = SHEET.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width * SIDE, (event.clientY - box.top) / box.height * SIDE];
}

SHEET.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  event.preventDefault();
  SHEET.focus({ preventScroll: true });
  SHEET.setPointerCapture(event.pointerId);
  pen.seen = pen.down = false;
  current = [place(event)];
  strokes.push(current);
  later();
});

SHEET.addEventListener("pointermove", (event) => {
  if (!current || pen.down) return;
  const steps = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
  for (const step of steps.length ? steps : [event]) current.push(place(step));
  later();
});

for (const end of ["pointerup", "pointercancel"]) {
  SHEET.addEventListener(end, () => { if (!pen.down) current = null; });
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

SHEET.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in ARROWS) {
    const [dx, dy] = ARROWS[event.key];
    pen.x = Math.min(Math.max(pen.x + dx * STEP, 0), SIDE);
    pen.y = Math.min(Math.max(pen.y + dy * STEP, 0), SIDE);
    if (pen.down) current.push([pen.x, pen.y]);
  } else if (event.key === " ") {
    pen.down = !pen.down;
    current = pen.down ? [[pen.x, pen.y]] : null;
    if (current) strokes.push(current);
    tell(pen.down ? "Pen down." : "Pen up.");
  } else if (event.key === "Backspace" || event.key === "Delete") {
    undo();
  } else return;
  pen.seen = true;
  event.preventDefault();
  later();
});

function lift() {
  pen.down = false;
  current = null;
}

function undo() {
  lift();
  strokes.pop();
  later();
}

function clear() {
  lift();
  strokes = [];
  later();
}

document.getElementById("undo").addEventListener("click", undo);
document.getElementById("clear").addEventListener("click", clear);
update();
