"""What happened while splitting, as facts and as sentences."""

from dataclasses import dataclass

from dvn.data.rare_classes import RareReport
from dvn.data.wording import counted, enumerated, named


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What happened while splitting, as facts.

    Attributes:
        sizes: Rows of train, validation and test.
        honoured: Parts taken over from the file.
        carved: Parts that the file lacked and that were taken out of its train part.
        resplit: Whether the file named parts but no usable train, so that all was split anew.
        unassigned: Rows that name no known part in a file that names parts; they train.
        unknown_parts: What those rows say instead, with their numbers.
        left_train: Train rows in no part, because their text stands in validation or test too.
        left_validation: Validation rows in no part, because their text stands in test too.
        repeated: Rows whose text occurs more than once; equal texts are on one side.
        rare: What was done about classes with fewer than three different texts.
        absent_from_train: Classes that train lacks, with their rows: they cannot be learned.
    """

    sizes: tuple[int, int, int] = (0, 0, 0)
    honoured: tuple[str, ...] = ()
    carved: tuple[str, ...] = ()
    resplit: bool = False
    unassigned: int = 0
    unknown_parts: tuple[tuple[str, int], ...] = ()
    left_train: int = 0
    left_validation: int = 0
    repeated: int = 0
    rare: RareReport | None = None
    absent_from_train: tuple[tuple[str, int], ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """The same facts for a person, one sentence each; the sizes come first."""
        train, validation, test = self.sizes
        said = [f"{train:,} rows to train, {validation:,} to validate and {test:,} to test."]
        if self.honoured:
            said.append(f"The file's own {_parts(self.honoured)} kept.")
        if self.carved:
            lacked, taken = (
                (f"no {self.carved[0]}", "it") if len(self.carved) == 1 else ("only train", "each other")
            )
            said.append(f"The file has {lacked} part, so a tenth of its train part was taken for {taken}.")
        if self.resplit:
            said.append("The file's own parts leave nothing to train on, so all rows were split anew.")
        said += self._sentences_on_rows()
        if self.rare:
            said += self.rare.sentences()
        for label, rows in self.absent_from_train:
            said.append(
                f"The class {named(label)} ({counted(rows, 'row')}) is not in train and cannot be learned."
            )
        return tuple(said)

    def _sentences_on_rows(self) -> list[str]:
        said = []
        if self.unassigned:
            values = enumerated([f"{named(value)} ({rows:,})" for value, rows in self.unknown_parts])
            said.append(
                f"{counted(self.unassigned, 'row')} in no known part, so used to train"
                + (f"; unknown values: {values}." if values else ".")
            )
        if self.left_train:
            said.append(
                f"{counted(self.left_train, 'row')} left train: the text is in validation or test too."
            )
        if self.left_validation:
            said.append(f"{counted(self.left_validation, 'row')} left validation: the text is in test too.")
        if self.repeated:
            said.append(
                f"{counted(self.repeated, 'row')} with a text that occurs again; equal texts are on one side."
            )
        return said


def _parts(parts: tuple[str, ...]) -> str:
    return f"{enumerated(parts)} {'part is' if len(parts) == 1 else 'parts are'}"
