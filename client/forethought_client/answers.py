"""What the service answers, as frozen values: ids are strings, scores lie in [0, 1]."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from forethought_client.decode import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Answer):
    """A file that is sent in parts; `offset` of its `bytes` have arrived."""

    id: str
    filename: str
    bytes: int
    offset: int
    part_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview(Answer):
    """What a file seems to be; a `problem` would keep it from becoming a dataset as it is guessed."""

    encoding: str | None
    delimiter: str | None
    header: bool
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    row_count: int | None
    text: str | None
    label: str | None
    split: str | None
    reasons: Mapping[str, str]
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload(Answer):
    """A file as it was sent; on a list without its preview."""

    id: str
    filename: str
    bytes: int
    sha256: str
    preview: Preview | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset(Answer):
    """Labelled texts; `state` is "waiting" while small classes need a choice (`rare`)."""

    id: str
    name: str
    content_hash: str
    upload: str | None
    state: str
    rows: int
    classes: int
    class_counts: Mapping[str, int]
    text: str
    label: str
    rare: str | None
    rare_classes: Mapping[str, int]
    parts: Mapping[str, int] | None
    report: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing(Answer):
    """Whether a dataset's trainings are shared, and how many are."""

    dataset: str
    shared: bool
    shared_at: datetime | None
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Answer):
    """One thing that was found in a dataset: what it means, what it costs, and the fixes in `raw`."""

    kind: str
    severity: str
    title: str
    meaning: str
    rows: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Health(Answer):
    """What would spoil learning from a dataset; without `findings` the `job` says how far the report is.

    `fixing` is the job that changes the fixes of a large dataset, while it is under way and if it failed.
    """

    state: str
    job: "Job | None"
    rows: int
    classes: int
    applied: Mapping[str, int]
    fixing: "Job | None" = None
    findings: tuple[Finding, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture(Answer):
    """A ranked architecture: the accuracy to expect with its interval, seconds to train, bytes on disk."""

    rank: int
    hash: str
    space: str
    decisions: Mapping[str, Any]
    expected_accuracy: float
    low: float
    high: float
    seconds: float
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedDataset(Answer):
    """The dataset that something was recommended for."""

    id: str
    rows: int
    classes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation(Answer):
    """Architectures ranked for a dataset before anything was trained."""

    id: str
    checkpoint: str
    dataset: DescribedDataset
    seconds: float
    outside_experience: bool
    little_to_learn: bool = False
    nearest: tuple[str, ...]
    architectures: tuple[Architecture, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Answer):
    """Background work; `percent` is None while its length cannot be told, `words` say what it does."""

    id: str
    kind: str
    subject: str
    state: str
    percent: int | None
    words: str
    error: str | None
    result: Mapping[str, Any] | None
    created_at: datetime
    ended_at: datetime | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("finished", "failed", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier(Answer):
    """A text model; `metrics` and `cost` are None until `state` is "ready"."""

    id: str
    dataset: str
    recommendation: str | None
    rank: int | None
    architecture: Mapping[str, Any]
    seed: int
    metric: str
    state: str
    error: str | None
    metrics: Mapping[str, Any] | None
    cost: Mapping[str, Any] | None
    job: str
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Training(Answer):
    """A classifier whose training was started, and the job that does it."""

    classifier: Classifier
    job: Job


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassShare(Answer):
    """A class with its probability."""

    label: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Word(Answer):
    """A word from character `start` up to `end`; `weight` is what the predicted class loses without it."""

    word: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction(Answer):
    """The label of one text, None where the classifier abstained."""

    label: str | None
    probability: float
    abstained: bool = False
    classes: tuple[ClassShare, ...] | None = None
    words: tuple[Word, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment(Answer):
    """What a classifier can and cannot do; classes are positions in `labels`."""

    classifier: str
    labels: tuple[str, ...]
    abstain_below: float | None
    assessment: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstError(Answer):
    """A test text that was given the wrong label with confidence."""

    text: str
    label: str
    predicted: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Answer):
    """What was deleted, and the service's signature over all of it; `raw` is what was signed."""

    receipt: str
    scope: str
    completed_at: datetime
    rows: Mapping[str, int]
    signature: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota(Answer):
    """How much of something an account has used; without a limit in local mode."""

    name: str
    used: int
    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts(Answer):
    """Who asks, what the token may do, and what is used up; without an address in local mode."""

    id: str
    email: str | None
    mode: str
    scopes: tuple[str, ...]
    quotas: tuple[Quota, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Token(Answer):
    """An API token, without its words."""

    id: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    used_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken(Token):
    """A token with its words, which nobody can read again."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(Answer):
    """A browser that is logged in."""

    id: str
    browser: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
