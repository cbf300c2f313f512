"""The section with the final exam, and the comparison with the playground's figures."""

from __future__ import annotations

from playground.export.plan import TOLERANCE, Plan
from playground.export.section import Section, block
from playground.training.events import EpochEnded

MOST_COMPARED = 200  # epochs

_COMPARE = """
figures = ({figures})
wrong = []
for when, numbers in EXPECTED.items():
    here = found.get(when, (math.nan,) * len(numbers))
    for figure, number, expected in zip(figures, here, numbers):
        if {differs}:
            wrong.append(f"  {{when}}, {{figure}}: {{number!r}} here, {{expected!r}} there: {{number - expected:+.2g}}")
if wrong:
    print(f"FAIL: {{len(wrong)}} numbers are not those of the playground.", *wrong, sep="\\n")
    print("{advice}"){end}
{passed}
""".strip()


def exam_section(plan: Plan, notebook: bool) -> Section:
    """Takes the final exam and compares all figures; the script ends with 1 when one differs."""
    words = plan.words
    splits = [*(["validation "] if plan.has_validation else []), *(["test "] if plan.watches_test else [])]
    names = [f"{split}{figure}" for split in ("", *splits) for figure in ("loss", words.score)]
    rows = []
    for ended in thinned(tuple(ended for ended in plan.expected if is_exact(ended, plan))):
        known = [ended.train_loss, ended.train_accuracy, ended.validation_loss, ended.validation_accuracy]
        known += [ended.test_loss, ended.test_accuracy]
        figures = [repr(float(figure)) for figure in known if figure is not None]
        rows.append(f'    "epoch {int(ended.epoch)}": ({_in_lines(figures)}),')
    shown = f'"test: loss {{:.4f}}, {words.score} {{:{words.score_format}}}"'
    if plan.test:
        rows.append(f'    "test": ({plan.test[0]!r}, {plan.test[1]!r}),')
        exam = block(
            f"# The final exam: {words.examples} that the network never learned from, and that nothing was chosen by.",
            'found["test"] = evaluate(x_test, y_test)',
            f'print({shown}.format(*found["test"]))',
        )
    else:
        exam = block(
            "# The run ended before its final exam, so there is no figure to compare this with.",
            f"print({shown}.format(*evaluate(x_test, y_test)))",
        )
    some = "" if len(rows) - bool(plan.test) == plan.epochs else "# Its epochs took milliseconds: some of them are compared."
    expected = block(f"# What the playground found: {', '.join(names)}.", some, "EXPECTED = {", *rows, "}")
    looked = "only watched" if plan.watches_test else "never looked at"
    told = f"The test {words.examples} were {looked} so far. Then every figure is compared with the playground's: " + (
        "they must be equal to the last digit." if not plan.inexact else f"they must be within {TOLERANCE}. {plan.inexact}"
    )
    return Section("The final exam, and the same figures again", told, f"{exam}\n\n{expected}\n{_compare(plan, names, notebook)}")


def is_exact(ended: EpochEnded, plan: Plan) -> bool:
    """Whether the sum behind the training score is the same in whatever order it is added up.

    What an example adds is a right answer, or 1 - q in float32, a multiple of 2^-24: sums below 2^28 are exact in float64. Only
    the R² of a regression that runs away is larger.
    """
    return abs(ended.train_accuracy) * plan.train_size < 2**28


def _in_lines(figures: list[str]) -> str:
    """Four figures a line."""
    return ",\n        ".join(", ".join(figures[start : start + 4]) for start in range(0, len(figures), 4))


def thinned(expected: tuple[EpochEnded, ...]) -> list[EpochEnded]:
    """All of them, or of more than `MOST_COMPARED` so many, evenly spread, the last among them."""
    every = -(-len(expected) // MOST_COMPARED)
    return list(expected[(len(expected) - 1) % every :: every]) if expected else []


def _compare(plan: Plan, names: list[str], notebook: bool) -> str:
    figures = ", ".join(f'"{name}"' for name in names)
    if plan.inexact:
        differs = f"not abs(number - expected) <= {TOLERANCE}"
        if plan.words.is_regression:  # squared errors know no bounds
            differs += " * max(1, abs(expected))"
        advice = "So large a difference means that something was changed."
        passed = f"within {TOLERANCE} of the playground's. (It cannot be exact: see the top.)"
    else:
        differs = "number != expected"
        advice = "Another processor or torch rounds the last digits otherwise; more means that something was changed."
        passed = "those of the playground, to the last digit."
    passed = f'print("PASS: all numbers are {passed}")'
    end, passed = ("\nelse:", f"    {passed}") if notebook else ("\n    sys.exit(1)", passed)
    return _COMPARE.format(figures=figures, differs=differs, advice=advice, end=end, passed=passed)
