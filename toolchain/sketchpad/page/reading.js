// Live reading: the drawing goes to the server as it grows, the answer is shown; one at a time.

import { ask } from "./net.js";
import { fitCanvas } from "./pad.js";

const PAUSE = 60; // ms between two questions
const find = (id) => document.getElementById(id);

export class Reading {
  #pad;
  #onTrouble;
  #busy = false;
  #stale = false;

  constructor(pad, onTrouble) {
    this.#pad = pad;
    this.#onTrouble = onTrouble;
    pad.addEventListener("change", () => this.update());
    find("model").addEventListener("change", () => this.update());
  }

  async update() {
    this.#stale = true;
    if (this.#busy) return;
    this.#busy = true;
    while (this.#stale) {
      this.#stale = false;
      await this.#once();
      await new Promise((done) => setTimeout(done, PAUSE));
    }
    this.#busy = false;
  }

  async #once() {
    if (find("reading").hidden) return;
    if (!this.#pad.strokes.length) return show(null);
    try {
      const content = { model: find("model").value, strokes: this.#pad.strokes };
      const answer = await ask("/api/read", content);
      show(this.#pad.strokes.length ? answer : null);
      this.#onTrouble("");
    } catch (error) {
      this.#onTrouble(error.message);
    }
  }
}

function show(answer) {
  find("number").textContent = answer ? answer.number || "nothing" : "\u00a0";
  find("sure").value = answer?.confidence ?? 0;
  find("percent").textContent = answer ? `${Math.round(answer.confidence * 100)} %` : "";
  showStrip(answer?.strip);
  showColumns(answer?.columns ?? []);
}

function showStrip(encoded) {
  const canvas = find("strip");
  const picture = new ImageData(canvas.width, canvas.height);
  const levels = encoded ? atob(encoded) : "";
  for (let i = 0; i < canvas.width * canvas.height; i++) {
    picture.data.fill(levels.charCodeAt(i) || 0, 4 * i, 4 * i + 3);
    picture.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

// A row for each digit and one for "no digit here", a column for each step of the network.
function showColumns(columns) {
  const canvas = find("columns");
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  fitCanvas(canvas, width, height);
  const brush = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  const names = [..."0123456789", "–"];
  const [left, row] = [16, height / names.length];
  const step = (width - left) / (columns.length || 1);
  brush.font = `${Math.min(12, row)}px system-ui`;
  brush.textBaseline = "middle";
  names.forEach((name, index) => {
    brush.globalAlpha = 1;
    brush.fillStyle = style.getPropertyValue("--soft");
    brush.fillText(name, 2, (index + 0.5) * row);
    brush.globalAlpha = 0.35;
    brush.fillStyle = style.getPropertyValue("--line");
    brush.fillRect(left, (index + 1) * row - 1, width - left, 1);
    brush.fillStyle = style.getPropertyValue(index < 10 ? "--main" : "--soft");
    columns.forEach((column, place) => {
      brush.globalAlpha = column[index] * (index < 10 ? 1 : 0.45);
      brush.fillRect(left + place * step, index * row + 1, Math.max(1, step - 1), row - 2);
    });
  });
  brush.globalAlpha = 1;
}
