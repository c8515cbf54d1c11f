"use strict";

// The page's parts: a sheet to draw on, the answer, the layers, and the drawings that are kept.

const at = (id) => document.getElementById(id);
const NETWORK = new Network(JSON.parse(at("network").textContent));
const SHEET = at("sheet");
const INK = SHEET.getContext("2d", { willReadFrequently: true });
const SIDE = SHEET.width;
// The most probable classes come first, if there are more than this.
const MOST = 12;
// The number of drawings of each class that the page asks for.
const WANTED = 10;
// A step of the pen by an arrow key.
const STEP = SIDE / 28;
// `lenet predict` smooths a picture of this size by these weights of a pixel and its neighbours.
const BELL = [-2, -1, 0, 1, 2].map((x) => Math.exp(-0.5 * (x / (SIDE / 500)) ** 2));
const SMOOTH = BELL.map((weight) => weight / BELL.reduce((a, b) => a + b));
// The sample, a five: the way of the pen.
const FIVE = [
  ...Array.from({ length: 12 }, (_, i) => [0.68 - i * 0.026, 0.18]),
  ...Array.from({ length: 12 }, (_, i) => [0.39 - i * 0.003, 0.2 + i * 0.0225]),
  ...Array.from({ length: 40 }, (_, i) => -2.3 + i * 0.122).map(
    (angle) => [0.49 + 0.2 * Math.cos(angle), 0.62 + 0.2 * Math.sin(angle)]),
].map((point) => point.map((share) => share * SIDE));

// A stroke is {width, points}. `past` has the strokes before each change, for undo.
let strokes = [], past = [];
let current = null;
let isSample = true;
// What is on the sheet, {pixels, wide} or null; the class of the answer, and that of the user.
let drawn = null, answer = null, chosen = null;
// The drawings to save, {label, image, strokes}, the last first; and whether all are saved.
let kept = [], saved = true;
let resting = 0;
const pen = { x: SIDE / 2, y: SIDE / 5, down: false, seen: false };

function draw() {
  INK.fillStyle = "#fff";
  INK.fillRect(0, 0, SIDE, SIDE);
  INK.strokeStyle = "#000";
  INK.lineCap = INK.lineJoin = "round";
  for (const { width, points } of strokes) {
    INK.lineWidth = width;
    INK.beginPath();
    points.forEach(([x, y], i) => (i ? INK.lineTo(x, y) : INK.moveTo(x, y)));
    // A dot is a line of no length.
    if (points.length === 1) INK.lineTo(...points[0]);
    INK.stroke();
  }
}

// Levels of the sheet smoothed along rows, where pixels are 1 apart, or along columns.
function smoothed(levels, apart) {
  const out = new Float64Array(levels.length);
  for (let i = 0; i < levels.length; i++) {
    const middle = Math.floor(i / apart) % SIDE;
    for (let k = 0; k < SMOOTH.length; k++) {
      const to = middle + k - 2, inside = to < 0 ? -1 - to : to < SIDE ? to : 2 * SIDE - 1 - to;
      out[i] += SMOOTH[k] * levels[i + (inside - middle) * apart];
    }
  }
  return out;
}

// The ink of the sheet, from 0 to 1, row by row.
function ink() {
  const { data } = INK.getImageData(0, 0, SIDE, SIDE);
  const levels = new Float64Array(SIDE * SIDE);
  for (let i = 0; i < levels.length; i++) levels[i] = 1 - data[4 * i] / 255;
  return smoothed(smoothed(levels, SIDE), 1);
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
  const at = Math.trunc(
    NETWORK.side / 2 + NETWORK.frame.offset - middle + 0.5 * NETWORK.frame.by_mass);
  return Math.min(Math.max(at, 0), NETWORK.side - sums.length);
}

// Halves go to the even number, as in Python.
function rounded(value) {
  const near = Math.round(value);
  return near - value === 0.5 && near % 2 ? near - 1 : near;
}

