"use strict";

// The exported network on typed arrays: the nodes of its ONNX graph, one after the other.
// A tensor is {type, dims, data}. Weights come as base64, little-endian; images are compressed too.

const ARRAYS = {
  float32: Float32Array, float64: Float64Array, int64: Float64Array, bool: Uint8Array, uint8: Uint8Array };

function tensor(type, dims, data) {
  const size = dims.reduce((a, b) => a * b, 1);
  return { type, dims, data: data || new ARRAYS[type](size) };
}

// Steps through a tensor that is repeated along axes of length 1, to fill `dims`.
function repeated({ dims: own }, dims) {
  const shift = dims.length - own.length;
  return dims.map((_, axis) => (axis < shift || own[axis - shift] === 1 ? 0
    : own.slice(axis - shift + 1).reduce((a, b) => a * b, 1)));
}

function visit(dims, steps, use) {
  const size = dims.reduce((a, b) => a * b, 1);
  const index = new Array(dims.length).fill(0);
  const offsets = steps.map(() => 0);
  for (let i = 0; i < size; i++) {
    use(i, offsets);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      index[axis]++;
      steps.forEach((step, k) => { offsets[k] += step[axis]; });
      if (index[axis] < dims[axis]) break;
      steps.forEach((step, k) => { offsets[k] -= step[axis] * dims[axis]; });
      index[axis] = 0;
    }
  }
}

function common(shapes) {
  const length = Math.max(...shapes.map((dims) => dims.length));
  return Array.from({ length }, (_, axis) => Math.max(...shapes.map(
    (dims) => dims[axis - length + dims.length] ?? 1)));
}

function pointwise(inputs, f, type) {
  const [first, second] = inputs;
  if (inputs.length === 2 && (second.data.length === 1 || second.data.length === first.data.length)
    && common([first.dims, second.dims]).join() === first.dims.join()) {
    const all = tensor(type || second.type, first.dims), one = second.data.length === 1;
    for (let i = 0; i < all.data.length; i++) all.data[i] = f(first.data[i], second.data[one ? 0 : i]);
    return all;
  }
  const dims = common(inputs.map((input) => input.dims));
  const out = tensor(type || inputs[inputs.length - 1].type, dims);
  const steps = inputs.map((input) => repeated(input, dims));
  visit(dims, steps, (i, at) => {
    out.data[i] = f(...inputs.map((input, k) => input.data[at[k]]));
  });
  return out;
}

function each(input, f) {
  const out = tensor(input.type, input.dims);
  for (let i = 0; i < out.data.length; i++) out.data[i] = f(input.data[i]);
  return out;
}

function reduced(input, axes, keep, f, first) {
  const all = axes.map((axis) => (axis + input.dims.length) % input.dims.length);
  const kept = input.dims.map((side, axis) => (all.includes(axis) ? 1 : side));
  const results = new Float64Array(kept.reduce((a, b) => a * b, 1)).fill(first);
  visit(input.dims, [repeated({ dims: kept }, input.dims)], (i, [at]) => {
    results[at] = f(results[at], input.data[i]);
  });
  const dims = keep ? kept : kept.filter((_, axis) => !all.includes(axis));
  return tensor(input.type, dims, ARRAYS[input.type].from(results));
}

const summed = (input, axes, keep) => reduced(input, axes, keep, (a, b) => a + b, 0);

function reshaped(input, shape) {
  const dims = shape.map((side, axis) => (side === 0 ? input.dims[axis] : side));
  const known = dims.reduce((a, b) => (b < 0 ? a : a * b), 1);
  return tensor(input.type, dims.map((side) => (side < 0 ? input.data.length / known : side)), input.data);
}

function unsqueezed(input, axes) {
  const dims = input.dims.slice();
  const length = dims.length + axes.length;
  axes.map((axis) => (axis + length) % length).sort((a, b) => a - b)
    .forEach((axis) => dims.splice(axis, 0, 1));
  return tensor(input.type, dims, input.data);
}

function joined(inputs, axis) {
  const dims = inputs[0].dims.slice();
  const at = (axis + dims.length) % dims.length;
  dims[at] = inputs.reduce((sum, input) => sum + input.dims[at], 0);
  const out = tensor(inputs[0].type, dims);
  const before = dims.slice(0, at).reduce((a, b) => a * b, 1);
  const after = dims.slice(at + 1).reduce((a, b) => a * b, 1);
  let start = 0;
  for (const input of inputs) {
    const run = input.dims[at] * after;
    for (let i = 0; i < before; i++) {
      out.data.set(input.data.subarray(i * run, (i + 1) * run), i * dims[at] * after + start);
    }
    start += run;
  }
  return out;
}

