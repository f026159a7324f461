// The page: which view is open, dark or light, and what goes wrong.

import { Collecting } from "./collect.js";
import { remember, remembered } from "./kept.js";
import { ask } from "./net.js";
import { Pad } from "./pad.js";
import { Reading } from "./reading.js";
import { Review } from "./review.js";

const THEME = "nrtool-theme";
const find = (id) => document.getElementById(id);

function trouble(message) {
  find("trouble").textContent = message;
  find("trouble").hidden = !message;
}

const pad = new Pad(find("pad"));
const reading = new Reading(pad, trouble);
const collecting = new Collecting(pad, trouble);
const review = new Review(trouble);

function open(view) {
  for (const tab of document.querySelectorAll("[data-view]"))
    tab.setAttribute("aria-pressed", tab.dataset.view === view);
  find("writing").hidden = view === "review";
  find("review").hidden = view !== "review";
  find("reading").hidden = view !== "read";
  for (const id of ["asked", "progress", "skip", "done"]) find(id).hidden = view !== "collect";
  pad.clear();
  if (view === "collect") collecting.refresh();
  if (view === "review") review.refresh();
}

function paint(theme) {
  document.documentElement.dataset.theme = theme;
  pad.draw();
}

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const preferred = () => remembered(THEME) ?? (dark.matches ? "dark" : "light");
paint(preferred());
dark.addEventListener("change", () => paint(preferred()));
find("theme").addEventListener("click", () => {
  remember(THEME, document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  paint(preferred());
  reading.update();
});

find("undo").addEventListener("click", () => pad.undo());
find("clear").addEventListener("click", () => pad.clear());
pad.addEventListener("change", () => {
  find("hint").hidden = pad.strokes.length > 0;
  find("undo").disabled = find("clear").disabled = !pad.strokes.length;
});
for (const tab of document.querySelectorAll("[data-view]"))
  tab.addEventListener("click", () => open(tab.dataset.view));

try {
  const state = await ask("/api/state");
  find("model").replaceChildren(...state.models.map((name) => new Option(name)));
  find("tabs").hidden = !state.collects;
  open("read");
} catch (error) {
  trouble(error.message);
}
