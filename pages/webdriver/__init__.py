"""People at browsers that WebDriver drives: step 2.13, by the scripts and the judgements of the other page objects."""

from pages.webdriver.browser import DrivenBrowser
from pages.webdriver.person import PersonByWebDriver

__all__ = ["DrivenBrowser", "PersonByWebDriver"]
