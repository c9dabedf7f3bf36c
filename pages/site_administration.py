from __future__ import annotations

from typing import Self

from playwright.sync_api import expect

from clients.addresses import ADMINISTRATION, HOME, SETTINGS_CATEGORY
from pages.base import MoodlePage
from pages.dashboard import Dashboard
from pages.manage_videos import ManageVideos


class SiteAdministration(MoodlePage):
    """Site administration: its tree, a tab a branch."""

    path = ADMINISTRATION

    def reach(self) -> Self:
        """Go there as a person does: by the link at the top of their first page, or where there is none by a search."""
        self.moodle.step("Open Site administration, by the link at the top.")
        self.go(HOME)
        self.ready()
        link = self.page.locator(f"a[href*='{self.path}']")
        # The Classic theme makes the link a branch of a tree, without an address; the search below it leads there too.
        search = self.page.locator(f"form[action*='{self.path}']").locator("[type=submit]")
        way = link.or_(search).filter(visible=True).first
        expect(way, "the way to Site administration").to_be_visible()
        way.click()
        self.arrive("Site administration", lambda url: self.path in url)
        return self.ready()

    def submission_plugins(self) -> SubmissionPlugins:
        """Follow Plugins > Activity modules > Assignment > Submission plugins."""
        self.moodle.step("Press the tab “Plugins”, and in it, under “Activity modules”, the link “Submission plugins”.")
        self.page.locator("a[href='#linkmodules']").click()
        self.page.locator("#linkmodules a[href*='category=assignsubmissionplugins']").click()
        self.arrive("Submission plugins", lambda url: SETTINGS_CATEGORY in url)
        return SubmissionPlugins(self.page, self.moodle).ready()


class SubmissionPlugins(MoodlePage):
    """Submission plugins at `/admin/category.php?category=assignsubmissionplugins`.

    Moodle shows all their settings here, the keys of S3 Video included.
    """

    def dashboard(self) -> Dashboard:
        """Follow the link to the plugin's dashboard."""
        self._follow(Dashboard.path)
        return Dashboard(self.page, self.moodle).ready()

    def manage_videos(self) -> ManageVideos:
        """Follow the link to the plugin's list of videos."""
        self._follow(ManageVideos.path)
        return ManageVideos(self.page, self.moodle).ready()

    def _follow(self, path: str) -> None:
        links = self.main.locator(f"a[href*='{path}']")
        if not links.count():  # asked, not expected: a failing expect would quote the settings
            seen = ", ".join(self.main.get_by_role("heading").all_inner_texts())
            raise AssertionError(f"expected a link to {path} among the submission plugins, seen: {seen}")
        self.moodle.step(f"Follow the link to {path} on that page, which shows the settings of S3 Video.")
        links.first.click()
        self.arrive(path, lambda url: path in url)
