// Drawings that the server has not acknowledged yet wait here, even if the browser is closed.

import { remember, remembered } from "./kept.js";
import { ask } from "./net.js";

const SHELF = "nrtool-outbox";
const REFUSED = [400, 413]; // sending again would be refused again
let sending = null;

const waiting = () => JSON.parse(remembered(SHELF) ?? "[]");
const keep = (drawings) => remember(SHELF, JSON.stringify(drawings));

export function newId() {
  // randomUUID is not there on pages without TLS, as those of a home network are.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function put(drawing) {
  keep([...waiting(), drawing]);
  return flush();
}

// Sends what waits, oldest first; resolves to the answers by id, rejects when one cannot be sent.
export function flush() {
  sending ??= sendAll().finally(() => (sending = null));
  return sending;
}

async function sendAll() {
  const answers = new Map();
  for (let next; (next = waiting()[0]); ) {
    try {
      answers.set(next.id, await ask("/api/drawings", next));
    } catch (error) {
      if (!REFUSED.includes(error.status)) throw error;
      answers.set(next.id, { refused: error.message });
    }
    keep(waiting().filter((drawing) => drawing.id !== next.id));
  }
  return answers;
}
