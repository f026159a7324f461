// What the browser keeps for the next visit; where it blocks that, until the page is closed.

const memory = new Map();

export function remembered(name) {
  if (memory.has(name)) return memory.get(name);
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // to touch a storage that is blocked throws
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(name, value);
    memory.delete(name);
  } catch {
    memory.set(name, value); // blocked, or full
  }
}
