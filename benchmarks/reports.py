"""What documents report beside what was measured here, as docs/reports.md shows it.

The measurements are those of the table that `python -m mnist_core reproduce` writes.
"""

from common import print_table
from mnist_core import runs
from mnist_core.experiments import reproductions


def main() -> None:
    rows = reproductions.read()
    body = []
    for name, claims in reproductions.REPORTED.items():
        those = [row for row in rows if row.recipe == name]
        if not those:
            continue
        reported = ", ".join(
            f"{claim.document} {claim.value:.2%}".replace("%", " %")
            + ("*" if "wrong model" in claim.where else "")
            for claim in claims
            if claim.figure == "test"
        )
        cpu = reproductions.summary(rows, name, "cpu_seconds").mean
        body.append(
            [
                f"`{name}`",
                reported,
                str(reproductions.summary(rows, name, "test_accuracy")),
                str(reproductions.summary(rows, name, "drawn_accuracy")),
                f"{those[0].parameters:,}",
                runs.duration(cpu),
                str(len(those)),
            ]
        )
    print_table(
        ["recipe", "reported", "measured", "drawn digits", "parameters", "CPU time", "seeds"], body
    )


if __name__ == "__main__":
    main()
