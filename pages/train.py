"""Choose a recipe, train it, watch it learn, compare, and use the result."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from mnist_core import datasets, figures, recipes, runs
from mnist_core.errors import InputError
from mnist_core.experiments import trials
from mnist_core.recipes import RECIPES, Recipe
from mnist_core.runs import Run
from mnist_core.training import queue, transfer
from ui import digits, heading, reading

QUICK, SLOW = 0.4, 2.0  # seconds between looks at the run directories
FAINT = {"displayModeBar": False}
AUGMENTED = {"none": {}, "light": recipes.LIGHT, "strong": recipes.STRONG}
FRESH = "Nothing: fresh weights"

heading.begin("Train a network", wide=True)
st.html("<style>.st-key-diagram { overflow-x: auto; }</style>")


# --- choose ----------------------------------------------------------------------------


def choose() -> tuple[Recipe, str, int, str | None] | None:
    """The recipe as it is asked for, its dataset, seed and name; None while something is wrong."""
    wanted = st.query_params.get("recipe")
    names = list(RECIPES)
    if wanted in names and st.session_state.get("from_address") != wanted:
        st.session_state["from_address"] = st.session_state["recipe"] = wanted
    base = RECIPES[
        st.selectbox(
            "Recipe",
            names,
            key="recipe",
            persist_state="session",
            format_func=lambda name: f"{name} – {RECIPES[name].title}",
            disabled=st.session_state.get("start_from") is not None,
        )
    ]
    base = starting(base)
    left, right = st.columns(2)
    with left:
        dataset = st.selectbox(
            "Dataset",
            datasets.NAMES,
            datasets.NAMES.index(base.dataset) if base.dataset in datasets.NAMES else 0,
            key=key_of(base, "dataset"),
            persist_state="session",
        )
    with right:
        epochs = field("epochs", st.number_input, "Epochs", base, step=1)
    recipe, problem = dataclasses.replace(base, dataset=dataset, epochs=epochs), None
    with st.expander("Change its parts"):
        try:
            recipe, seed, name = parts(base, recipe)
        except InputError as error:
            problem, seed, name = str(error), 0, None
    if not datasets.at_hand(dataset):
        st.info(f"{dataset} is not on this machine: the training begins with its download.")
    if problem is None:
        try:
            show_network(recipe)
            return recipe, dataset, seed, name
        except InputError as error:
            problem = str(error)
    st.error(problem)
    return None


def starting(base: Recipe) -> Recipe:
    """The recipe, or that of a run whose weights the training is to start from."""
    found = {run.name: run for run in runs.all_runs() if transfer.refusal(run) is None}
    if st.session_state.get("start_from") not in found:
        st.session_state["start_from"] = None
    name = st.selectbox(
        "Start from",
        [None, *found],
        key="start_from",
        persist_state="session",
        format_func=lambda name: name or FRESH,
        placeholder=FRESH,
        help="A run whose layers and weights the training begins with, in smaller steps.",
    )
    if name is None:
        return base
    recipe = recipes.continued(found[name].recipe, name)
    most = len(recipes.widths(recipe.hidden))
    frozen = st.number_input(
        f"Freeze, 0 to {most} first layers",
        0,
        most,
        key=key_of(recipe, "frozen"),
        persist_state="session",
        help="Layers that keep the weights of that run.",
    )
    return dataclasses.replace(recipe, frozen=int(frozen))


def key_of(base: Recipe, entry: str) -> str:
    """The key of an entry's widget: each recipe and each run to start from has its own."""
    return f"{f'from-{base.start_from}' if base.start_from else base.name}-{entry}"


def field(entry: str, widget: Callable[..., Any], label: str, base: Recipe, **options: Any) -> Any:
    """A widget for an entry of the recipe, with a sentence below it if the value is nonsense."""
    value = widget(
        label,
        value=options.pop("value", getattr(base, entry)),
        key=key_of(base, entry),
        persist_state="session",
        **options,
    )
    complain(dataclasses.replace(base, **{entry: value}))
    return value


def complain(recipe: Recipe) -> None:
    try:
        recipes.check(recipe)
    except InputError as error:
        st.caption(f":red[:material/error: {error}]")


