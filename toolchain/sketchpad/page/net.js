// Talking to the server: JSON both ways; what goes wrong becomes an Error that a person can read.

const PATIENCE = 15000; // ms

export async function ask(path, content, method = content ? "POST" : "GET") {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: content && { "content-type": "application/json" },
      body: content && JSON.stringify(content),
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new Error("The computer does not answer. Is nrtool still running?");
  }
  const said = await answer.json().catch(() => ({ error: `answer ${answer.status}` }));
  if (!answer.ok) throw Object.assign(new Error(said.error), { status: answer.status });
  return said;
}
