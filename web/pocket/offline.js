// Opened a second time, the page needs no network: a service worker has kept it.

import { recall, remember } from "../storage.js";

/**
 * Keep the page and its network in the browser, where it came from a server by HTTPS or from this
 * machine. A browser keeps other pages for a while by itself.
 *
 * @param {{network: ?string, offline: ?string}} settings where the network and the service worker
 *   are; null in a file of its own
 * @returns {Promise<void>}
 */
export async function keepForLater({ network, offline }) {
  if (!offline || !navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register(offline, { scope: location.pathname });
    await navigator.serviceWorker.ready;
    const kept = await caches.open("pocket");
    const page = location.href.split("#")[0];
    await Promise.all([kept.add(network), kept.add(page)]);
    await forget(kept, page, new URL(network, page).href);
  } catch {
    // Storage is full or forbidden: then it is loaded again the next time.
  }
}

/** Leave of what was kept earlier only the networks that kept pages read with. */
async function forget(kept, page, network) {
  const networks = { ...JSON.parse(recall("networks") ?? "{}"), [page]: network };
  remember("networks", JSON.stringify(networks));
  const wanted = new Set([...Object.keys(networks), ...Object.values(networks)]);
  for (const { url } of await kept.keys()) if (!wanted.has(url)) await kept.delete(url);
}
