"""A class as a dataset, as a file, and on the command line."""

import io
import json
import uuid
import zipfile

import msgspec
import numpy as np
import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st
from PIL import Image

from mnist_core import class_file, classroom, datasets, runs
from mnist_core.classroom import lesson, sample_class
from mnist_core.cli import main
from mnist_core.errors import InputError


@pytest.fixture
def store(models_dir):
    return classroom.store()


@pytest.fixture
def command(models_dir, capsys):
    """Run a command: its exit status, and the lines that it printed."""

    def run(*arguments):
        status = main(["classroom", *arguments])
        printed = capsys.readouterr()
        return status, (printed.err if status else printed.out).splitlines()

    return run


def drawn(label, which=None):
    strokes = [[[10 * label, 20], [60, 90 + label]]]
    return {"id": which or str(uuid.uuid4()), "label": label, "guess": 1, "strokes": strokes}


def without_read(_):
    return None


def test_some_members_are_held_out_whole_and_stay_so(store):
    code = store.open_class("Tuesday").code
    tokens = [store.join(code)[0] for _ in range(7)]
    for token in tokens[:1]:
        store.add(code, token, drawn(1))
    with pytest.raises(InputError, match="too few members"):
        datasets.load(f"class-{code}")
    for label in (1, 2, None):
        for token in tokens[:4]:
            store.add(code, token, {**drawn(3), "label": label})
    found = datasets.load(f"class-{code.lower()}")
    assert (found.name, len(found.x_train), len(found.x_test)) == (f"class-{code}", 7, 2)
    assert set(found.writers_test) == {2}
    assert not set(found.writers_train) & set(found.writers_test)
    assert sorted(found.y_test) == [1, 2]
    np.testing.assert_array_equal(found.strokes_test[0][0], [[30, 20], [60, 93]])
    trained_on = set(found.writers_train)
    for token in tokens[4:]:
        store.add(code, token, drawn(5))
    later = datasets.load(f"class-{code}")
    assert set(later.writers_test) == {2, 6}
    assert not trained_on & set(later.writers_test)
    store.remove(code, 6)
    store.hide(code, store.digits(code)[0].id)
    fewer = datasets.load(f"class-{code}")
    assert (set(fewer.writers_test), len(fewer.x_train)) == ({2}, len(later.x_train) - 1)
    assert all(datasets.is_held_out(member) == (member in (2, 6)) for member in range(1, 8))
    with pytest.raises(InputError, match="no class with this code"):
        datasets.load("class-CDFHJK")


def test_the_commands_open_list_keep_and_delete(command, store, tmp_path):
    status, lines = command("new", "Tuesday, 4b")
    code = lines[0]
    assert (status, len(code)) == (0, 6)
    token, _ = store.join(code)
    for label in (3, None):
        store.add(code, token, {**drawn(7), "label": label})
    status, lines = command("digits", code)
    kept = [json.loads(line) for line in lines]
    assert [(d["label"], d["guess"], d["member"]) for d in kept] == [(3, 1, 1), (None, 1, 1)]
    assert [list(d) for d in kept] == [["id", "label", "guess", "member"]] * 2
    store.hide(code, kept[0]["id"])
    assert len(command("digits", code)[1]) == 1
    assert len(command("digits", code, "--hidden")[1]) == 2
    assert "Tuesday, 4b" in "".join(command("list")[1])
    assert command("close", code)[0] == 0
    assert store.get(code).state == "closed"
    file = tmp_path / "class.zip"
    assert command("export", code, str(file))[0] == 0
    assert command("delete", code, "--digit", kept[0]["id"])[0] == 0
    assert command("delete", code)[0] == 0
    for refused, said in (
        (("digits", code), "no class with this code"),
        (("new", " "), "name of 1 to 80"),
        (("delete",), "or --all"),
        (("delete", code, "--all"), "or --all"),
        (("import", str(tmp_path / "none.zip")), "cannot be read"),
        (("import", __file__), "holds no class"),
    ):
        status, lines = command(*refused)
        assert (status, len(lines)) == (2, 1)
        assert said in lines[0]
    (brought,) = command("import", str(file))[1]
    assert len(store.digits(brought, hidden=True)) == 2
    assert command("delete", "--all")[0] == 0
    assert store.classes() == []


