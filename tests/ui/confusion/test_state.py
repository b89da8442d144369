"""What the confusion page remembers of its visitor, on a page that shows nothing else."""

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core import runs


def script():
    """A page that writes its state down and has a button for each change."""
    import streamlit as st

    from ui.confusion import state

    now = state.read(st.session_state["names"])
    for label, change, arguments in (
        ("cell", state.select, (4, 9)),
        ("open", state.open_digit, (7,)),
        ("close", state.close_digit, ()),
        ("turn", state.turn, (123, 2)),
        ("tell", state.tell, ("It is broken.",)),
        ("hand over", state.hand_over, ({"type": "image"}, "A note.", "report-ann", 7)),
    ):
        st.button(label, key=label, on_click=change, args=arguments)
    state.write_address(now.selection)
    st.session_state["now"] = now


@pytest.fixture
def page(models_dir):
    def visit(names=(runs.DEFAULT_RUN, "report-ann", "mine"), **address):
        app = AppTest.from_function(script, default_timeout=60)
        app.session_state["names"] = list(names)
        for name, value in address.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return visit


def after(app, *labels):
    for label in labels:
        app.button(key=label).click().run()
        assert not app.exception
    return app.session_state["now"]


def test_an_address_is_taken_once_and_what_follows_stays(page):
    app = page(run="report-ann", true="3")
    assert app.session_state["now"].selection.cell == (3, None)
    now = after(app, "cell", "open")
    assert (now.selection.run, now.selection.cell) == ("report-ann", (4, 9))
    assert now.selection.digit == 7
    assert app.query_params["digit"] in ("7", ["7"])
    app.query_params.clear()  # back from another page
    assert app.run().session_state["now"].selection == now.selection
    app.query_params.clear()
    app.query_params["run"] = "mine"
    selection = app.run().session_state["now"].selection
    assert (selection.run, selection.cell, selection.digit) == ("mine", (None, None), None)


def test_another_cell_closes_the_digit(page):
    app = page()
    assert after(app, "open").selection.digit == 7
    assert after(app, "cell").selection.digit is None


def test_runs_that_are_gone_are_left_out(page):
    app = page(run="report-ann", other="mine")
    assert app.session_state["now"].selection.other == "mine"
    app.session_state["names"] = [runs.DEFAULT_RUN]
    selection = app.run().session_state["now"].selection
    assert (selection.run, selection.other) == (runs.DEFAULT_RUN, None)


def test_the_run_that_reads_on_the_drawing_page_is_looked_at_first(page, models_dir):
    app = AppTest.from_function(script, default_timeout=60)
    app.session_state["names"] = [runs.DEFAULT_RUN, "mine"]
    app.session_state["run"] = "mine"
    assert app.run().session_state["now"].selection.run == "mine"


def test_a_problem_is_said_once(page):
    app = page()
    assert after(app, "tell").memory.problem == "It is broken."
    assert app.run().session_state["now"].memory.problem is None


def test_a_page_is_remembered_with_what_was_paged_through(page):
    memory = after(page(), "turn").memory
    assert (memory.signature, memory.page) == (123, 2)


def test_every_visitor_is_another_and_stays_the_same(page):
    app, other = page(), page()
    visitor = app.session_state["now"].memory.visitor
    assert after(app, "cell").memory.visitor == visitor
    assert other.session_state["now"].memory.visitor != visitor


def test_a_digit_is_left_for_the_drawing_page_with_the_run_that_reads_it(page):
    app = page()
    assert not app.session_state["now"].leaving
    assert after(app, "hand over").leaving
    assert app.session_state["to_canvas"] == ([{"type": "image"}], "A note.", 7)
    assert app.session_state["run"] == "report-ann"
