"""Scripts that stand within pages. A browser runs no others: `ui.serving` tells it their hashes."""

from __future__ import annotations

# The component's own toolbar lies over the upper right corner of the canvas, invisible until
# it is pointed at, and would take the strokes that begin there. Undo and clear stand below.
# And a page decides how large the canvas is on the screen, whatever it has in pixels.
HIDE_TOOLBAR = """<script>
(function hide(tries) {
    for (const element of document.querySelectorAll('.st-key-canvas *')) {
        const root = element.shadowRoot;
        if (root?.querySelector('.dc-toolbar')) {
            const style = document.createElement('style');
            style.textContent = `.dc-toolbar { display: none !important; }
                .dc-container, .canvas-container, canvas {
                    width: var(--canvas-width, 340px) !important;
                    height: var(--canvas-height, 340px) !important;
                }`;
            root.append(style);
            return;
        }
    }
    if (tries > 0) setTimeout(hide, 50, tries - 1);
})(400);
</script>"""

# What is asked for stands below the button on a phone, and above the table that it is asked from.
INTO_VIEW = """<script>
(function show(tries) {
    const panel = document.querySelector(':is(.st-key-watch, .st-key-train_class) h2');
    if (!panel) {
        if (tries > 0) setTimeout(show, 50, tries - 1);
        return;
    }
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const { top, bottom } = panel.getBoundingClientRect();
    if (top < 50 || bottom > innerHeight / 2) {
        panel.style.scrollMarginTop = '4rem';
        panel.scrollIntoView({ behavior: calm ? 'auto' : 'smooth', block: 'start' });
    }
})(100);
</script>"""

# The link is there before the script, but the browser may put them into the page the other way.
FOLLOW = """<style>.st-key-way_to_draw { display: none; }</style><script>
(function follow(tries) {
    const link = document.querySelector('.st-key-way_to_draw a');
    if (link) link.click();
    else if (tries > 0) setTimeout(follow, 20, tries - 1);
})(250);
</script>"""

# Streamlit calls the button that opens the navigation on a phone "Expand sidebar". It comes and
# goes with the width of the window, so that it is looked for whenever something changes.
NAME_MENU = """<script>
(function name() {
    const names = {stExpandSidebarButton: 'Menu', stSidebarCollapseButton: 'Close the menu'};
    for (const [id, words] of Object.entries(names)) {
        const place = document.querySelector(`[data-testid=${id}]`);
        const button = place?.querySelector('button') ?? place;
        if (button && button.ariaLabel !== words) button.ariaLabel = words;
    }
    if (window.menuIsNamed) return;
    window.menuIsNamed = true;
    new MutationObserver(name).observe(document.body, {childList: true, subtree: true});
})();
</script>"""

ALL = (HIDE_TOOLBAR, FOLLOW, NAME_MENU, INTO_VIEW)
