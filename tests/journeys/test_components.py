"""The components in a real browser: both themes, both widths, by keyboard, under the real security policy."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
FRAMES = ["", "admin", "program", "gate", "learner", "player"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_everyone_can_use_every_component(width, dark, open_page, axe_finds_nothing):
    page = open_page(width, dark=dark)
    for frame in FRAMES:
        page.goto(f"/dev/ui/?frame={frame}")
        axe_finds_nothing(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"{frame} scrolls sideways"
        )


def test_rows_are_selected_one_by_one_in_ranges_and_all_at_once(open_page):
    page = open_page()
    page.goto("/dev/ui/?frame=program")
    bar, rows = page.locator("#selection"), page.locator("[data-select]")
    said, everything = page.locator("[data-selected]"), page.locator("[name=all_matching]")
    assert not bar.is_visible()
    rows.nth(0).click()
    rows.nth(2).click(modifiers=["Shift"])
    assert said.inner_text() == "3 selected"
    page.get_by_role("button", name="Select all 162").click()
    assert (said.inner_text(), everything.input_value()) == ("All 162 selected", "1")
    rows.nth(1).click()
    assert (said.inner_text(), everything.input_value()) == ("3 selected", "")
    page.get_by_role("button", name="Clear the selection").click()
    assert not bar.is_visible()
    page.get_by_label("Select the 4 learners on this page").focus()
    page.keyboard.press("Space")
    assert said.inner_text() == "4 selected"


def test_a_list_is_sorted_in_place_and_back_goes_back(open_page):
    page = open_page()
    page.goto("/dev/ui/")
    page.locator("#sort-name").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/dev/ui/?sort=name")
    page.wait_for_function("document.activeElement.id === 'sort-name'")
    page.go_back()
    page.wait_for_url("**/dev/ui/")
    expect(page.locator("#list table")).to_have_count(1)


def test_the_chosen_theme_is_there_before_the_next_page_is_painted(open_page):
    page = open_page()
    page.goto("/dev/ui/")
    page.get_by_label("Dark").first.check()
    page.goto("/dev/ui/?frame=gate", wait_until="commit")
    page.wait_for_selector("body", state="attached")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_tooltip_opens_by_hover_by_focus_and_by_click_and_esc_closes_it(open_page):
    page = open_page()
    page.goto("/dev/ui/")
    button, tip = page.locator("[popovertarget=g-tip]"), page.locator("#g-tip")
    button.hover()
    tip.wait_for()
    page.keyboard.press("Escape")
    tip.wait_for(state="hidden")
    page.locator("[popovertarget=g-menu]").focus()
    page.keyboard.press("Tab")
    tip.wait_for()
    page.keyboard.press("Escape")
    tip.wait_for(state="hidden")
    button.click()
    tip.wait_for()


def test_a_menu_is_walked_with_the_arrow_keys_and_gives_the_focus_back(open_page):
    page = open_page()
    page.goto("/dev/ui/")
    page.locator("[popovertarget=g-menu]").focus()
    for key, reached in (
        ("ArrowDown", "Nordhaven Group"),
        ("ArrowDown", "Send message"),
        ("ArrowUp", "Nordhaven"),
    ):
        page.keyboard.press(key)
        assert reached in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('popovertarget')") == "g-menu"


def test_what_cannot_be_undone_asks_to_type_the_name(open_page):
    page = open_page()
    page.goto("/dev/ui/")
    page.get_by_role("button", name="Remove program…").last.click()
    dialog = page.get_by_role("dialog", name="Remove Data Literacy for Everyone")
    remove = dialog.get_by_role("button", name="Remove program")
    assert remove.is_disabled()
    dialog.get_by_label("Type “Data Literacy for Everyone” to confirm").fill("Data Literacy for Everyone")
    assert remove.is_enabled()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Remove program…"


def test_the_shortcuts_can_be_read_and_switched_off(open_page):
    page = open_page()
    page.goto("/dev/ui/?frame=program")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    dialog.get_by_label("Use the single-key shortcuts ? and /").click()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_on_a_phone_the_rail_is_a_drawer(open_page):
    page = open_page(390, 844)
    page.goto("/dev/ui/?frame=admin")
    users = page.get_by_role("link", name="Users")
    assert not users.is_visible()
    page.get_by_role("button", name="Open the menu").tap()
    users.wait_for()
    page.get_by_role("button", name="Signe Halvorsen").tap()
    page.get_by_role("button", name="Sign out").wait_for()


def test_a_dropped_file_is_named(open_page, tmp_path):
    file = tmp_path / "operations-june.csv"
    file.write_text("Email\n")
    page = open_page()
    page.goto("/dev/ui/")
    page.get_by_label("File with learners").set_input_files(file)
    assert page.locator("[data-drop-name]").inner_text() == "operations-june.csv"


def test_without_javascript_the_list_can_still_be_searched_and_acted_on(chromium, site):
    context = chromium.new_context(base_url=site, java_script_enabled=False)
    page = context.new_page()
    page.goto("/dev/ui/?frame=program")
    assert page.get_by_role("button", name="Search").is_visible()
    assert page.get_by_role("button", name="Send message").is_visible()
    assert not page.get_by_role("button", name="Copy").is_visible()
    context.close()
