// Answers from what the browser keeps, so that the page opens without a network. The lines above,
// VERSION and FILES, are written with the page: another page is another VERSION.

const OURS = `nrtool ${self.registration.scope} `; // a site may hold several pages
const KEPT = OURS + VERSION;
const INDEX = new URL("index.html", self.registration.scope).href; // kept as the folder itself

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(forget()));
self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET") event.respondWith(answer(event.request));
});

// All or nothing. Asks the host for each, lest an older one lies in the browser's own cache.
async function keep() {
  const cache = await caches.open(KEPT);
  await cache.addAll(FILES.map((name) => new Request(name, { cache: "no-cache" })));
}

async function forget() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(OURS) && name !== KEPT);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function answer(request) {
  const cache = await caches.open(KEPT);
  const wanted = request.url.split(/[?#]/)[0] === INDEX ? "./" : request;
  return (await cache.match(wanted, { ignoreSearch: true })) ?? fetch(request);
}
