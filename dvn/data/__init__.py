"""A CSV becomes a dataset, and a dataset becomes three parts.

`read_csv.read_dataset` reads it, `preview.preview` shows it first, `split.split_dataset` splits
it, `stored` keeps it. On the way a file passes `lines` (bytes to lines), `dialect` and `rows`
(lines to rows), `header` and `columns` (which row and columns hold what), all tied by `table`.
"""
