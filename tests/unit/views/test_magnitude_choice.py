"""The lists of bands and columns above the histogram."""

from __future__ import annotations

from astropy.table import Table

from tapwidget.views.magnitude_choice import MagnitudeChoice


def test_the_usual_bands_while_there_is_no_table() -> None:
    choice = MagnitudeChoice()
    assert [value for _, value in choice._band.options] == list("ugrizy")
    assert (choice.band, choice._band.value) == ("r", "r")
    assert choice._yours.options == (("as the band", ""),)
    assert not choice.has_columns


def test_the_bands_that_are_there_and_the_first_of_them_if_the_old_one_is_not() -> None:
    choice = MagnitudeChoice()
    choice.offer(("J", "H", "Ks"), ("Jmag", "dist"), ())
    assert [value for _, value in choice._band.options] == ["J", "H", "Ks"]
    assert (choice.band, choice._band.value) == ("J", "J")
    choice._band.value = "Ks"
    choice.offer(("r", "J", "H", "Ks"), ("Jmag", "dist"), ("r_cModelMag",))
    assert (choice.band, choice._band.value) == ("Ks", "Ks")


def test_what_tables_have_is_offered() -> None:
    user = Table({"name": ["a"], "g": [20.0], "r": [19.0]})
    result = Table({"ut1_g": [20.0], "r_cModelMag": [19.1], "i_cModelMag": [18.5], "objectId": [7]})
    choice = MagnitudeChoice(user, result)
    assert [value for _, value in choice._band.options] == ["g", "r", "i"]
    assert choice._columns == {
        "yours": ("g", "r"), "theirs": ("ut1_g", "r_cModelMag", "i_cModelMag", "objectId"),
        "further": ("r", "i", "r_cModelMag", "i_cModelMag"),
    }  # fmt: skip
    choice.offer_of(None, result)
    assert [value for _, value in choice._band.options] == ["r", "i"]
    assert choice._columns["yours"] == ()


def test_filling_the_lists_is_no_choice() -> None:
    choice = MagnitudeChoice()
    choice.band = "z"
    told = []
    choice.observe(lambda change: told.append((change["name"], change["new"])), ["band", "yours", "theirs"])
    choice.offer(("g", "r", "z"), ("a",), ("b",))
    assert told == []
    choice._theirs.value = "b"
    choice._yours.value = "a"
    choice.offer(("g", "r", "z"), ("c",), ("a", "b"))
    assert told == [("theirs", "b"), ("yours", "a"), ("yours", "")]
    assert choice._theirs.value == "b"


def test_what_python_sets_is_shown_even_if_it_is_not_there() -> None:
    choice = MagnitudeChoice()
    choice.offer(("g", "r"), ("a",), ())
    choice.band, choice.yours = "V", "later"
    assert (choice._band.value, choice._yours.value) == ("V", "later")
    choice.yours = ""
    assert choice._yours.options == (("as the band", ""), ("a", "a"))


def test_further_bands_and_magnitudes_of_the_results_are_ticked() -> None:
    user = Table({"u": [20.0], "r": [19.0]})
    result = Table({"ut1_g": [20.0], "r_cModelMag": [19.1], "i_cModelMag": [18.5], "objectId": [7], "g_psfFlux": [9.0]})
    result["g_psfFlux"].unit = "nJy"
    choice = MagnitudeChoice(user, result)
    assert choice._ticks is None  # a page need not wait for it
    assert (choice.also, choice._more.description) == ((), "also ...")
    choice._more.value = True
    assert choice._ticks in choice.children
    assert [item.name for item in choice._ticks.items] == ["g", "r", "i", "r_cModelMag", "i_cModelMag", "g_psfFlux"]
    boxes = {box.description: box for box in choice._ticks._boxes}
    boxes["i"].value = boxes["g_psfFlux"].value = True
    assert (choice.also, choice._more.description) == (("i", "g_psfFlux"), "also i, g_psfFlux")
    choice.also = ("g", "r", "i", "r_cModelMag")
    assert choice._more.description == "also 4 more"
    assert [name for name, box in boxes.items() if box.value] == ["g", "r", "i", "r_cModelMag"]
    choice._more.value = False
    assert choice._ticks not in choice.children
    assert len(choice.also) == 4


def test_what_other_results_lack_is_forgotten_and_told() -> None:
    result = Table({"r_cModelMag": [19.1], "i_cModelMag": [18.5], "r_psfMag": [19.2], "z_phot": [0.5]})
    choice = MagnitudeChoice(None, result)
    choice.also = ("i", "r_psfMag", "z_phot")
    choice.offer_of(Table({"i": [18.0]}))  # no result for the moment
    assert (choice.also, choice.forgotten) == (("i", "r_psfMag", "z_phot"), ())
    choice.offer_of(None, Table({"r_cModelMag": [19.1], "z_phot": [0.4]}))
    assert (choice.also, choice.forgotten) == (("z_phot",), ("i", "r_psfMag"))
    choice.also = ()
    assert choice.forgotten == ()
