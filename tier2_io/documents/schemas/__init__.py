"""JSON Schemas (2020-12) of the documents that tier2 reads and writes: what editors complete, explain and underline.

Each is built as plain data from what the code says of itself (the table of operators, the installed missions), so
that it cannot fall behind. What a schema cannot say, tier2 says when it reads the document; the manual lists it.
"""