def parts(base: Recipe, recipe: Recipe) -> tuple[Recipe, int, str | None]:
    """The recipe with what was changed, the seed and the name."""
    one, two = st.columns(2)

    def key(entry: str) -> dict[str, Any]:
        return {"key": key_of(base, entry), "persist_state": "session"}

    with one:
        hidden = base.hidden if base.start_from else layers(base, key)
        optimizer = st.selectbox(
            "Optimizer",
            list(recipes.OPTIMIZERS),
            list(recipes.OPTIMIZERS).index(base.optimizer),
            **key("optimizer"),
        )
        rate = field(
            "learning_rate", st.number_input, "Learning rate", base, step=0.0005, format="%.5g"
        )
        batch = field("batch_size", st.number_input, "Batch size", base, step=1)
    with two:
        split = field(
            "validation_split", st.number_input, "Validation split", base, step=0.05, format="%.2f"
        )
        stopping = st.checkbox("Stop early", base.patience is not None, **key("early"))
        patience = None
        if stopping:
            patience = field(
                "patience",
                st.number_input,
                "Patience, epochs without a lower validation loss",
                base,
                value=base.patience or 5,
                step=1,
            )
        own = {"the recipe's own": base.augmentation} if any(base.augmentation.values()) else {}
        kinds = own | AUGMENTED
        augmentation = st.selectbox("Augmentation", list(kinds), **key("augmentation"))
        images = field(
            "train_images", st.number_input, "Training images, 0 for all", base, step=1000
        )
        seed = st.number_input("Seed", value=0, step=1, **key("seed"))
        if not 0 <= seed < 2**31:
            raise InputError(f"The seed must be a whole number from 0 to 2147483647, not {seed}.")
        name = st.text_input("Name, if it shall have one", **key("name")) or None
        if name is not None:
            try:
                runs.check_name(name)
            except InputError as error:
                st.caption(f":red[:material/error: {error}]")
                raise
    changed = dataclasses.replace(
        recipe,
        hidden=hidden,
        optimizer=optimizer,
        learning_rate=rate,
        batch_size=batch,
        validation_split=split,
        patience=patience,
        augmentation=kinds[augmentation],
        train_images=images,
    )
    recipes.check(changed)
    kept, _ = training_images(changed)
    if batch > kept:
        raise InputError(
            f"The batch size {batch} is larger than the {kept} training images: "
            "take a smaller batch or more images."
        )
    return changed, int(seed), name


def layers(base: Recipe, key: Callable[[str], dict[str, Any]]) -> tuple[recipes.Layer, ...]:
    """The hidden layers with other widths, dropout or activation."""
    widths = [str(width) for width in recipes.widths(base.hidden)]
    only_dense = all(layer["kind"] in ("dense", "dropout") for layer in base.hidden)
    words = "Widths of the hidden layers" if only_dense else "Widths of the layers"
    typed = st.text_input(
        words,
        ", ".join(widths),
        placeholder="no hidden layer" if only_dense else "",
        help="Neurons of each layer, with commas between them"
        + (": as many layers as numbers." if only_dense else ", or filters, or units."),
        **key("widths"),
    )
    rates = [layer["rate"] for layer in base.hidden if layer["kind"] == "dropout"]
    dropout = st.slider("Dropout", 0.0, 0.9, max(rates, default=0.0), 0.05, **key("dropout"))
    kinds = [layer["activation"] for layer in base.hidden if layer["kind"] == "dense"]
    activation = kinds[0] if kinds else "relu"
    if only_dense:
        activation = st.selectbox(
            "Activation",
            recipes.ACTIVATIONS,
            recipes.ACTIVATIONS.index(activation),
            **key("activation"),
        )
    try:
        return recipes.rebuilt(base.hidden, typed, dropout, activation)
    except InputError as error:
        st.caption(f":red[:material/error: {error}]")
        raise


def training_images(recipe: Recipe) -> tuple[int, int]:
    """How many digits will be trained on, and how many of them have strokes."""
    total, pens = datasets.TRAIN_SIZES[recipe.dataset]
    chosen = min(recipe.train_images or total, total)
    kept = int(chosen * (1 - recipe.validation_split))
    return kept, round(pens * kept / total)


def show_network(recipe: Recipe) -> None:
    rows = recipes.layer_table(recipe)
    images, pens = training_images(recipe)
    st.markdown(
        f"**{sum(row.parameters for row in rows):,} parameters** · {images:,} images · "
        f"about {duration(queue.estimate(recipe, images, pens))}"
    )
    with st.expander("The network"):
        with st.container(key="diagram"):
            st.html(figures.architecture(rows))
        st.dataframe(
            pd.DataFrame(
                {
                    "layer": [row.name for row in rows],
                    "output": ["×".join(map(str, row.shape)) for row in rows],
                    "parameters": [row.parameters for row in rows],
                }
            ),
            hide_index=True,
            column_config={"parameters": st.column_config.NumberColumn(format="localized")},
        )


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def start(recipe: Recipe, dataset: str, seed: int, name: str | None) -> None:
    try:
        run = queue.submit(recipe, dataset, seed, name)
    except InputError as error:
        st.session_state["train_note"] = str(error)
        return
    st.session_state["train_note"] = None
    st.session_state["watched"] = st.query_params["run"] = run.name


