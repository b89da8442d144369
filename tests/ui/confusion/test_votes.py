"""Who has a say on a doubtful label, and what is said."""

import datetime

import numpy as np
from streamlit.testing.v1 import AppTest

from mnist_core import classroom
from mnist_core.classroom import database
from mnist_core.runs import Evaluation
from ui.confusion import label_issues, saving, visitors, votes


def script():
    from ui.confusion import votes

    votes.show(("digits", 7), 4, 9, "me")


def test_the_others_votes_are_shown_after_ones_own(models_dir):
    votes.vote(("digits", 7), 9, "somebody else")
    votes.vote(("digits", 8), 4, "somebody else")
    page = AppTest.from_function(script, default_timeout=120).run()
    assert [button.label for button in page.button] == ["a 4, as labelled", "a 9", "neither"]
    page.button(key="vote_label").click().run()
    labels = [button.label for button in page.button]
    assert labels == ["a 4, as labelled · 1", "a 9 · 1", "neither · 0"]
    page.button(key="vote_neither").click().run()
    labels = [button.label for button in page.button]
    assert labels == ["a 4, as labelled · 0", "a 9 · 1", "neither · 1"]


def test_votes_outlive_the_server(models_dir):
    votes.vote(("digits", 7), 9, "me")
    after_a_restart = classroom.Store(database.default_url())
    assert after_a_restart.votes(None, votes.subject(("digits", 7))) == {9: 1}
    after_a_restart.shut()


def test_a_visitor_is_the_same_after_a_reload():
    before = visitors.unmasked("2|22181933|31cb130c29872b1db454fd4be0639dcd|1795905219")
    after = visitors.unmasked("2|30978fa5|2344859a3b08bd8ba6db6bddf2ec0b5b|1795905219")
    assert before == after
    assert len(before) == 16
    other = visitors.unmasked("2|30978fa5|2344859a3b08bd8ba6db6bddf2ec0b5c|1795905219")
    assert other != after
    for nonsense in ("", "2|", "1|22|33|44", "2||33|44", "2|zz|33|44"):
        assert visitors.unmasked(nonsense) == b""


def test_networks_that_are_the_same_have_one_say():
    one, other = np.eye(10, dtype=np.float32), np.full((10, 10), 0.1, np.float32)
    labels = np.arange(10, dtype=np.uint8)
    found = {
        name: Evaluation(given, labels, "mnist", "", "")
        for name, given in (("a", one), ("copy of a", one.copy()), ("b", other))
    }
    assert label_issues.different(list(found), found) == ["a", "b"]


def test_a_file_is_named_after_network_digits_and_day():
    today = datetime.date.today().isoformat()
    name = saving.file_name("mnist+pen-strokes", ["my net", "cnn"], "confusion", "csv")
    assert name == f"confusion_my-net_cnn_mnist+pen-strokes_{today}.csv"