// The drawing cut out, scaled and placed as `lenet predict` does; null if there is none.
function image() {
  const levels = ink();
  let [top, left, bottom, right] = [SIDE, SIDE, 0, 0];
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      if (levels[y * SIDE + x] <= NETWORK.edge) continue;
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
    }
  }
  if (bottom <= top) return null;
  const side = NETWORK.side, scale = NETWORK.frame.size * side / Math.max(bottom - top, right - left);
  const [width, height] = [right - left, bottom - top].map(
    (length) => Math.min(side, Math.max(1, rounded(length * scale))));
  const across = weights(right - left, width), down = weights(bottom - top, height);
  const narrow = Array.from({ length: bottom - top }, (_, y) => across.map(({ first, row }) =>
    row.reduce((sum, weight, i) => sum + weight * levels[(top + y) * SIDE + left + first + i], 0)));
  const small = down.map(({ first, row }) => across.map((_, x) =>
    row.reduce((sum, weight, i) => sum + weight * narrow[first + i][x], 0)));
  const full = Math.max(...small.flat());
  const pixels = new Float32Array(side * side);
  const y0 = start(small.map((row) => row.reduce((a, b) => a + b, 0)));
  const x0 = start(small[0].map((_, x) => small.reduce((sum, row) => sum + row[x], 0)));
  small.forEach((row, y) => row.forEach((level, x) => {
    pixels[(y0 + y) * side + x0 + x] = Math.min(Math.max(level / full, 0), 1);
  }));
  return { pixels, wide: right - left > NETWORK.widest * (bottom - top) };
}

const percent = (value) => `${(100 * value).toFixed(1)}%`;
const label = () => chosen ?? answer;

const made = (name, values) => Object.assign(document.createElement(name), values);

// A row for each class: its bar, and the button that makes it the label of the drawing.
const ROWS = NETWORK.classes.map((name, i) => {
  const row = made("li", { innerHTML: "<label><input type=radio name=label><b></b><span class=track>"
    + "<span class=bar></span></span><span class=value></span><span class=count></span></label>" });
  row.querySelector("b").textContent = name;
  row.querySelector("input").addEventListener("change", () => choose(i));
  return row;
});
at("bars").append(...ROWS);
const LONGEST = Math.max(...NETWORK.classes.map((name) => `${name}`.length));
at("bars").style.setProperty("--name", `min(${LONGEST}ch, 6rem)`);

function choose(i) {
  chosen = i;
  showLabel();
}

function showLabel() {
  ROWS.forEach((row, i) => { row.querySelector("input").checked = i === label(); });
  at("keep").disabled = !drawn || isSample;
  at("keep").textContent = label() === null ? "Keep" : `Keep as ${NETWORK.classes[label()]}`;
}

function showAnswer(values) {
  const shares = values ? values.get(NETWORK.output).data : new Float32Array(ROWS.length);
  const best = Math.max(...shares);
  answer = values ? shares.indexOf(best) : null;
  ROWS.forEach((row, i) => {
    row.className = i === answer ? "best" : "";
    row.querySelector(".bar").style.width = `${100 * shares[i]}%`;
    row.querySelector(".value").textContent = values ? percent(shares[i]) : "";
  });
  if (ROWS.length > MOST) {
    const order = ROWS.map((_, i) => i).sort((a, b) => shares[b] - shares[a]);
    at("bars").append(...order.map((i) => ROWS[i]));
    at("bars").scrollTop = 0;
  }
  // Why the answer may be wrong: the flags of `lenet predict`.
  const doubts = !values ? [] : [
    [best < NETWORK.confident, `unsure: less than ${100 * NETWORK.confident}%`],
    [values.get(NETWORK.novelty)?.data[0] > 1, "unlike the training images: perhaps none of the classes"],
    [drawn.wide, "wide: perhaps several characters"],
  ].filter(([holds]) => holds).map(([, text]) => text);
  at("flags").textContent = doubts.join("; ");
  at("answer").textContent = values
    ? `${NETWORK.classes[answer]}, ${percent(best)}${doubts.length ? " ?" : ""}`
    : "Draw here.";
  showLabel();
  // A screen reader says the answer when the pen rests.
  clearTimeout(resting);
  resting = setTimeout(() => tell([at("answer").textContent, ...doubts].join(" ")), 700);
}