# --- watch -----------------------------------------------------------------------------


def watched(found: list[Run]) -> Run | None:
    """The run to show: the one that was asked for, else the one in training, else the newest."""
    names = {run.name: run for run in found}
    asked = st.session_state.get("watched")
    if asked in names:
        return names[asked]
    own = [run for run in found if run.problem is None and not runs.is_shipped(run)]
    training = [run for run in own if run.status == runs.RUNNING]
    return next(iter(training or own), None)


def state_of(found: list[Run]) -> list[tuple[str, str]]:
    return [(run.name, run.status) for run in found]


def watch() -> None:
    """The panel that follows a training; it draws itself anew every moment."""
    queue.tend()
    found = runs.all_runs()
    if st.session_state["state"] != state_of(found):
        st.rerun()  # the table below, and how often to look, change with it
    run = watched(found)
    if run is None:
        st.info("Choose a recipe and press **Train**: its curves grow here.")
        return
    st.html(f"<h2>{run.name}</h2>")
    # Each part has its place, whether it is there or not, so that nothing blinks.
    top, middle, low, last = (st.container() for _ in range(4))
    progress = runs.read_progress(run) if run.active else {}
    with top:
        if run.problem:
            st.warning(run.problem)
            return
        if run.active:
            show_progress(run, progress)
        elif run.status == runs.FAILED:
            show_failure(run)
    history, live = runs.read_history(run), runs.read_live(run)
    with middle:
        if history or len(live):
            show_curves(run, history, live)
    with low:
        if run.active and "digits" in progress:
            digits.show_guesses(run.info["dataset"]["name"], progress["digits"])
        if run.usable:
            show_result(run)
    with last:
        show_queue([other for other in queue.waiting() if other.name != run.name])


def show_progress(run: Run, progress: dict[str, Any]) -> None:
    phase = progress.get("phase")
    if run.status == runs.QUEUED:
        names = [other.name for other in queue.waiting()]
        ahead = names.index(run.name) if run.name in names else 0
        training = queue.current()
        words = "Starting …" if training is None and not ahead else "Waiting for its turn"
        if training is not None and training.study and not ahead:
            words = f"Next, after {trials.words(training)} of a study"
        st.progress(0.0, words)
    elif phase == "training":
        done = (progress["epoch"] - 1 + progress["step"] / progress["steps"]) / progress["epochs"]
        st.progress(
            min(1.0, done),
            f"Epoch {progress['epoch']} of {progress['epochs']} · "
            f"{progress['images_per_second']:,.0f} images/s · "
            f"{duration(progress['seconds_left'])} left",
        )
    elif phase == "preparing":
        st.progress(progress["share"], f"Drawing pen strokes: {progress['share']:.0%}")
    elif phase == "downloading":
        st.progress(progress["share"], f"Downloading the dataset: {progress['share']:.0%}")
    elif phase == "evaluating":
        st.progress(1.0, "Reading the test digits …")
    else:
        st.progress(0.0, "Starting …")
    asked = runs.asked_to_stop(run.path)
    with st.container(horizontal=True):
        if run.status == runs.RUNNING:
            st.button(
                "Stop", key="stop", icon=":material/stop_circle:", on_click=act,
                args=(queue.stop, run), disabled=asked is not None,
                help="Ends the training now and keeps its best weights so far.",
            )  # fmt: skip
        st.button(
            "Stop and discard" if run.status == runs.RUNNING else "Take out of the queue",
            key="discard", icon=":material/delete:", type="tertiary", on_click=act,
            args=(queue.discard, run), disabled=asked == runs.DISCARD,
        )  # fmt: skip
        if asked:
            st.caption("Stopping …")


def show_failure(run: Run) -> None:
    st.error(f"Failed: {run.info.get('reason', 'the reason is not known')}")
    if run.resumable:
        st.button(
            f"Go on after epoch {len(runs.read_history(run))}", key="resume",
            icon=":material/resume:", on_click=act, args=(queue.resume, run),
        )  # fmt: skip
    if log := runs.log_end(run):
        with st.expander("The end of its log"):
            st.code(log, language=None, wrap_lines=True)


