// Gives the pocket page from what the browser has kept of it, and looks for a newer one meanwhile.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (/\/networks\/[^/]+$/.test(request.url)) event.respondWith(network(request));
});

/** The page as it was kept, at once; whoever reloads it wants the server's. */
async function page(event) {
  const { request } = event;
  const kept = await caches.open("pocket");
  const known = await kept.match(request.url);
  const fresh = fetch(request).then(async (answer) => {
    if (known && answer.ok) await keep(kept, request.url, answer.clone());
    return answer;
  });
  if (!known) return fresh;
  if (request.cache !== "default") return fresh.catch(() => known);
  event.waitUntil(fresh.catch(() => null));
  return known;
}

/** Keep a page, but not before the network that it reads with. */
async function keep(kept, url, answer) {
  const [address] = /(?:\.\.\/)?networks\/[0-9a-f]+/.exec(await answer.clone().text()) ?? [];
  if (address) await kept.add(new URL(address, url));
  await kept.put(url, answer);
}

/** Other content has another address: what was kept is never old. */
async function network(request) {
  const known = request.cache === "reload" ? null : await caches.match(request.url);
  return known ?? fetch(request);
}
