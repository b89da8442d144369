// The network of the pocket page: within it, in a file of its own; or beside it, on a server.

import { PageWorker } from "../page_worker.js";
import { networkAt, workerOf } from "../reader.js";

/**
 * @param {{digest: string, network: ?string}} settings the digest of the network, and where it is
 *   if it is not in the page, in `#network`, as base64
 * @returns {import("../reader.js").NetworkSource}
 */
export function networkOf({ digest, network }) {
  if (network) return networkAt(network);
  const bytes = async () => {
    const text = atob(document.querySelector("#network").textContent);
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer;
  };
  return { name: digest, digest, bytes };
}

/**
 * @param {string} script of the page, which reads where it runs in a worker
 * @returns {Worker | PageWorker}
 */
export function readingWorker(script) {
  try {
    return workerOf(script);
  } catch {
    return new PageWorker(); // some browsers start no worker for a file of the disk's
  }
}
