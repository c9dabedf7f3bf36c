"""How a form's fields are known, what they take, and what was written into them."""

import warnings

import pytest
from bs4 import BeautifulSoup, Tag

from clients.moodle.html import fields, kind, plain, takes

FORM = """
<form>
  <input name="name" value="old"><textarea name="intro"></textarea>
  <input type="hidden" name="enabled" value="0"><input type="CheckBox" name="enabled" value="1">
  <input type="radio" name="when" value="now"><input type="radio" name="when" value="later">
  <select name="day"><option value="1">1</option><option value="2">2</option></select>
  <button name="submitbutton">Save</button>
</form>
"""


def form() -> Tag:
    found = BeautifulSoup(FORM, "lxml").form
    assert found is not None
    return found


def test_a_checkbox_goes_before_the_hidden_field_of_its_name() -> None:
    kinds = {name: kind(named) for name, named in fields(form()).items()}
    assert kinds == {"name": "input", "intro": "textarea", "enabled": "checkbox", "when": "radio", "day": "select"}


def test_a_choice_takes_what_it_offers_and_a_form_what_it_has() -> None:
    named = fields(form())
    assert takes(named["day"], 2)
    assert not takes(named["day"], "3")
    assert takes(named["intro"], "anything")
    assert not takes(named.get("cutoffdate[enabled]", []), "0")


@pytest.mark.parametrize("html", ["https://moodle.example.edu", "<p>https://moodle.example.edu</p>"])
def test_an_address_is_read_from_a_description_without_a_warning(html: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert plain(html) == "https://moodle.example.edu"
