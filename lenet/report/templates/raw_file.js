"use strict";

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

async function unpacked(text) {
  const stream = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// A raw .jf file of characters, in the layout of the training file: the group raw of params.yaml.
// A record is {label: class from 0, image: side x side levels from 0 = background to 1, row by row}.
function rawFile(layout, records) {
  const [low, high] = layout.pixel_range, side = layout.side;
  const text = (level) => String(Number((low + level * (high - low)).toPrecision(6)));
  const from = (i) => (layout.transpose ? i % side * side + Math.floor(i / side) : i);
  const lines = records.map(({ label, image }) => [
    layout.first_label + label, ...Array.from(image, (_, i) => text(image[from(i)]))].join(" "));
  return [`${layout.classes} ${side ** 2}`, ...lines, "-1", ""].join("\n");
}

// Hands the browser a file to save.
function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
