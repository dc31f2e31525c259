"""A page must have every model of an app before it shows it, and Voila gives the kernel four seconds to tell of all."""

from __future__ import annotations

import ipywidgets

from tapwidget.app import CrossMatch

MOST_MODELS = 340


def test_an_app_is_made_of_few_models() -> None:
    known = set(ipywidgets.widgets.widget._instances)
    app = CrossMatch("http://127.0.0.1:9/tap")
    made = [model for key, model in ipywidgets.widgets.widget._instances.items() if key not in known]
    assert app in made
    assert len(made) < MOST_MODELS
    assert sum(isinstance(model, ipywidgets.Layout) for model in made) < len(made) / 3