def test_a_class_is_brought_back_whole(store):
    code = store.bring(sample_class.lesson(without_read), is_sample=True)
    store.reopen(code)
    token, _ = store.join(code)
    one = drawn(4)
    store.add(code, token, one, (9, 0.5))
    store.set_activity(code, "what", one["id"])
    store.vote(code, one["id"], token, "none")
    store.vote(code, "mnist:7", token, 3)
    store.remove(code, 2)
    content = class_file.save(code)
    brought = class_file.bring(content)
    assert brought != code
    assert store.get(brought).state == "closed"
    assert not store.get(brought).is_sample
    kept, before = store.lesson(brought), store.lesson(code)
    assert kept.activities[:-1] == before.activities
    assert msgspec.structs.replace(kept, activities=[]) == msgspec.structs.replace(
        before, activities=[]
    )
    assert store.votes(brought, one["id"]) == {"none": 1}
    same, other = datasets.load(f"class-{code}"), datasets.load(f"class-{brought}")
    assert same.checksum == other.checksum
    with pytest.raises(classroom.UnknownMemberError):
        store.member(brought, token)

    with zipfile.ZipFile(io.BytesIO(content)) as file:
        table = file.read("digits.csv").decode("utf-8-sig").splitlines()
        picture = np.asarray(Image.open(io.BytesIO(file.read(f"digits/4/{one['id']}.png"))))
    assert len(table) == 1 + len(before.digits)
    assert (picture.shape, picture.dtype) == ((28, 28), np.uint8)
    assert picture.max() == 255


@pytest.mark.slow
def test_the_network_of_a_class_goes_with_it(store, own_run):
    code = store.bring(sample_class.lesson(without_read))
    store.set_network(code, own_run.name)
    brought = store.get(class_file.bring(class_file.save(code)))
    run = runs.named(brought.network)
    assert run.usable
    assert run.name == f"class-{brought.code}"
    assert run.path != own_run.path


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    store = classroom.Store(f"sqlite:///{tmp_path_factory.mktemp('elsewhere')}/x.sqlite")
    yield store
    store.shut()


SMALL = lesson.Lesson(
    "Tuesday",
    1e9,
    [lesson.KeptMember(1, "otter", "teal")],
    [
        lesson.KeptDigit(
            "a89d790d-d550-477f-b722-70b46271fd31", 1, [[(1, 2), (30, 40)]], 1e9, "write", 1, 4,
            "prompted", 9, (9, 0.5),
        )
    ],
    [lesson.KeptActivity("write", 1, None, 1e9)],
    [lesson.KeptVote("mnist:3", 1, "none")],
)  # fmt: skip
WRONG = (None, -1, 2, 11, 2**40, 1e300, "", "x" * 300, "\0", [], [[]], [[[1e9, 2]]], {}, True)


@settings(max_examples=100)
@over(st.data())
def test_a_file_that_was_altered_is_brought_whole_or_not_at_all(elsewhere, data):
    content = json.loads(msgspec.json.encode(SMALL))
    part = data.draw(st.sampled_from(["", "members", "digits", "activities", "votes"]))
    target = content[part][0] if part else content
    key = data.draw(st.sampled_from(sorted(target)))
    target[key] = data.draw(st.sampled_from(WRONG))
    if data.draw(st.booleans()) and part:
        content[part].append(dict(target))
    before = len(elsewhere.classes())
    try:
        code = elsewhere.bring(lesson.decode(json.dumps(content).encode()))
    except InputError:
        assert len(elsewhere.classes()) == before
        return
    assert len(elsewhere.lesson(code).digits) == len(content["digits"])
    elsewhere.delete_class(code)
