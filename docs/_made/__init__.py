"""What makes pages of the documentation: from the code (`pages`), and into a site (`site`, for Sphinx).

`settings`, `commands`, `errors` (its examples come from the programs in `trips`), `tools`, `house`, `names` and
`figures` each make one page, or a part of one. Nothing here is imported by belljar.
"""
