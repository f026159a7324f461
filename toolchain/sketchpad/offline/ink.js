// Pen strokes to ink, pixel by pixel as toolchain/reading/pen.py draws it.

import { INK_HEIGHT, INK_WIDTH } from "./strip.js";

const PEN = 1.8; // px of a strip
const DETAIL = 8; // px drawn for each px of the strip
const RADIUS = Math.round((DETAIL * PEN) / 2);
const BORDER = RADIUS + DETAIL / 2;
const SMALLEST = single(1e-6);
// Half the width of the pen's round tip on each of its rows.
const TIP = [2, 4, 5, 6, 6, 7, 7, 7, 7, 7, 6, 6, 5, 4, 2];

// Strokes are lists of points [x, y, ...] in any unit, y pointing down; one point at least in all.
// Gives { width, height, pixels: Uint8Array of height rows, 0 = background, 255 = ink }.
export function drawInk(strokes) {
  const points = strokes.flat().map(([x, y]) => [single(x), single(y)]);
  const low = [0, 1].map((axis) => points.reduce((least, p) => Math.min(least, p[axis]), Infinity));
  const far = [0, 1].map((axis) => points.reduce((most, p) => Math.max(most, p[axis]), -Infinity));
  const [wide, high] = [0, 1].map((axis) => Math.max(single(far[axis] - low[axis]), SMALLEST));
  // A dot has no size to scale.
  const scale = Math.max(wide, high) <= SMALLEST ? 1 : DETAIL * Math.min(
    single(single(INK_HEIGHT - PEN) / high), single(single(INK_WIDTH - PEN) / wide));
  const side = (length) => Math.trunc(single(single(length * scale) + 2 * BORDER)) + 1;
  const ink = { width: side(wide), height: side(high) };
  ink.pixels = new Uint8Array(ink.width * ink.height);
  const placed = (value, axis) =>
    Math.trunc(single(single(single(single(value) - low[axis]) * scale) + BORDER));
  for (const stroke of strokes) {
    const path = stroke.map(([x, y]) => [placed(x, 0), placed(y, 1)]);
    path.forEach((point, place) => {
      if (place) drawLine(ink, path[place - 1], point);
      TIP.forEach((half, row) =>
        fillRow(ink, point[1] - RADIUS + row, point[0] - half, point[0] + half));
    });
  }
  return ink;
}

// A bar without ends: four corners on whole pixels, and in each row what lies between its edges.
function drawLine(ink, [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  if (!dx && !dy) return; // the tip covers it
  const share = RADIUS / Math.hypot(dx, dy);
  const across = [share * dy, share * dx];
  const corners = [
    [x0 - inwards(across[0]), y0 + outwards(across[1])],
    [x1 - inwards(across[0]), y1 + outwards(across[1])],
    [x1 + inwards(across[0]), y1 - outwards(across[1])],
    [x0 + inwards(across[0]), y0 - outwards(across[1])],
  ];
  const rows = corners.map((corner) => corner[1]);
  for (let y = Math.min(...rows); y <= Math.max(...rows); y++) {
    let [left, right] = [Infinity, -Infinity];
    corners.forEach(([ax, ay], place) => {
      const [bx, by] = corners[(place + 1) % corners.length];
      if (y < Math.min(ay, by) || y > Math.max(ay, by)) return;
      const slope = single((bx - ax) / (by - ay));
      const met = ay === by ? [ax, bx] : [single(single((y - ay) * slope) + ax)];
      left = Math.min(left, ...met);
      right = Math.max(right, ...met);
    });
    fillRow(ink, y, outwards(left), inwards(right));
  }
}

function fillRow({ width, height, pixels }, y, first, last) {
  if (y < 0 || y >= height) return;
  const row = y * width;
  pixels.fill(255, row + Math.max(0, first), row + Math.min(width, last + 1));
}

// To whole pixels, halves away from zero and towards it.
const outwards = (value) => Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
const inwards = (value) => Math.sign(value) * Math.ceil(Math.abs(value) - 0.5);

// NumPy computes these in 32 bits, so that must we.
function single(value) {
  return Math.fround(value);
}
