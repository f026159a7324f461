// From ink of any size to the strip that the models read, as generator/strip.py does it.

export const HEIGHT = 32;
export const WIDTH = 128;
export const INK_HEIGHT = 24; // a fitted drawing is this high ...
export const INK_WIDTH = 124; // ... or this wide, whichever binds first
const MARGIN = 2; // columns kept free at the right
const INK_LEVEL = 64; // a pixel from this level on belongs to the ink's bounding box

// Ink is { width, height, pixels }, as drawInk gives it; some of it must be at INK_LEVEL.
// Gives Uint8Array of HEIGHT rows. Each pixel is the mean of the drawing over the area it covers.
export function fitInk(ink) {
  const { left, top, right, bottom } = inkBox(ink);
  const [wide, high] = [right - left, bottom - top];
  const scale = Math.min(INK_HEIGHT / high, INK_WIDTH / wide);
  const across = coverage(WIDTH, wide, scale, WIDTH - MARGIN - wide * scale);
  const down = coverage(HEIGHT, high, scale, (HEIGHT - high * scale) / 2);
  const narrow = new Float64Array(high * WIDTH); // scaled across, not yet down
  for (let y = 0; y < high; y++) {
    const start = (top + y) * ink.width + left;
    across.forEach((shares, column) => {
      for (const [x, share] of shares) narrow[y * WIDTH + column] += share * ink.pixels[start + x];
    });
  }
  const strip = new Uint8Array(HEIGHT * WIDTH);
  down.forEach((shares, row) => {
    for (let column = 0; column < WIDTH; column++) {
      let sum = 0;
      for (const [y, share] of shares) sum += share * narrow[y * WIDTH + column];
      strip[row * WIDTH + column] = Math.floor(sum + 0.5);
    }
  });
  return strip;
}

function inkBox({ width, pixels }) {
  const box = { left: Infinity, top: Infinity, right: 0, bottom: 0 };
  pixels.forEach((level, place) => {
    if (level < INK_LEVEL) return;
    const [x, y] = [place % width, Math.floor(place / width)];
    box.left = Math.min(box.left, x);
    box.top = Math.min(box.top, y);
    box.right = Math.max(box.right, x + 1);
    box.bottom = Math.max(box.bottom, y + 1);
  });
  return box;
}

// For each pixel along one axis, the samples that lie in it: [sample, share of the pixel] each.
function coverage(pixels, samples, scale, start) {
  const edge = (sample) => start + sample * scale;
  const found = Array.from({ length: pixels }, () => []);
  for (let sample = 0; sample < samples; sample++) {
    const [first, last] = [Math.floor(edge(sample)), Math.floor(edge(sample + 1))];
    for (let pixel = Math.max(0, first); pixel <= Math.min(last, pixels - 1); pixel++) {
      const share = Math.min(pixel + 1, edge(sample + 1)) - Math.max(pixel, edge(sample));
      if (share > 0) found[pixel].push([sample, share]);
    }
  }
  return found;
}
