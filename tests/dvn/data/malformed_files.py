"""Files as they come in, each broken in one way, with a part of the sentence that it must get."""

from tests.dvn.data.malformed_json import JSON
from tests.dvn.data.malformed_packed import PACKED
from tests.dvn.data.malformed_sheets import SHEETS
from tests.dvn.data.malformed_tables import PARQUET, WORKBOOKS
from tests.dvn.data.malformed_texts import TEXTS

GROUPS = {
    "CSV and what is taken for it": TEXTS,
    "JSONL and JSON": JSON,
    "Parquet": PARQUET,
    "XLSX and other Office files": WORKBOOKS,
    "Merged, hidden and strict sheets of XLSX": SHEETS,
    "gzip and ZIP": PACKED,
}
MALFORMED = [file for files in GROUPS.values() for file in files]