def show_queue(waiting: list[Run]) -> None:
    """What waits; of the trials of studies, which come last, only how many they are."""
    own = [run for run in waiting if not run.study]
    if len(own) < len(waiting):
        st.caption(f"{len(waiting) - len(own)} trainings of studies wait until no other does.")
    if not own:
        return
    with st.container(key="queue"):
        st.markdown(f"**Waiting: {len(own)}**")
        for number, run in enumerate(own, 1):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"{number}. {run.name}")
                st.button(
                    "Take out", key=f"out-{run.name}", type="tertiary",
                    icon=":material/close:", on_click=act, args=(queue.discard, run),
                )  # fmt: skip


def act(what: Callable[[Run], Any], run: Run) -> None:
    """Do something with a run, and keep the sentence if it is refused."""
    st.session_state["train_note"] = None
    try:
        what(run)
    except InputError as error:
        st.session_state["train_note"] = str(error)


def show_curves(run: Run, history: list[dict[str, float]], live: Any) -> None:
    best = run.metrics.get("best_epoch")
    if best is None and history and "val_loss" in history[0]:
        best = min(history, key=lambda row: row["val_loss"])["epoch"]
    epochs = run.recipe.epochs if run.active else None
    for place, column in zip(st.columns(2), ("accuracy", "loss"), strict=True):
        with place, st.container(key=f"curve-{column}"):
            st.plotly_chart(
                figures.curve(column, history, live, best, epochs),
                key=f"{column}-chart",
                config=FAINT,
                alt=figures.curves_in_words(column, history),
            )


def show_result(run: Run) -> None:
    metrics, info = run.metrics, run.info
    dataset = str(info["dataset"]["name"]).split("+")[0]
    shown = {"Test accuracy": metrics.get("test_accuracy")}
    shown |= {"Validation": metrics.get("val_accuracy"), "Training": metrics.get("train_accuracy")}
    with st.container(horizontal=True, key="result"):
        for label, value in shown.items():
            if value is not None:
                st.metric(label, f"{value:.2%}", width="content")
    use(run)
    if shares := metrics.get("test_digit_accuracy"):
        words = ", ".join(
            f"{digit} {share:.1%}" for digit, share in enumerate(shares) if share is not None
        )
        st.caption(f"Accuracy of each digit on the test digits of {dataset}")
        st.plotly_chart(
            figures.digit_accuracy(shares), key="digits-chart", config=FAINT,
            alt=f"Accuracy of each digit: {words}",
        )  # fmt: skip
    with st.expander("Summary"):
        st.table(pd.DataFrame(runs.summary(run).items(), columns=["", " "]).set_index(""))


def use(run: Run) -> None:
    if st.session_state.get("run") == run.name:
        st.caption(":material/check: This run reads on the drawing page.")
    elif st.button("Use on the drawing page", key="use", type="primary", icon=":material/draw:"):
        st.session_state["run"] = run.name
        st.switch_page("pages/draw.py")


# --- all runs --------------------------------------------------------------------------


def table(found: list[Run]) -> list[Run]:
    """All runs, sortable; the selected ones."""
    st.html("<h2>All runs</h2>")
    rows = [
        {
            "name": run.name,
            "recipe": "broken" if run.problem else run.recipe.name,
            "dataset": (run.info.get("dataset") or {}).get("name"),
            "parameters": run.info.get("parameters"),
            "epochs": run.info.get("epochs"),
            "seconds": run.info.get("seconds"),
            "validation": run.metrics.get("val_accuracy"),
            "test": run.metrics.get("test_accuracy"),
            "date": str(run.info.get("created", ""))[:16].replace("T", " "),
            "status": "broken" if run.problem else run.status,
            "note": run.info.get("note", ""),
        }
        for run in found
    ]
    percent = st.column_config.NumberColumn(format="percent")
    count = st.column_config.NumberColumn(format="localized")
    picked = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="runs",
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "parameters": count,
            "seconds": st.column_config.NumberColumn(format="%.0f"),
            "validation": percent,
            "test": percent,
        },
    )
    return [found[index] for index in picked.selection.rows if index < len(found)]


def actions(run: Run) -> None:
    """What can be done with one run."""
    shipped = runs.is_shipped(run)
    in_use = (st.session_state.get("run") or runs.DEFAULT_RUN) == run.name
    with st.container(horizontal=True, key="actions"):
        st.button(
            "Show", key="show", icon=":material/monitoring:", on_click=st.session_state.update,
            args=({"watched": run.name},),
        )  # fmt: skip
        naming = st.popover("Rename, note", icon=":material/edit:", disabled=shipped or run.active)
        with naming, st.form("rename", border=False):
            name = st.text_input("Name", run.name)
            note = st.text_input("Note", run.info.get("note", ""), max_chars=200)
            if st.form_submit_button("Save"):
                act(functools.partial(keep_names, name=name, note=note), run)
                st.rerun()
        st.button(
            "Delete", key="delete", icon=":material/delete:", on_click=delete, args=(run,),
            disabled=shipped or run.status == runs.RUNNING or in_use,
            help="Shipped runs, and the one that reads on the drawing page, stay."
            if shipped or in_use
            else None,
        )  # fmt: skip
        if run.usable:
            downloads(run)


