"""A file becomes a dataset, and a dataset becomes three parts.

`read_csv.read_dataset` reads it, `preview.preview` shows it first, `split.split_dataset` splits
it, `stored` keeps it; `texts_on_disk` holds texts that are too many for memory, `text_facts` what is
known of each. `open_table` tells the kind of a file: `sources` and `archives` unpack it, then
`delimited_table` (with `lines`, `dialect`, `titles` and `rows`), `json_table`, `parquet_table` or
`workbook_table` make it a `table`; `header` and `columns` say what its columns hold. Of a workbook,
`workbook` reads the descriptions, `sheet_facts` what must be known of a sheet in advance, `sheet_rows` its
rows, and `sheet_layout` what they are; `merged_cells` fills them.
"""
