// Many things that a browser keeps under keys with one beginning.

import { PREFIX, remember } from "../storage.js";

/**
 * @param {string} start
 * @returns {string[]} how the keys that begin so go on, of all that is kept
 */
export function keptUnder(start) {
  try {
    const begin = PREFIX + start;
    const keys = Array.from({ length: localStorage.length }, (_, at) => localStorage.key(at));
    return keys.filter((key) => key?.startsWith(begin)).map((key) => key.slice(begin.length));
  } catch {
    return [];
  }
}

/** Forget all that is kept under keys that begin so. */
export function forgetUnder(start) {
  for (const end of keptUnder(start)) remember(start + end, null);
}
