"""Words of others on a page: they stay text, and tell no path of the machine."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ui import say

HARMLESS = {"text", "text_special", "code_inline"} | {
    f"{kind}_{end}" for kind in ("em", "strong") for end in ("open", "close")
}
SPECIAL = st.text("![]()<>`*_~#-+=>|$\\&;:. \n\t1ab/", max_size=30)


@given(st.one_of(st.text(max_size=40), SPECIAL))
@example("# heading")
@example("x\n\n![](http://host.example/a.png)")
@example("** *")
@example("```x")
@example("<img src=x onerror=y>")
@example("[a]: http://host.example")
def test_no_text_becomes_more_than_a_line_of_text(text):
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(say.plain(text))
    assert [token.type for token in tokens] in ([], ["paragraph_open", "inline", "paragraph_close"])
    assert {child.type for token in tokens for child in token.children or ()} <= HARMLESS


@pytest.mark.parametrize(
    "text", ["https://host.example/x", "www.host.example", ":red[x]", ":material/face:", ":smile:"]
)
def test_addresses_and_directives_are_taken_apart(text):
    assert text not in say.plain(text)
    assert say.plain(text).replace(say.APART, "").replace("\\", "") == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "There is no file /home/me/data/mnist.npz: set it.",
            "There is no file mnist.npz: set it.",
        ),
        ("Cannot write {models}/mine/run.json (full).", "Cannot write run.json (full)."),
        (r"C:\Users\me\models\mine is full.", "mine is full."),
        ("No ~/.keras/datasets/mnist.npz.", "No mnist.npz."),
        ('File "/usr/lib/python3/ast.py", line 3', 'File "ast.py", line 3'),
        ("1/2 of /compare?view=Search at tcp://host:8786", None),
        ("http://host/a/b and 3/4/5", None),
    ],
)
def test_of_a_path_only_the_end_is_told(text, told, tmp_path, monkeypatch):
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "a class' models"))
    given = text.format(models=tmp_path / "a class' models")
    assert say.without_paths(given) == (given if told is None else told)
