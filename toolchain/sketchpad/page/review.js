// Looking through what one has written, and deleting it.

import { ask } from "./net.js";
import { writer } from "./collect.js";
import { drawStrokes, fitCanvas } from "./pad.js";

const BORDER = 0.12; // of a thumbnail
const PEN = 0.045; // of its height
const find = (id) => document.getElementById(id);

export class Review {
  #onTrouble;
  #start = 0;
  #shown = 0;

  constructor(onTrouble) {
    this.#onTrouble = onTrouble;
    find("older").addEventListener("click", () => this.refresh(this.#start + this.#shown));
    find("newer").addEventListener("click", () => this.refresh(Math.max(0, this.#start - 24)));
  }

  async refresh(start = 0) {
    try {
      if (!writer()) return this.#show({ drawings: [], count: 0 }, 0);
      const query = new URLSearchParams({ writer: writer(), start });
      this.#show(await ask(`/api/drawings?${query}`), start);
      this.#onTrouble("");
    } catch (error) {
      this.#onTrouble(error.message);
    }
  }

  #show({ drawings, count }, start) {
    this.#start = start;
    this.#shown = drawings.length;
    const whose = writer() ? `by ${writer()}` : "yet: choose a nickname under Collect";
    find("found").textContent = `${count || "No"} drawing${count === 1 ? "" : "s"} ${whose}.`;
    find("newer").hidden = start === 0;
    find("older").hidden = start + drawings.length >= count;
    find("drawings").replaceChildren(...drawings.map((drawing) => this.#card(drawing)));
    for (const canvas of find("drawings").querySelectorAll("canvas")) thumbnail(canvas);
  }

  #card({ id, number, divided, strokes }) {
    const card = document.createElement("li");
    const canvas = Object.assign(document.createElement("canvas"), { strokes });
    const line = document.createElement("div");
    const name = document.createElement("b");
    name.textContent = number;
    const button = document.createElement("button");
    button.textContent = "Delete";
    button.setAttribute("aria-label", `Delete ${number}`);
    button.addEventListener("click", () => this.#delete(button, id));
    line.append(name, button);
    card.append(canvas, line);
    if (!divided) {
      const why = document.createElement("small");
      why.textContent = "not divided: not used for training";
      card.append(why);
    }
    return card;
  }

  async #delete(button, id) {
    if (button.textContent === "Delete") {
      button.textContent = "Really?";
      setTimeout(() => (button.textContent = "Delete"), 3000);
      return;
    }
    try {
      await ask(`/api/drawings/${id}`, undefined, "DELETE");
      await this.refresh(this.#start);
    } catch (error) {
      this.#onTrouble(error.message);
    }
  }
}

function thumbnail(canvas) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const points = canvas.strokes.flat();
  const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [wide, high] = [Math.max(...xs) - left, Math.max(...ys) - top];
  const room = 1 - 2 * BORDER;
  const scale = Math.min((room * width) / (wide || 1), (room * height) / (high || 1));
  const [dx, dy] = [(width - wide * scale) / 2, (height - high * scale) / 2];
  fitCanvas(canvas, width, height);
  const placed = canvas.strokes.map((stroke) =>
    stroke.map(([x, y]) => [(x - left) * scale + dx, (y - top) * scale + dy]));
  drawStrokes(canvas, placed, height * PEN);
}
