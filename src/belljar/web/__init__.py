"""The web console: an inbox for approvals, runs and their time, the audit log, workers; and a JSON API beside it.

`_app` puts it together: `_guard` is what every request passes, `_people` and `_sessions` who may enter, `_sign_in` the
door. `_console` is what all pages share, `_feed` tells browsers that something happened. Pages are `_approval_pages`,
`_run_pages`, `_audit_pages`, `_worker_pages`; what they show is made by pure modules: `_question_view`, `_run_view`,
`_script_view`, `_timeline` (what happened when), `_axis` and `_picture` (where that is drawn), `_edit` (arguments and
their versions), `_votes` (forms to decisions), `_visible` (text that would deceive). `_api`, `_openapi` and `_plain`
are the JSON API, `_metrics` is for Prometheus, `_server` listens.
"""

from belljar.web._app import make_app
from belljar.web._buckets import Rate
from belljar.web._console import Settings
from belljar.web._people import People, new_token
from belljar.web._server import ServeOptions, serve

__all__ = ["People", "Rate", "ServeOptions", "Settings", "make_app", "new_token", "serve"]
