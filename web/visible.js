// A page that nobody sees does no work.

/** @returns {Promise<void>} ends when somebody sees the page: now, or once it is shown again */
export async function visible() {
  while (document.hidden) {
    await new Promise((seen) => {
      document.addEventListener("visibilitychange", seen, { once: true });
    });
  }
}
