"""The command that turns a classifier's folder into a zip that predicts on its own."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from app.cli.output import answering
from app.cli.places import bundle_file
from app.storage import replacing

_SUFFIX: Final = ".classifier"


@click.command("bundle")
@answering(lambda made: _shown(made))
@click.argument("model", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Zip to write; ./<name of MODEL>.zip otherwise.")
def bundle(model: Path, out: Path | None) -> Mapping[str, Any]:
    """Pack the classifier in the folder MODEL: ONNX, tokenisers, predict.py, model card, licences."""
    name = model.resolve().name.removesuffix(_SUFFIX)
    target = bundle_file(out or Path(f"{name}.zip"), model)
    # Here, because they take seconds to load and a place that cannot be written needs none of them.
    from app.cli.labelling import load_classifier
    from dvn.bundle import make_bundle, write_zip  # As above.

    packed = make_bundle(load_classifier(model), card_facts(model, name))
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as draft, draft.open("wb") as stream:
        write_zip(packed, f"{name}-classifier", stream)
    return {
        "bundle": str(target),
        "bytes": target.stat().st_size,
        "unpacked_bytes": packed.bytes,
        "fingerprint": packed.fingerprint,
        "files": list(packed.files),
    }


def card_facts(model: Path, name: str) -> Any:
    """What the report of the training, if it is there, tells for the model card."""
    # Here, because it loads torch.
    from dvn.bundle import CardFacts, Measured

    try:
        report = json.loads((model / "report.json").read_text(encoding="utf-8"))
        test, dataset = report["test"], report["dataset"]
        return CardFacts(
            name=name,
            text_column=dataset["text"],
            rows=dataset["rows"],
            test_rows=test["rows"],
            kept_by=_kept_by(report.get("metric", "accuracy")),
            scores=(Measured("accuracy", test["accuracy"]), Measured("macro-F1", test["macro_f1"])),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return CardFacts(name=name)


def _kept_by(metric: str) -> str | None:
    # Here, because it loads the templates.
    from app.web.wording import METRIC_WORDS

    return None if metric == "accuracy" else METRIC_WORDS[metric]


def _shown(made: Mapping[str, Any]) -> str:
    return (
        f"{made['bundle']}: {made['bytes'] / 1e6:.1f} MB, {made['unpacked_bytes'] / 1e6:.1f} MB unpacked. "
        "In its folder: pip install -r requirements.txt; python predict.py texts.csv."
    )
