// Collect mode: asks for a number, keeps what was written, shows how far one has come.

import { remember, remembered } from "./kept.js";
import { ask } from "./net.js";
import * as outbox from "./outbox.js";

const WRITER = "nrtool-writer";
const find = (id) => document.getElementById(id);

export const writer = () => remembered(WRITER) ?? "";

export class Collecting {
  #pad;
  #onTrouble;
  #asked = null;
  #skipped = 0;

  constructor(pad, onTrouble) {
    this.#pad = pad;
    this.#onTrouble = onTrouble;
    find("writer").value = writer();
    find("who").addEventListener("submit", (event) => {
      event.preventDefault();
      remember(WRITER, find("writer").value.trim());
      find("writer").blur();
      this.#skipped = 0;
      this.refresh();
    });
    find("skip").addEventListener("click", () => {
      this.#skipped += 1;
      this.#pad.clear();
      this.refresh();
    });
    find("done").addEventListener("click", () => this.#keep());
    pad.addEventListener("change", () => this.#enable());
  }

  // The note is of what was just kept, or, if it cannot be sent now either, of where it is.
  async refresh(note = "", unsent = "") {
    this.#asked = null;
    find("prompt").textContent = "\u00a0";
    this.#enable();
    // Another view may be open by the time that an answer comes.
    if (!find("progress").hidden) find("writing").hidden = !writer();
    if (!writer()) {
      find("note").textContent = "Choose a nickname, then write what is asked for.";
      return;
    }
    try {
      await outbox.flush();
      const query = new URLSearchParams({ writer: writer(), skipped: this.#skipped });
      const progress = await ask(`/api/progress?${query}`);
      this.#asked = progress.next;
      find("prompt").textContent = progress.next;
      showProgress(progress, note);
      this.#onTrouble("");
    } catch (error) {
      find("note").textContent = unsent || note || find("note").textContent;
      this.#onTrouble(error.message);
    }
    this.#enable();
  }

  async #keep() {
    if (!this.#asked || !this.#pad.strokes.length) return;
    const id = outbox.newId();
    const drawing = { id, number: this.#asked, writer: writer(), strokes: this.#pad.strokes };
    this.#asked = null;
    this.#pad.clear();
    let note = "";
    let unsent = "";
    try {
      const answer = (await outbox.put(drawing)).get(id);
      if (answer?.refused) note = `${drawing.number} was not kept: ${answer.refused}.`;
      else if (answer?.divided === false)
        note = `${drawing.number} is kept, but its digits touch or fall apart, so training ` +
          "leaves it out. A little room between the digits helps.";
    } catch (error) {
      unsent = `${drawing.number} waits in this browser until the computer answers.`;
    }
    await this.refresh(note, unsent);
  }

  #enable() {
    find("done").disabled = !this.#asked || !this.#pad.strokes.length;
    find("skip").disabled = !this.#asked;
  }
}

function showProgress({ kept, round, digits, trainable }, note) {
  const left = round - (kept % round);
  find("kept").textContent = `${kept} kept; ${left} more to a full round.`;
  const cells = digits.map((count, digit) => {
    const cell = document.createElement("li");
    const name = document.createElement("b");
    name.textContent = digit;
    cell.append(name, `×${count}`);
    return cell;
  });
  find("digits").replaceChildren(...cells);
  const kind = `What ${writer()} writes checks models and trains none. ` +
    `To train on it, take another nickname, such as ${trainable}.`;
  find("note").textContent = [note, trainable === writer() ? "" : kind].filter(Boolean).join(" ");
}
