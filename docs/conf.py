"""How Sphinx makes the site: `make docs` puts it into build/site.

Nothing is fetched and no belljar is imported: pages that are made from the code are committed (docs/generate.py).
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

_HERE = Path(__file__).parent
sys.path.insert(0, str(_HERE))

project = "belljar"
author = "the belljar authors"
version = release = tomllib.loads((_HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
extensions = ["myst_parser", "_made.site"]
exclude_patterns = ["_made"]
myst_heading_anchors = 4
myst_enable_extensions = ["tasklist"]
smartquotes = False

html_theme = "furo"
html_title = f"belljar {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_last_updated_fmt = None
html_theme_options = {"top_of_page_buttons": []}
