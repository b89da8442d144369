"""What is kept of a class, in both databases."""

import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from mnist_core import classroom
from mnist_core.classroom import _classes, tables
from mnist_core.errors import InputError


def digit(label=None, which=None, **more):
    return {
        "id": which or str(uuid.uuid4()),
        "label": label,
        "guess": 9,
        "strokes": [[[10, 20], [30, 40]], [[5, 5]]],
        **more,
    }


@pytest.fixture
def lesson(store):
    """An open class, and the tokens of two members."""
    code = store.open_class("Tuesday").code
    return code, store.join(code)[0], store.join(code)[0]


def rows(store):
    """How many rows each table has."""
    return {
        name: store._database.read(
            lambda c, table=table: c.execute(sa.select(sa.func.count()).select_from(table)).scalar()
        )
        for name, table in tables.metadata.tables.items()
    }


def test_a_digit_is_kept_once_however_often_it_comes(store, lesson):
    code, ann, bob = lesson
    one = digit(which=str(uuid.uuid4()))
    assert [store.add(code, ann, one, (7, 0.5)) for _ in range(3)] == [one["id"]] * 3
    store.add(code, bob, digit(3))
    first, second = store.digits(code)
    assert (first.id, first.member, first.label, first.guess) == (one["id"], 1, None, 9)
    assert (first.strokes, first.read) == (one["strokes"], (7, 0.5))
    assert (second.member, second.label, second.label_source) == (2, 3, "corrected")
    assert first.number < second.number == store.get(code).version
    assert [d.id for d in store.digits(code, after=first.number)] == [second.id]

    # A label may come later; what comes once more after that takes nothing back.
    store.add(code, ann, {**one, "label": 4})
    store.add(code, ann, one)
    assert (store.digit(code, one["id"]).label, len(store.digits(code))) == (4, 2)
    store.relabel(code, one["id"], 5)
    store.add(code, ann, {**one, "label": 4})
    assert store.digit(code, one["id"]).label_source == "teacher"
    assert store.digit(code, one["id"]).label == 5

    with pytest.raises(classroom.ClosedError, match="another member"):
        store.add(code, bob, one)
    store.delete_digit(code, one["id"])
    assert store.add(code, ann, one) == one["id"]  # it is answered, and not there again
    assert [d.id for d in store.digits(code)] == [second.id]


def test_a_digit_is_of_the_activity_in_which_it_was_drawn(store, lesson):
    code, ann, _ = lesson
    asked = store.set_activity(code, "write").activity
    store.set_activity(code, "pause")
    for more in ({"activity": asked.number}, {"activity": 77}, {}):
        store.add(code, ann, digit(1, **more))
    kinds = [(d.activity, d.label_source) for d in store.digits(code)]
    assert kinds == [("write", "prompted"), ("pause", "corrected"), ("pause", "corrected")]
    assert [a.kind for a, _ in store.activities(code)] == ["free", "write", "pause"]


def test_who_may_not(store, lesson):
    code, ann, bob = lesson
    for wrong in ("", "AAAAAA", code[:5], "x" * 10_000, None, "\0" * 6):
        with pytest.raises(classroom.NoClassError, match="look at the code"):
            store.get(wrong)
    assert store.get(f" {code[:3].lower()}-{code[3:]} ").code == code
    other = store.open_class("Wednesday").code
    for token in ("", "nobody", "\0", "é" * 300):
        with pytest.raises(classroom.UnknownMemberError):
            store.add(code, token, digit())
    with pytest.raises(classroom.UnknownMemberError):
        store.add(other, ann, digit())

    store.set_admission(code, "one by one")
    token, member = store.join(code)
    with pytest.raises(classroom.NotAdmittedError, match="not let you in yet"):
        store.add(code, token, digit())
    store.admit(code, member.id)
    store.add(code, token, digit())

    store.add(code, ann, digit(2))
    store.remove(code, 1)
    with pytest.raises(classroom.NotAdmittedError, match="taken you out"):
        store.add(code, ann, digit())
    assert [d.member for d in store.digits(code)] == [member.id]
    assert [d.hidden for d in store.digits(code, hidden=True)] == [False, True]
    store.bring_back(code, 1)
    assert len(store.digits(code)) == 2

    store.close(code)
    for refused in (lambda: store.join(code), lambda: store.add(code, bob, digit())):
        with pytest.raises(classroom.ClosedError, match="is closed"):
            refused()
    store.reopen(code)
    store.add(code, bob, digit())
    for name in ("", "   ", "x" * 81, "a\0b", "\ud800"):
        with pytest.raises(InputError, match="name of 1 to 80"):
            store.open_class(name)


def test_members_are_told_apart_by_animal_and_colour(store):
    code = store.open_class("Tuesday").code
    pairs = [len(classroom.ANIMALS) * len(classroom.COLOURS), 8]
    joined = [store.join(code)[1] for _ in range(sum(pairs))]
    assert [member.id for member in joined] == list(range(1, sum(pairs) + 1))
    seen = Counter((member.animal, member.colour) for member in joined)
    assert sorted(seen.values()) == [1] * (pairs[0] - 8) + [2] * 8


def test_what_is_asked_for_is_balanced(store, lesson):
    code, *tokens = lesson
    for round_of_ten in range(2):
        for number in range(10):
            for member, token in enumerate(tokens, 1):
                asked = store.prompt(code, member)
                assert asked == store.prompt(code, member) or number < 9
                store.add(code, token, digit(asked))
        drawn = Counter((d.member, d.label) for d in store.digits(code))
        assert set(drawn.values()) == {round_of_ten + 1}
        assert len(drawn) == 20


