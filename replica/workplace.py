"""The machine of whoever has set the site up: the file of the private key, and the plugin's git repository."""

import os
import subprocess

from cryptography.hazmat.primitives.asymmetric import rsa

from replica.faults import Faults
from replica.settings import Settings, private_pem

FAULTS = (
    "private-key-committed",
    "key-file-readable",
    "key-file-of-another-pair",
    "credentials-committed",
    "release-untagged",
    "install-xml-cut",
)

TABLE = """    <TABLE NAME="{name}">
      <FIELDS><FIELD NAME="id" TYPE="int" LENGTH="10" NOTNULL="true" SEQUENCE="true"/></FIELDS>
      <KEYS><KEY NAME="primary" TYPE="primary" FIELDS="id"/></KEYS>
    </TABLE>
"""


class Workplace:
    """In the replica's folder, made anew when one of its faults comes or goes. Without git there is no repository."""

    def __init__(self, settings: Settings, faults: Faults) -> None:
        self.settings = settings
        self.faults = faults
        self.repository = settings.folder / "repository"
        self.made_with: frozenset[str] | None = None

    def apply(self) -> None:
        """Call it after each change of faults."""
        mine = self.faults.active.intersection(FAULTS)
        if mine == self.made_with:
            return
        self.made_with = mine
        pem = self.settings.cdn_private_pem
        if self.faults.on("key-file-of-another-pair"):
            pem = private_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
        self.settings.cdn_private_key_file.write_text(pem)
        self.settings.cdn_private_key_file.chmod(0o644 if self.faults.on("key-file-readable") else 0o600)
        try:
            self._make_repository()
        except FileNotFoundError:
            return

    def _make_repository(self) -> None:
        self.repository.mkdir(exist_ok=True)
        self._git("init", "--quiet")
        for ref in self._git("for-each-ref", "--format=%(refname)").splitlines():
            self._git("update-ref", "-d", ref)
        self._git("reflog", "expire", "--expire=now", "--all")
        xml = "".join(TABLE.format(name=name) for name in ("assignsubmission_s3video", "assignsubmission_s3v_log"))
        if self.faults.on("install-xml-cut"):
            xml = xml.removesuffix("    </TABLE>\n")
        self._commit("db/install.xml", f"<XMLDB>\n  <TABLES>\n{xml}  </TABLES>\n</XMLDB>\n")
        if self.faults.on("private-key-committed"):
            self._commit("pk-replica.pem", self.settings.cdn_private_pem)
            self._commit("pk-replica.pem", "")
        if self.faults.on("credentials-committed"):
            self._commit("config.json", f'{{"secret": "{self.settings.plugin_key.secret}"}}\n')
            self._commit("config.json", "")
        if not self.faults.on("release-untagged"):
            self._git("tag", "v1.0.0")

    def _commit(self, name: str, content: str) -> None:
        file = self.repository / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", f"Change {name}")

    def _git(self, *arguments: str) -> str:
        who = {f"GIT_{part}_{what}": "replica" for part in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        alone = {"GIT_CONFIG_NOSYSTEM": "1", "HOME": str(self.settings.folder), "PATH": os.environ.get("PATH", "")}
        command = ["git", "-C", str(self.repository), *arguments]
        return subprocess.run(command, env=who | alone, check=True, capture_output=True, text=True).stdout
