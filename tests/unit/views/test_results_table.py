"""ResultsTable without a browser: its traits, and its answers to the messages that a browser sends."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
import traitlets
from astropy.table import Table

from tapwidget.errors import TableError
from tapwidget.views.results_table import ResultsTable

# ipywidgets 8.1.0 itself calls what traitlets has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1, use the instance:DeprecationWarning")
BIG = 648368125565216675


class Browser:
    """Stands where the browser does: sends messages, keeps the answers as JSON would bring them."""

    def __init__(self, widget):
        self.widget = widget
        self.answers = []
        widget.send = lambda content, buffers=None: self.answers.append(json.loads(json.dumps(content)))

    def says(self, type, **content):
        self.widget._receive(self.widget, {"type": type, "view": "v", "version": self.page["version"], **content}, [])
        return self.answers[-1] if self.answers else None

    @property
    def page(self):
        return json.loads(json.dumps(self.widget._page))


def table(rows=100):
    return Table(
        {"id": BIG + np.arange(rows), "r": np.linspace(15, 25, rows), "class": ["STAR", "GALAXY"] * (rows // 2)}
    )


@pytest.fixture
def widget():
    return ResultsTable(table())


@pytest.fixture
def front(widget):
    return Browser(widget)


# Traits


def test_the_first_window_is_in_the_trait_with_exact_ids(front):
    page = front.page
    assert page["cells"][0][:2] == [str(BIG), str(BIG + 1)]
    assert (page["total"], page["shown"], page["first"], page["last"]) == (100, 100, 0, 40)


@pytest.mark.parametrize(
    "rows",
    [[3, 1, 1], (3, 1), np.array([3, 1]), {1, 3}, np.isin(np.arange(100), [1, 3])],
    ids=lambda r: type(r).__name__,
)
def test_selected_rows_are_sorted_and_unique(widget, rows):
    widget.selected_rows = rows
    assert widget.selected_rows == (1, 3)
    assert all(type(row) is int for row in widget.selected_rows)
    assert widget.table[list(widget.selected_rows)]["id"].tolist() == [BIG + 1, BIG + 3]


def test_selection_can_be_emptied(widget):
    for nothing in ((), [], None, np.array([]), np.zeros(100, dtype=bool)):
        widget.selected_rows = [5]
        widget.selected_rows = nothing
        assert widget.selected_rows == ()


@pytest.mark.parametrize(("rows", "says"), [([100], "Row 100 .* 100 rows"), ([-1], "Row -1"), ([1.5], "row numbers")])
def test_rows_that_are_not_there_are_refused(widget, rows, says):
    widget.selected_rows = [5]
    with pytest.raises(TableError, match=says):
        widget.selected_rows = rows
    assert widget.selected_rows == (5,)


def test_only_tables_are_taken(widget):
    with pytest.raises(TableError, match="not list"):
        widget.table = [1, 2]
    assert len(widget.table) == 100


def test_a_new_table_empties_the_selection_and_the_filters(widget, front):
    widget.selected_rows = [99]
    front.says("filter", column="r", text=">20")
    before = front.page["headings"]
    widget.table = table(10)
    assert widget.selected_rows == ()
    page = front.page
    assert (page["total"], page["filters"]) == (10, {})
    assert page["headings"] != before
    assert page["headings"] == widget._headings["version"]
    widget.table = None
    assert front.page["has_table"] is False


def test_an_equal_table_is_another_table(widget):
    seen = []
    widget.observe(seen.append, "table")
    widget.table = widget.table
    assert not seen
    widget.table = table()
    assert len(seen) == 1


def test_both_given_at_once():
    assert ResultsTable(table(), selected_rows=[2]).selected_rows == (2,)
    assert ResultsTable(table=table(), selected_rows=[2]).selected_rows == (2,)


def test_two_tables_linked_and_two_not():
    one, other, third = ResultsTable(table()), ResultsTable(table()), ResultsTable(table())
    link = traitlets.link((one, "selected_rows"), (other, "selected_rows"))
    Browser(one).says("select", mode="replace", ranges=[[3, 5]])
    assert other.selected_rows == (3, 4)
    other.selected_rows = [7]
    assert one.selected_rows == (7,)
    assert third.selected_rows == ()
    assert third._page["version"] == 1
    link.unlink()
    traitlets.dlink((one, "table"), (third, "table"))
    assert third.table is one.table


def test_banners():
    cut = table()
    cut.meta["overflow"] = True
    cut.meta["tapwidget"] = {"simulated": True}
    notes = ResultsTable(cut)._headings["notes"]
    assert [note["weight"] for note in notes] == ["warning", "info"]
    assert "cut at 100 rows" in notes[0]["text"]
    assert notes[1]["text"] == "Simulated data"
    assert ResultsTable(table())._headings["notes"] == []


# Messages


def test_hello_says_that_it_is_drawn(widget, front):
    assert not widget.drawn
    widget.selected_rows = [1]
    answer = front.says("hello")
    assert widget.drawn
    assert answer["marks"][:4] == "0100"
    assert answer["selected"] == 1


def test_a_window_of_rows_and_columns(front):
    answer = front.says("window", request=7, first=98, last=200, c0=1, c1=9)
    assert (answer["first"], answer["last"], answer["c0"], answer["c1"], answer["request"]) == (98, 100, 1, 3, 7)
    assert answer["cells"] == [["24.90", "25.00"], ["STAR", "GALAXY"]] or len(answer["cells"][0]) == 2


def test_a_late_request_is_dropped(front):
    version = front.page["version"]
    front.says("sort", keys=[["r", "descending"]])
    front.answers.clear()
    front.says("window", version=version, request=1, first=0, last=5, c0=0, c1=1)
    assert not front.answers


def test_a_click_just_before_a_new_order_arrives_means_the_row_that_was_seen(widget, front):
    seen = front.page["version"]
    front.says("sort", keys=[["r", "descending"]])
    front.says("select", version=seen, mode="replace", ranges=[[0, 1]])
    assert widget.selected_rows == (0,)
    front.says("sort", keys=[])
    front.says("select", version=seen, mode="replace", ranges=[[5, 6]])  # two orders ago: nobody can have meant it
    assert widget.selected_rows == (0,)


def test_a_click_on_a_table_that_is_gone_is_dropped(widget, front):
    seen = front.page["version"]
    widget.table = table(10)
    front.says("select", version=seen, mode="replace", ranges=[[0, 1]])
    assert widget.selected_rows == ()


def test_selection_is_of_rows_whatever_the_order(widget, front):
    front.says("sort", keys=[["r", "descending"]])
    front.says("select", mode="replace", ranges=[[0, 2]])
    assert widget.selected_rows == (98, 99)
    front.says("sort", keys=[])
    assert front.page["marks"] == "0" * 40
    assert widget.selected_rows == (98, 99)


def test_ways_to_select(widget, front):
    front.says("select", mode="replace", ranges=[[2, 4]])
    front.says("select", mode="add", ranges=[[6, 7]])
    front.says("select", mode="toggle", ranges=[[3, 5]])
    assert widget.selected_rows == (2, 4, 6)
    front.says("select", mode="remove", ranges=[[0, 5]])
    assert widget.selected_rows == (6,)
    front.says("select", mode="replace", ranges=[[0, 100]])
    assert len(widget.selected_rows) == 100
    front.says("none")
    assert widget.selected_rows == ()


def test_every_selection_is_answered_even_one_that_changes_nothing(front):
    front.says("hello")
    front.answers.clear()
    for _ in range(2):
        assert front.says("select", mode="replace", ranges=[[1, 2]])["selected"] == 1
    assert len(front.answers) == 2


def test_python_selects_and_the_browser_hears_of_what_it_sees(widget, front):
    front.says("window", request=1, first=10, last=14, c0=0, c1=1)
    front.answers.clear()
    widget.selected_rows = [0, 11, 12]
    assert front.answers == [
        {
            "type": "marks",
            "view": "v",
            "version": 1,
            "shown": 100,
            "first": 10,
            "last": 14,
            "marks": "0110",
            "selected": 3,
            "selected_shown": 3,
            "only_selected": False,
        }
    ]


def test_a_filter_keeps_the_selection_and_counts_what_it_hides(widget, front):
    widget.selected_rows = [0, 99]
    front.says("filter", column="r", text=">20")
    page = front.page
    assert (page["shown"], page["total"], page["selected"], page["selected_shown"]) == (50, 100, 2, 1)
    front.says("clear_filters")
    assert front.page["shown"] == 100


def test_a_bad_filter_is_told_and_the_table_stays(front):
    front.says("filter", column="r", text=">20")
    for _ in range(2):  # told each time, also where nothing changes
        before = front.page
        front.says("filter", column="r", text=">2O")
        page = front.page
        assert "no filter" in page["filter_errors"]["r"]
        assert (page["shown"], page["filters"]) == (50, {"r": ">20"})
        assert page != before
    front.says("filter", column="r", text="")
    assert front.page["filter_errors"] == {}
    assert front.page["shown"] == 100


def test_what_cannot_be_sorted_changes_nothing(front):
    front.says("sort", keys=[["nothing", "ascending"]])
    assert front.page["sort"] == []
    assert front.page["shown"] == 100


def test_a_copy_is_of_the_selected_rows_in_the_order_shown(widget, front):
    widget.selected_rows = [0, 2]
    front.says("sort", keys=[["r", "descending"]])
    answer = front.says("copy")
    lines = answer["text"].split("\n")
    assert lines[0] == "id\tr\tclass"
    assert [line.split("\t")[0] for line in lines[1:]] == [str(BIG + 2), str(BIG)]
    assert answer["rows"] == 2
    widget.selected_rows = ()
    assert front.says("copy", cell=[0, 0])["text"] == str(BIG + 99)


def test_a_copy_too_large_says_so(front, widget):
    widget.table = Table({"a": np.zeros(2_100_000, dtype="i1")})
    front.says("select", mode="replace", ranges=[[0, 2_100_000]])
    answer = front.says("copy")
    assert "too many for the clipboard" in answer["error"]
    assert "text" not in answer


def test_what_is_sent_first_stays_small_for_any_table():
    wide = Table({f"text_{i}": np.full(100, "x" * 200) for i in range(60)})
    for tried in (wide, Table({"a": np.zeros(1_000_000)})):
        widget = ResultsTable(tried)
        first = json.dumps([widget._page, widget._headings, str(widget._esm), str(widget._css)])
        assert len(first) < 100_000


def test_selecting_a_million_rows_sends_little(widget, front):
    widget.table = Table({"a": np.zeros(1_000_000)})
    front.says("hello")
    answer = front.says("select", mode="replace", ranges=[[0, 1_000_000]])
    assert answer["selected"] == 1_000_000
    assert len(json.dumps(answer)) < 1000


def test_an_observer_may_wait_for_another_thread_that_uses_the_widget(widget, front):
    # Observers run without our lock: otherwise two threads with a lock each would wait for one another for ever.
    done = []

    def another_thread_looks(_change):
        thread = threading.Thread(
            target=lambda: done.append(front.says("window", request=1, first=0, last=5, c0=0, c1=1))
        )
        thread.start()
        thread.join(10)
        assert not thread.is_alive()

    widget.observe(another_thread_looks, "selected_rows")
    front.says("select", mode="replace", ranges=[[0, 1]])
    assert len(done) == 1


def test_messages_on_many_threads_leave_a_consistent_table(widget, front):
    failures = []

    def click(seed):
        random = np.random.default_rng(seed)
        try:
            for _ in range(30):
                a = int(random.integers(0, 90))
                front.says("sort", keys=[["r", "descending" if a % 2 else "ascending"]])
                front.says("filter", column="class", text="STAR" if a % 3 else "")
                front.says("select", mode="toggle", ranges=[[a, a + 5]])
                front.says("window", request=a, first=a, last=a + 20, c0=0, c1=3)
        except Exception as error:  # noqa: BLE001 - told to the test's own thread below
            failures.append(error)

    threads = [threading.Thread(target=click, args=[seed], daemon=True) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    front.says("clear_filters")
    front.says("sort", keys=[])
    assert front.page["selected"] == len(widget.selected_rows) == front.page["selected_shown"]


def test_the_news_of_an_older_selection_comes_late(widget, front):
    front.says("hello")
    widget.selected_rows = (2,)
    widget.notify_change({"name": "selected_rows", "old": (), "new": (1, 4), "owner": widget, "type": "change"})
    assert front.answers[-1]["selected"] == 1


# Columns


def names_of(widget):
    return [column["name"] for column in widget._headings["columns"]]


def test_columns_in_an_order_of_their_own(front, widget):
    widget.columns = ("class", "id")
    assert names_of(widget) == ["class", "id"]
    assert front.page["cells"][1][0] == str(BIG)
    front.says("columns", names=["id"])
    assert widget.columns == ("id",)
    widget.columns = ()
    assert names_of(widget) == ["id", "r", "class"]
    with pytest.raises(TableError, match="no column 'x'"):
        widget.columns = ("x",)


def test_a_hidden_column_neither_filters_nor_sorts(front, widget):
    front.says("sort", keys=[["r", "descending"]])
    front.says("filter", column="class", text="STAR")
    assert front.page["shown"] == 50
    widget.columns = ("id",)
    assert (front.page["shown"], front.page["sort"], front.page["filters"]) == (100, [], {})


def test_a_new_table_keeps_the_columns_it_has(widget):
    widget.columns = ("class", "r")
    other = table(10)
    other.remove_column("class")
    widget.table = other
    assert widget.columns == ("r",)
    assert names_of(widget) == ["r"]


def test_go_to_and_find(front, widget):
    assert widget.find("galaxy") == (1, "class")
    assert widget.find("galaxy", 1) == (3, "class")
    widget.go_to(1, "class")
    assert front.answers[-1] == {"type": "go", "position": 1, "column": 2}
    with pytest.raises(TableError, match="Row 101 is not shown"):
        widget.go_to(100)
    assert ResultsTable().find("x") is None