// A convolution of whole kernels; kernels of zeros are the blank maps that pad a layer.
function convolved(input, weight, bias) {
  const [n, channels, height, width] = input.dims;
  const [maps, , kernel] = weight.dims;
  const rows = height - kernel + 1, columns = width - kernel + 1;
  const out = tensor("float32", [n, maps, rows, columns]);
  const plane = new Float64Array(rows * columns);
  for (let image = 0; image < n; image++) {
    for (let map = 0; map < maps; map++) {
      plane.fill(bias.data[map]);
      for (let channel = 0; channel < channels; channel++) {
        const source = (image * channels + channel) * height * width;
        for (let ky = 0; ky < kernel; ky++) {
          for (let kx = 0; kx < kernel; kx++) {
            const w = weight.data[((map * channels + channel) * kernel + ky) * kernel + kx];
            if (w === 0) continue;
            for (let y = 0; y < rows; y++) {
              let from = source + (y + ky) * width + kx;
              for (let to = y * columns; to < (y + 1) * columns; to++) plane[to] += w * input.data[from++];
            }
          }
        }
      }
      out.data.set(plane, (image * maps + map) * plane.length);
    }
  }
  return out;
}

// Pooling of 2 x 2 pixels.
function pooled(input, f) {
  const [n, maps, height, width] = input.dims;
  const out = tensor("float32", [n, maps, height >> 1, width >> 1]);
  let to = 0;
  for (let plane = 0; plane < n * maps; plane++) {
    for (let y = 0; y + 1 < height; y += 2) {
      for (let x = 0; x + 1 < width; x += 2) {
        const at = (plane * height + y) * width + x;
        const d = input.data;
        out.data[to++] = f(d[at], d[at + 1], d[at + width], d[at + width + 1]);
      }
    }
  }
  return out;
}

// The product of two matrices; further axes have length 1, because the page has one image at a time.
function product(left, right) {
  const [rows, inner] = left.dims.slice(-2), columns = right.dims[right.dims.length - 1];
  const longer = left.dims.length > right.dims.length ? left : right;
  const out = tensor("float32", [...longer.dims.slice(0, -2), rows, columns]);
  for (let row = 0; row < rows; row++) {
    const sums = new Float64Array(columns);
    for (let i = 0; i < inner; i++) {
      const factor = left.data[row * inner + i];
      for (let column = 0; column < columns; column++) sums[column] += factor * right.data[i * columns + column];
    }
    out.data.set(sums, row * columns);
  }
  return out;
}

function transposed(input) {
  const [rows, columns] = input.dims;
  const out = tensor(input.type, [columns, rows]);
  for (let i = 0; i < out.data.length; i++) out.data[i] = input.data[i % rows * columns + Math.floor(i / rows)];
  return out;
}

// Rows times the transpose of the weights, plus the bias.
function dense(input, weight, bias) {
  const [n, inputs] = input.dims;
  const units = weight.dims[0];
  const out = tensor("float32", [n, units]);
  for (let row = 0; row < n; row++) {
    for (let unit = 0; unit < units; unit++) {
      let sum = bias.data[unit];
      for (let i = 0; i < inputs; i++) sum += input.data[row * inputs + i] * weight.data[unit * inputs + i];
      out.data[row * units + unit] = sum;
    }
  }
  return out;
}

// Bilinear samples; positions from -1 to 1 are the middles of the first and last pixels.
function sampled(input, grid) {
  const [n, , height, width] = input.dims;
  const [, rows, columns] = grid.dims;
  const out = tensor("float32", [n, 1, rows, columns]);
  const level = (image, y, x) =>
    (y < 0 || x < 0 || y >= height || x >= width ? 0 : input.data[(image * height + y) * width + x]);
  for (let i = 0; i < out.data.length; i++) {
    const image = Math.floor(i / (rows * columns));
    const x = (grid.data[2 * i] + 1) / 2 * (width - 1), y = (grid.data[2 * i + 1] + 1) / 2 * (height - 1);
    const left = Math.floor(x), top = Math.floor(y), dx = x - left, dy = y - top;
    out.data[i] = (1 - dy) * ((1 - dx) * level(image, top, left) + dx * level(image, top, left + 1))
      + dy * ((1 - dx) * level(image, top + 1, left) + dx * level(image, top + 1, left + 1));
  }
  return out;
}

