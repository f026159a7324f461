// Talking to the server: JSON both ways; what goes wrong becomes an Error that a person can read.

const PATIENCE = 15000; // ms

export async function ask(path, content, method = content ? "POST" : "GET") {
  // AbortSignal.timeout would say this in a line, and is not there before Safari 16.
  const stop = new AbortController();
  const bell = setTimeout(() => stop.abort(), PATIENCE);
  try {
    return await answered(path, {
      method,
      headers: content && { "content-type": "application/json" },
      body: content && JSON.stringify(content),
      signal: stop.signal,
    });
  } finally {
    clearTimeout(bell);
  }
}

async function answered(path, request) {
  let answer;
  try {
    answer = await fetch(path, request);
  } catch {
    throw new Error("The computer does not answer. Is nrtool still running?");
  }
  const said = await answer.json().catch(() => ({ error: `answer ${answer.status}` }));
  if (!answer.ok) throw Object.assign(new Error(said.error), { status: answer.status });
  return said;
}
