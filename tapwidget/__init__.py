"""tapwidget: match your objects to a survey over TAP, from inside a notebook.

Every public name is loaded on first use (PEP 562), so that `import tapwidget` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

PUBLIC = {
    "connect": "tapwidget.client.services",
    "Service": "tapwidget.client.services",
    "Job": "tapwidget.client.job",
    "read_table": "tapwidget.tables.files",
    "write_table": "tapwidget.tables.files",
    "SkyMatch": "tapwidget.match.spec",
    "IdentifierMatch": "tapwidget.match.spec",
    "RadiusColumn": "tapwidget.match.radius",
    "PositionErrors": "tapwidget.match.radius",
    "median_shift": "tapwidget.match.offsets",
    "duplicates": "tapwidget.match.duplicates",
    "Epoch": "tapwidget.match.epoch",
    "MagnitudeRange": "tapwidget.match.constraints",
    "MagnitudeDifference": "tapwidget.match.constraints",
    "ColourRange": "tapwidget.match.constraints",
    "ColumnRange": "tapwidget.match.constraints",
    "IsMeasured": "tapwidget.match.constraints",
    "JobPhase": "tapwidget.ivoa.uws",
    "CrossMatch": "tapwidget.app",
    "ServicePicker": "tapwidget.views.service_picker",
    "TargetPicker": "tapwidget.views.target_picker",
    "FilePicker": "tapwidget.views.file_picker",
    "RadiusControl": "tapwidget.views.radius_control",
    "MagnitudeConstraints": "tapwidget.views.magnitude_constraints",
    "AdqlEditor": "tapwidget.views.adql_editor",
    "JobStatus": "tapwidget.views.job_status",
    "EarlierJobs": "tapwidget.views.earlier_jobs",
    "ResultsTable": "tapwidget.views.results_table",
    "TableTools": "tapwidget.views.table_tools",
    "DropZone": "tapwidget.views.drop_zone",
    "MagnitudeHistogram": "tapwidget.views.magnitude_histogram",
    "MagnitudeChoice": "tapwidget.views.magnitude_choice",
    "DifferencePlot": "tapwidget.views.difference_plot",
    "ScatterPlot": "tapwidget.views.scatter_plot",
    "SkyPlot": "tapwidget.views.sky_plot",
    "SeparationPlot": "tapwidget.views.separation_plot",
    "OffsetPlot": "tapwidget.views.offset_plot",
    "figure1": "tapwidget.plots.figure1",
    "TapWidgetError": "tapwidget.errors",
}
__all__ = [*PUBLIC, "__version__"]  # noqa: PLE0604 - every entry is a string


def __getattr__(name: str) -> Any:
    if name in PUBLIC:
        return getattr(import_module(PUBLIC[name]), name)
    raise AttributeError(f"module 'tapwidget' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *PUBLIC])