const tell = (text) => { at("told").textContent = text; };

// From orange, -1, over paper, 0, to blue, 1.
function colour(value) {
  const [red, green, blue] = value < 0 ? [214, 96, 0] : [8, 38, 102], far = Math.abs(value);
  return [255 + far * (red - 255), 255 + far * (green - 255), 255 + far * (blue - 255), 255];
}

// Draws levels from -1 to 1 on a canvas of as many pixels, and returns the canvas.
function tile(levels, canvas) {
  const pixels = new ImageData(canvas.width, canvas.height);
  for (let i = 0; i < levels.length; i++) pixels.data.set(colour(levels[i]), 4 * i);
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

// The values of a layer from -1 to 1; of the input, from background to full ink.
function shades({ shape, range }, value) {
  const own = value.data.subarray(0, shape.reduce((a, b) => a * b));
  if (range) return own.map((level) => (level - range[0]) / (range[1] - range[0]));
  const most = own.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-6);
  return own.map((level) => level / most);
}

// Draws the maps of a layer side by side, or its units in rows. Its size is that without a drawing.
function showLayer(layer, value) {
  const canvas = at(`layer-${layer.name}`), [maps, side = 1] = layer.shape;
  const all = value && shades(layer, value);
  if (layer.name === "O7") {
    canvas.replaceChildren(...NETWORK.classes.map((name, i) => {
      const cell = made("span", { textContent: name });
      if (all) cell.style.background = `rgb(${colour(all[i]).slice(0, 3)})`;
      if (all && all[i] > 0.6) cell.style.color = "#fff";
      return cell;
    }));
    return;
  }
  // Small maps are enlarged, so that the gaps between maps stay thin.
  const zoom = side === 1 ? 1 : Math.max(1, Math.round(56 / side)), gap = side === 1 ? 0 : 2;
  const columns = side === 1 ? Math.ceil(maps / Math.ceil(maps / 42)) : Math.min(maps, 8);
  const step = side * zoom + gap;
  canvas.width = columns * step - gap;
  canvas.height = Math.ceil(maps / columns) * step - gap;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.fillStyle = "#dde";
  context.fillRect(0, 0, canvas.width, canvas.height);
  const small = new OffscreenCanvas(side, side), blank = new Float32Array(side * side);
  for (let map = 0; map < maps; map++) {
    const own = all ? all.subarray(map * blank.length, (map + 1) * blank.length) : blank;
    const [x, y] = [map % columns, Math.floor(map / columns)].map((place) => place * step);
    context.drawImage(tile(own, small), x, y, side * zoom, side * zoom);
  }
}

function update() {
  waiting = false;
  draw();
  drawn = image();
  const values = drawn && NETWORK.run(drawn.pixels);
  showAnswer(values);
  for (const layer of NETWORK.layers) showLayer(layer, values && values.get(layer.value));
  showPen();
  at("sample").hidden = !isSample;
}

let waiting = false;

function later() {
  if (!waiting) requestAnimationFrame(update);
  waiting = true;
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

function put(next) {
  strokes = next;
  isSample = pen.down = false;
  current = null;
  later();
}

// Puts other strokes on the sheet, so that undo brings back those before; but not the sample.
function change(next) {
  if (!isSample) past.push(strokes);
  put(next);
}

const undo = () => put(past.pop() ?? []);

function begin(point) {
  const width = SIDE * document.querySelector("[name=pen]:checked").value;
  const stroke = { width, points: [point] };
  change([...(isSample ? [] : strokes), stroke]);
  current = stroke.points;
}

SHEET.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  event.preventDefault();
  SHEET.focus({ preventScroll: true });
  SHEET.setPointerCapture(event.pointerId);
  pen.seen = false;
  begin(place(event));
});

SHEET.addEventListener("pointermove", (event) => {
  if (!current || pen.down) return;
  const steps = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
  for (const step of steps.length ? steps : [event]) current.push(place(step));
  later();
});

SHEET.onpointerup = SHEET.onpointercancel = () => { if (!pen.down) current = null; };

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