const whole = (input) => Array.from(input.data);

const OPERATORS = {
  Add: (inputs) => pointwise(inputs, (a, b) => a + b),
  AveragePool: ([input]) => pooled(input, (a, b, c, d) => (a + b + c + d) / 4),
  Cast: ([input], { to }) => tensor(to, input.dims, ARRAYS[to].from(input.data)),
  Concat: (inputs, { axis }) => joined(inputs, axis),
  Conv: ([input, weight, bias]) => convolved(input, weight, bias),
  Div: (inputs) => pointwise(inputs, (a, b) => a / b),
  Expand: ([input, shape]) => pointwise(
    [tensor(input.type, whole(shape)), input], (_, value) => value, input.type),
  Flatten: ([input]) => reshaped(input, [input.dims[0], -1]),
  Gemm: ([input, weight, bias]) => dense(input, weight, bias),
  Greater: (inputs) => pointwise(inputs, (a, b) => (a > b ? 1 : 0), "bool"),
  GridSample: ([input, grid]) => sampled(input, grid),
  Identity: ([input]) => input,
  Log: ([input]) => each(input, Math.log),
  MatMul: ([left, right]) => product(left, right),
  Max: (inputs) => pointwise(inputs, Math.max),
  MaxPool: ([input]) => pooled(input, Math.max),
  Mul: (inputs) => pointwise(inputs, (a, b) => a * b),
  Pow: (inputs) => pointwise(inputs, (a, b) => a ** b),
  ReduceMean: ([input], { axes, keepdims }) => {
    const count = axes.reduce((product, axis) => product * input.dims[axis], 1);
    return each(summed(input, axes, keepdims), (sum) => sum / count);
  },
  ReduceMin: ([input], { axes, keepdims }) => reduced(input, axes, keepdims, Math.min, Infinity),
  ReduceSum: ([input, axes], { keepdims }) => summed(input, whole(axes), keepdims),
  Reshape: ([input, shape]) => reshaped(input, whole(shape)),
  // Along the last axis.
  Softmax: ([input]) => {
    const largest = reduced(input, [-1], true, Math.max, -Infinity);
    const powers = pointwise([input, largest], (a, b) => Math.exp(a - b));
    return OPERATORS.Div([powers, summed(powers, [-1], true)]);
  },
  Sqrt: ([input]) => each(input, Math.sqrt),
  Sub: (inputs) => pointwise(inputs, (a, b) => a - b),
  Sum: (inputs) => pointwise(inputs, (...values) => values.reduce((a, b) => a + b)),
  Transpose: ([input]) => transposed(input),
  Unsqueeze: ([input, axes]) => unsqueezed(input, whole(axes)),
  Where: (inputs) => pointwise(inputs, (test, a, b) => (test ? a : b)),
{% for operator, javascript in activations.items() %}
  {{ operator }}: ([input]) => each(input, (x) => {{ javascript|safe }}),
{% endfor %}
};

// Adds to `values` what nodes make of them, and returns the nodes that lack an input.
function followed(nodes, values) {
  return nodes.filter(({ operator, inputs, output, attributes }) => {
    const known = inputs.map((name) => values.get(name));
    if (!known.every(Boolean)) return true;
    values.set(output, OPERATORS[operator](known, attributes));
    return false;
  });
}

class Network {
  constructor(stored) {
    Object.assign(this, stored);
    this.constants = new Map(Object.entries(stored.tensors).map(([name, { type, dims, data }]) =>
      [name, tensor(type, dims, new ARRAYS[type](bytes(data).buffer))]));
    this.nodes = followed(stored.nodes, this.constants);
    // A browser unpacks images later; until then, the values that need them are missing.
    this.ready = Promise.all(Object.entries(stored.pictures).map(async ([name, { dims, data }]) => {
      this.constants.set(name, tensor("uint8", dims, await unpacked(data)));
      this.nodes = followed(this.nodes, this.constants);
    }));
  }

  // Returns all values of the graph by name, for one image, side x side, from 0 to 1.
  run(image) {
    const values = new Map(this.constants);
    values.set("images", tensor("float32", [1, this.side, this.side], Float32Array.from(image)));
    followed(this.nodes, values);
    return values;
  }
}
