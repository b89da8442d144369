// What a browser keeps of a visitor, where it may and can: every page works without.

export const PREFIX = "mnist-canvas.";

/** The names under which the browser has what other windows may change (storage events). */
export const KEYS = { hand: `${PREFIX}hand` };

/**
 * @param {string} key
 * @returns {?string} what was kept; null where nothing was, or nothing may be
 */
export function recall(key) {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

/**
 * @param {string} key
 * @param {?string} text null to forget
 * @returns {boolean} whether it is kept: not where storage is full or forbidden
 */
export function remember(key, text) {
  try {
    if (text === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, text);
    return true;
  } catch {
    return false;
  }
}