def keep_names(run: Run, name: str, note: str) -> None:
    if run.problem is None:
        run = runs.change(run, note=note or None)
    runs.rename(run, name)
    if st.session_state.get("watched") == run.name:
        st.session_state["watched"] = name


def delete(run: Run) -> None:
    def remove(it: Run) -> None:
        st.session_state["deleted"] = runs.delete(it)

    act(remove, run)


def undelete() -> None:
    deleted = st.session_state.pop("deleted", None)
    if deleted is not None:
        try:
            runs.restore(deleted)
        except InputError as error:
            st.session_state["train_note"] = str(error)


def downloads(run: Run) -> None:
    with st.popover("Download", icon=":material/download:"):
        formats = {
            ".keras": "Keras",
            ".h5": "Keras' older format",
            ".tflite": "LiteRT, for phones and small computers",
        }
        for ending, words in formats.items():
            if run.members and ending != ".keras":
                continue  # only there an average of runs can be kept
            st.download_button(
                f"{ending} – {words}",
                functools.partial(exported, run, ending),
                f"{run.name}{ending}",
                key=f"download{ending}",
                on_click="ignore",
                type="tertiary",
            )


def exported(run: Run, ending: str) -> bytes:
    """The network as the bytes of a file; called when somebody presses the button."""
    if ending == ".keras":
        return run.model_file.read_bytes()
    from mnist_core.training import imports

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{ending}"
        imports.export(run, path)
        return path.read_bytes()


def compare(chosen: list[Run]) -> None:
    histories = {run.name: runs.read_history(run) for run in chosen}
    histories = {name: rows for name, rows in histories.items() if rows}
    if len(histories) < 2:
        return
    for place, column in zip(st.columns(2), ("accuracy", "loss"), strict=True):
        with place:
            st.plotly_chart(
                figures.curves_of(column, histories),
                key=f"compare-{column}",
                config=FAINT,
                alt=f"{column.capitalize()} by epoch of {', '.join(histories)}.",
            )


def upload() -> None:
    with st.popover("Import a .keras file", icon=":material/upload:"), st.form("import"):
        file = st.file_uploader("A network that reads 28×28 pixels", ["keras"])
        name = st.text_input("Name of the run", "mine")
        if not st.form_submit_button("Import") or file is None:
            return
        try:
            from mnist_core.training import imports

            known = "mnist" if datasets.at_hand("mnist") else "optical-digits"
            with st.spinner("Reading the test digits with it …"):
                run = imports.import_keras(file.getvalue(), name, datasets.load(known))
        except InputError as error:
            st.error(str(error))
            return
        st.session_state["watched"] = run.name
        st.rerun()


# --- the page --------------------------------------------------------------------------

if "watched" not in st.session_state and "run" in st.query_params:
    st.session_state["watched"] = st.query_params["run"]
reading.active()  # the network for the drawing page begins to load
choosing, watching = st.columns([2, 3], gap="large")
with choosing, st.container(key="choose"):
    asked = choose()
    # What was typed a moment before the click counts: no callback, whose arguments are older.
    if (
        st.button(
            "Train",
            key="train",
            type="primary",
            icon=":material/play_arrow:",
            disabled=asked is None,
        )
        and asked is not None
    ):
        start(*asked)
    if note := st.session_state.get("train_note"):
        st.error(note)
with watching, st.container(key="watch"):
    found = runs.all_runs()
    st.session_state["state"] = state_of(found)
    busy = any(run.active for run in found)
    st.fragment(watch, run_every=QUICK if busy else SLOW)()
found = runs.all_runs()
with st.container(key="table"):
    chosen = table(found)
    if len(chosen) == 1:
        actions(chosen[0])
    elif chosen:
        compare(chosen)
    if st.session_state.get("deleted"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Deleted {st.session_state['deleted'].name}.")
            st.button("Undo", key="undelete", icon=":material/undo:", on_click=undelete)
    upload()
with contextlib.suppress(KeyError):
    if st.session_state["watched"]:
        st.query_params["run"] = st.session_state["watched"]