def test_votes_are_one_a_voter_and_stay(store, lesson, opened):
    code, ann, bob = lesson
    store.add(code, ann, one := digit())
    for voter, value in ((ann, 4), (bob, 9), (ann, "none")):
        store.vote(code, one["id"], voter, value)
    assert store.votes(code, one["id"]) == {"none": 1, 9: 1}
    assert store.cast_votes(code) == [
        (one["id"], "member 1", "none"), (one["id"], "member 2", 9)
    ]  # fmt: skip
    store.remove(code, 2)
    assert store.votes(code, one["id"]) == {"none": 1}
    for subject in (str(uuid.uuid4()), "mnist:x", ""):
        with pytest.raises(classroom.NoClassError):
            store.vote(code, subject, ann, 3)
    for value in (11, -1, True, 3.5, "4", None):
        with pytest.raises(InputError, match="A vote is"):
            store.vote(code, "mnist:7", ann, value)

    store.vote(None, "digits:7", "me", 3)
    later = opened()
    assert later.votes(None, "digits:7") == {3: 1}
    assert (later.voted("digits:7", "me"), later.voted("digits:7", "you")) == (3, None)
    store.delete_all()
    assert set(rows(store).values()) == {0}


def test_what_is_deleted_is_gone_for_good(store, lesson, url):
    code, ann, bob = lesson
    marked = [[[77_123, 1], [77_124, 99]]]
    for token in (ann, ann, bob):
        store.add(code, token, one := digit(8, strokes=marked))
    store.set_activity(code, "what", one["id"])
    store.vote(code, one["id"], ann, 3)
    before = store.get(code).version
    assert store.delete_member(code, ann) == 2
    assert [member.id for member in store.members(code)] == [2]
    assert [d.member for d in store.digits(code, hidden=True)] == [2]
    assert store.votes(code, one["id"]) == {}
    assert len(store.changes(code, before).deleted) == 2
    assert store.join(code)[1].id == 3  # no number is given twice
    store.delete_digit(code, one["id"])
    assert store.get(code).activity.subject is None
    store.add(code, bob, digit(8, strokes=marked))
    store.delete_class(code)
    assert set(rows(store).values()) == {0}
    if url.startswith("sqlite"):
        store.shut()  # which writes the log back
        assert b"77123" not in Path(url.removeprefix("sqlite:///")).read_bytes()


def test_nothing_is_missed_by_who_follows(opened):
    """Two servers take digits, the same ones at times, while a third follows and loses none."""
    servers, follower = [opened(), opened()], opened()
    code = follower.open_class("Tuesday").code
    tokens = [follower.join(code)[0] for _ in range(4)]
    sent = [(n % 4, str(uuid.uuid4())) for n in range(60)]
    heard, done = [], threading.Event()

    def follow():
        version = 0
        while True:
            last = done.is_set()
            version = follower.wait(code, version, 0.2)
            changes = follower.changes(code, heard[-1].number if heard else 0)
            heard.extend(changes.digits)
            if last:
                return

    def send(job):
        number, (member, which) = job
        for server in servers[number % 2 :]:
            server.add(code, tokens[member], digit(1, which))

    with ThreadPoolExecutor(9) as threads:
        following = threads.submit(follow)
        list(threads.map(send, enumerate(sent)))
        done.set()
        following.result()
    assert sorted(d.id for d in heard) == sorted(which for _, which in sent)
    assert [d.number for d in heard] == sorted(d.number for d in heard)
    assert {(d.member - 1, d.id) for d in heard} == set(sent)


def test_a_change_by_another_server_is_heard_of(opened):
    here, there = opened(), opened()
    code = here.open_class("Tuesday").code
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(here.wait, code, 1, 60)
        there.set_activity(code, "write")
        assert waiting.result() == 2
        waiting = thread.submit(here.wait, code, 2, 60)
        there.delete_class(code)
        with pytest.raises(classroom.NoClassError):
            waiting.result()


def test_a_class_is_deleted_when_it_has_been_said_for_a_month(store, monkeypatch):
    clock = [1e9]
    monkeypatch.setattr(_classes.time, "time", lambda: clock[0])
    days = 86_400
    used, unused = (store.open_class(name).code for name in ("used", "unused"))
    clock[0] += 59 * days
    assert store.expire() == []
    assert store.get(unused).expires is None
    clock[0] += 400 * days  # the clock leaps, or the server was off: nobody was told so far
    assert store.expire() == []
    told = store.get(unused).expires
    assert told.timestamp() == clock[0] + 30 * days
    clock[0] += 29 * days
    store.note_used(used)
    assert store.expire() == []
    clock[0] += 2 * days
    assert store.expire() == [unused]
    assert [left.code for left in store.classes()] == [used]
    assert store.get(used).expires is None


def test_the_migrations_make_the_tables(store, opened):
    import alembic.autogenerate
    import alembic.migration
    import alembic.script

    from mnist_core.classroom import database

    def differences(connection):
        context = alembic.migration.MigrationContext.configure(connection)
        return alembic.autogenerate.compare_metadata(context, tables.metadata)

    assert store._database.read(differences) == []
    folder = alembic.script.ScriptDirectory(database.MIGRATIONS)
    assert folder.get_heads() == [tables.HEAD]
    newer = "UPDATE alembic_version SET version_num = '9999'"
    store._database.write("", lambda connection: connection.exec_driver_sql(newer))
    with pytest.raises(InputError, match="newer version"):
        opened()


def test_servers_that_start_at_once_make_the_tables_once(opened):
    with ThreadPoolExecutor(4) as threads:
        stores = [future.result() for future in [threads.submit(opened) for _ in range(4)]]
    code = stores[0].open_class("Tuesday").code
    assert all(store.get(code).code == code for store in stores)
