"""The field's words: all that a class asks for, one sentence each, the same everywhere."""

import ast
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui import glossary

ROOT = Path(__file__).parent.parent.parent
ASKED_FOR = (
    "epoch", "batch", "loss", "validation", "dropout", "learning rate", "optimizer", "precision",
    "recall", "F1", "support", "calibration", "confidence threshold",
)  # fmt: skip


@pytest.mark.parametrize("term", ASKED_FOR)
def test_what_a_class_asks_for_is_explained(term):
    assert term in glossary.TERMS


@pytest.mark.parametrize("term", glossary.TERMS)
def test_a_term_is_one_short_sentence(term):
    sentence = glossary.TERMS[term]
    assert sentence.endswith(".")
    assert ". " not in sentence
    assert len(sentence) <= 140


def test_the_terms_stand_in_a_row_with_their_sentences():
    def page():
        from ui import glossary

        glossary.words("precision", "F1")

    captions = AppTest.from_function(page, default_timeout=120).run().caption
    assert [caption.value for caption in captions] == ["Precision", "F1"]
    assert [caption.help for caption in captions] == [
        glossary.TERMS["precision"],
        glossary.TERMS["F1"],
    ]


def test_pages_ask_only_for_terms_that_there_are():
    asked = 0
    for path in [*(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            owner, name = getattr(call.func.value, "id", ""), call.func.attr
            if owner == "glossary" and name in ("help_for", "words"):
                for term in (a.value for a in call.args if isinstance(a, ast.Constant)):
                    assert term in glossary.TERMS, f"{path.name}:{call.lineno}"
                    asked += 1
    assert asked
