"""What the pages share: cached resources, the active run, the canvas."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

# Until its main script has run once, Streamlit takes a folder `pages` for an application of
# its older kind. Whoever opens a page other than the first on a fresh server would then see
# that page without the application's navigation and configuration: begin again, with them.
if PagesManager.uses_pages_directory:
    PagesManager.uses_pages_directory = False
    st.rerun()
