"""A run in words."""

from __future__ import annotations

from mnist_core.runs.directory import Run, name_in


def summary(run: Run) -> dict[str, str]:
    """The final summary of a run that has a network, as labels and values."""
    found, metrics = run.record, run.metrics
    rows = {
        "run": run.name,
        "recipe": f"{run.recipe.name} ({run.recipe.title[:1].lower() + run.recipe.title[1:]})",
        "dataset": run.dataset,
        "parameters": f"{found.parameters or 0:,}",
    }
    if start := found.start:
        rows["starts from"] = f"{name_in(start.run)}, {start.layers} layers"
        if run.recipe.frozen:
            rows["starts from"] += f", {run.recipe.frozen} of them frozen"
    if run.members:
        rows["averages"] = ", ".join(name_in(member) for member in run.members)
    if found.epochs is not None:
        seconds = found.seconds or 0
        rows["epochs"] = f"{found.epochs} in {seconds:,.0f} s, best {metrics.best_epoch}"
    for name, loss, accuracy in (
        ("train", metrics.train_loss, metrics.train_accuracy),
        ("validation", metrics.val_loss, metrics.val_accuracy),
        ("test", metrics.test_loss, metrics.test_accuracy),
    ):
        if accuracy is not None and loss is not None:
            rows[f"{name} accuracy"] = f"{accuracy:.2%}, loss {loss:.4f}"
    return rows


def duration(seconds: float) -> str:
    """A time short enough for a table, e.g. `8.2 s` or `11 min 28 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