SHEET.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in ARROWS) {
    const [dx, dy] = ARROWS[event.key];
    pen.x = Math.min(Math.max(pen.x + dx * STEP, 0), SIDE);
    pen.y = Math.min(Math.max(pen.y + dy * STEP, 0), SIDE);
    if (pen.down) current.push([pen.x, pen.y]);
  } else if (event.key === " ") {
    const lifted = pen.down;
    if (lifted) current = null;
    else begin([pen.x, pen.y]);
    pen.down = !lifted;
    tell(pen.down ? "Pen down." : "Pen up.");
  } else if (event.key === "Backspace" || event.key === "Delete") {
    undo();
  } else return;
  pen.seen = true;
  event.preventDefault();
  later();
});

// The first character of a label chooses it; typed again, the next label that begins so.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && !event.target.closest("button, summary")) keep();
  const begins = (name) => `${name}`[0].toLowerCase() === event.key.toLowerCase();
  const found = NETWORK.classes.flatMap((name, i) => (begins(name) ? [i] : []));
  if (!found.length) return;
  choose(found[(found.indexOf(label()) + 1) % found.length]);
  at("bars").scrollTop = ROWS[chosen].offsetTop - at("bars").offsetTop;
});

function keep() {
  if (!drawn || isSample) return;
  kept.unshift({ label: label(), image: drawn.pixels, strokes });
  tell(`Kept as ${NETWORK.classes[label()]}.`);
  put([]);
  past = [];
  chosen = null;
  showKept();
  SHEET.focus({ preventScroll: true });
}

// A drawing that is taken back stands on the sheet again, where its label can change.
function takeBack(record) {
  kept = kept.filter((other) => other !== record);
  change(record.strokes);
  chosen = record.label;
  showKept();
  SHEET.focus({ preventScroll: true });
}

function showKept() {
  const counts = NETWORK.classes.map((_, i) => kept.filter((record) => record.label === i).length);
  ROWS.forEach((row, i) => { row.querySelector(".count").textContent = `${counts[i]}/${WANTED}`; });
  const missing = NETWORK.classes.map((name, i) => ({ name, count: WANTED - counts[i] }))
    .filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  const named = missing.slice(0, 3).map(({ name, count }) => `${count} more of ${name}`);
  if (missing.length > 3) named.push(`and ${missing.length - 3} more classes`);
  const asked = named.length ? `For ${WANTED} of each: ${named.join(", ")}.` : `${WANTED} of each are kept.`;
  at("wanted").textContent = kept.length
    ? `${kept.length} kept. ${asked}` : `Draw, check the label, and keep: ${WANTED} of each class make a good set.`;
  at("strip").replaceChildren(...kept.map((record) => {
    const name = NETWORK.classes[record.label], title = `Take back this ${name}`;
    const canvas = made("canvas", { width: NETWORK.side, height: NETWORK.side });
    const button = made("button", { title, ariaLabel: title, onclick: () => takeBack(record) });
    button.append(tile(record.image, canvas), made("span", { className: "name", textContent: name }));
    const item = made("li");
    item.append(button);
    return item;
  }));
  at("save").disabled = !kept.length;
  saved = !kept.length;
}

for (const [id, use] of [["undo", undo], ["clear", () => change([])]]) {
  at(id).addEventListener("click", (event) => {
    use();
    // After a click of the mouse, Enter keeps the drawing; a button would take it for itself.
    if (event.detail) SHEET.focus({ preventScroll: true });
  });
}
at("keep").addEventListener("click", keep);
at("save").addEventListener("click", () => {
  download("drawings.jf", rawFile(NETWORK.layout, kept));
  saved = true;
});
addEventListener("beforeunload", (event) => { if (!saved) event.preventDefault(); });

// Draws the sample, at once for those who want no motion.
function showSample(begun) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  requestAnimationFrame((now) => {
    if (!isSample) return;
    const share = still ? 1 : Math.min(1, (now - begun) / 1500);
    strokes = [{ width: 0.075 * SIDE, points: FIVE.slice(0, 1 + share * FIVE.length) }];
    update();
    if (share < 1) showSample(begun);
  });
}

showKept();
update();
showSample(performance.now());
NETWORK.ready.then(later);
