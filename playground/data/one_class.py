"""Any data set with classes, asked one question: is it this class, yes or no?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from playground.data.dataset import Dataset
from playground.data.sources import Source, SourceStatus
from playground.errors import PlaygroundError

# Letters whose names begin with a vowel: an F, but a U.
_VOWEL_NAMES = frozenset("AEFHILMNORSX8")


@dataclass(frozen=True, kw_only=True)
class OneAgainstRest(Source):
    """Another source whose classes have become two: 1 for the class that is asked for, 0 for all others.

    Attributes:
        inner: the source whose examples they are.
        one_class: the class of `inner` that is asked for.
    """

    inner: Source
    one_class: int

    @staticmethod
    def of(inner: Source, one_class: int) -> OneAgainstRest:
        """The question whether an example of `inner` is of that class.

        Raises:
            PlaygroundError: `inner` has no such class, or no classes at all.
        """
        if not inner.num_classes:
            raise PlaygroundError(
                f"{inner.title} has no classes to choose one of.",
                "It is about a number (regression).",
                "Choose another data set, or do not ask for one class.",
            )
        if not 0 <= one_class < inner.num_classes:
            raise PlaygroundError(
                f"{inner.title} has no class number {one_class}.",
                f"Its classes have the numbers 0 to {inner.num_classes - 1}.",
                "Choose one of them.",
            )
        name = inner.class_names[one_class]
        return OneAgainstRest(
            name=inner.name,
            title=f"{inner.title}: is it {with_article(name)}?",
            description=inner.description,
            class_names=(f"not {name}", name),
            num_train=inner.num_train,
            num_test=inner.num_test,
            task="binary",
            input_shape=inner.input_shape,
            feature_names=inner.feature_names,
            example=inner.example,
            inner=inner,
            one_class=one_class,
        )

    @property
    def download_bytes(self) -> int:
        return self.inner.download_bytes

    def status(self, folder: Path) -> SourceStatus:
        return self.inner.status(folder)

    def load(self, folder: Path) -> Dataset:
        return self.of_dataset(self.inner.load(folder))

    def of_dataset(self, dataset: Dataset) -> Dataset:
        """The inner data set with two classes; the examples are shared with it, not copied."""
        return replace(
            dataset,
            title=self.title,
            task=self.task,
            class_names=self.class_names,
            y_train=(dataset.y_train == self.one_class).long(),
            y_test=(dataset.y_test == self.one_class).long(),
        )


def with_article(class_name: str) -> str:
    """ "a 7", "an 8", "a Trouser", "an Ankle boot"; a name in small letters stands alone: "malignant", "setosa"."""
    if class_name[:1].islower():
        return class_name
    vowels = _VOWEL_NAMES if len(class_name) == 1 else frozenset("AEIOU8")
    return f"{'an' if class_name[:1] in vowels else 'a'} {class_name}"
