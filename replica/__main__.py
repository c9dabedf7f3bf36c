"""Command line of the replica: `python -m replica --help`."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from replica import faults, site_profiles
from replica.faults import Faults
from replica.moodle.site import Site
from replica.proxy import Proxy
from replica.server import Shell
from replica.settings import BUCKET, REGION, Settings
from replica.site_profiles import SiteProfiles
from replica.stack import Ports, PortTaken, Stack, listen, prepare_folder

EXIT_USAGE = 4


def main() -> int:
    """Run the stack until Ctrl-C, SIGTERM or (with --json) the end of stdin. 0 when it ended cleanly, 4 on usage."""
    parser = argparse.ArgumentParser(prog="python -m replica", description="An embedded staging stack.")
    parser.add_argument(
        "--port", type=int, help="the site's port; S3, CDN and HTTP take the next three; else free ones"
    )
    parser.add_argument("--dir", type=Path, help="state folder, wiped at start and removed at stop")
    parser.add_argument("--json", action="store_true", help="one line of JSON when ready; stop when stdin ends")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME", help="switch a defect on")
    parser.add_argument("--proxy", type=int, metavar="PORT", help="a CONNECT proxy that asks for a name; 0: any port")
    parser.add_argument("--site", action="append", default=[], metavar="NAME[=VALUE]", help="switch a site profile on")
    parser.add_argument("--list-site", action="store_true", help="print all site profiles as JSON and end")
    parser.add_argument("--list-faults", action="store_true", help="print all defects as JSON and end")
    options = parser.parse_args()
    broken, set_up = Faults(), SiteProfiles()
    try:
        broken.replace(options.fault)
        set_up.replace(site_profiles.from_options(options.site))
    except ValueError as error:
        return _usage(str(error))
    if options.list_faults or options.list_site:
        print(json.dumps(faults.listing() if options.list_faults else site_profiles.listing(), indent=2))
        return 0
    if options.dir and options.dir.exists() and any(options.dir.iterdir()) and not (options.dir / "ca.pem").exists():
        return _usage(f"{options.dir} is not a replica's folder and not empty; give another --dir")
    try:
        ports = Ports.take(options.port) if options.port else Ports.free()
        proxy = None if options.proxy is None else Proxy(listen(options.proxy))
    except PortTaken as taken:
        return _usage(f"{taken}; end what uses it, or choose another with --port (four in a row are needed)")
    folder = options.dir or _place() / str(ports.first)
    try:
        prepare_folder(folder)
    except OSError as error:
        return _usage(f"{folder} cannot be made ({error.strerror}); free or unlock it, or give another --dir")
    settings = Settings(port=ports.first, folder=folder.resolve())
    site = Site(settings, broken, set_up)
    if not options.json:
        site.create_demo()
    announce, shell = _announce_json if options.json else _announce, Shell(site)
    Stack(site, proxy, shell).run(ports, partial(announce, site, proxy, shell), options.json)
    return 0


def _place() -> Path:
    """Beside the code, where that may be written to."""
    checkout = Path(__file__).resolve().parent.parent
    if os.access(checkout, os.W_OK):
        return checkout / ".replica"
    return Path(tempfile.gettempdir()) / f"s3video-replica-{os.getuid()}"


def _announce_json(site: Site, proxy: Proxy | None, shell: Shell) -> None:
    settings = site.settings
    ready = {
        "base_url": site.base_url,
        "plain_url": settings.plain_url,
        "ca_file": str(settings.ca_file),
        "accounts": {"admin": {"username": "admin", "password": settings.admin_password}},
        "storage": {
            "bucket": BUCKET,
            "region": REGION,
            "endpoint": settings.s3_endpoint,
            "access_key": settings.suite_key.access,
            "secret_key": settings.suite_key.secret,
        },
        "audit": {
            "endpoint": settings.aws_endpoint,
            "access_key": settings.audit_key.access,
            "secret_key": settings.audit_key.secret,
        },
        "cdn": {
            "domain": settings.cdn_domain,
            "key_pair_id": settings.key_pair_id,
            "private_key": settings.cdn_private_pem,
            "private_key_file": str(settings.cdn_private_key_file),
        },
        "server": shell.announced,
        "pid": os.getpid(),
    }
    print(json.dumps(ready | ({"proxy": proxy.url} if proxy else {})), flush=True)


def _announce(site: Site, proxy: Proxy | None, shell: Shell) -> None:
    settings = site.settings
    people = "\n".join(f"    {user.username:10} {user.password}" for user in site.demo_people())
    print(
        f"""
The replica is up.

  Site       {site.base_url}
{people}
  Course     {site.demo_course_url()}

  S3         {settings.s3_endpoint}/{BUCKET}/
    suite's key   {settings.suite_key.access} {settings.suite_key.secret}
    plugin's key  {settings.plugin_key.access} {settings.plugin_key.secret}
  AWS        {settings.aws_endpoint}
    audit key     {settings.audit_key.access} {settings.audit_key.secret}
  CDN        https://{settings.cdn_domain}/  key pair {settings.key_pair_id}
  CA         {settings.ca_file}
  Server     {shell.announced["ssh"]} by SSH, with a key that --json prints
  Proxy      {proxy.url if proxy else "none (--proxy PORT)"}

Stop it with Ctrl-C.""",
        flush=True,
    )


def _usage(message: str) -> int:
    print(f"replica: {message}", file=sys.stderr)
    return EXIT_USAGE


@contextmanager
def as_far_as_read() -> Iterator[None]:
    """What the body prints may be more than its reader wants, such as `head`."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit()


if __name__ == "__main__":
    with as_far_as_read():
        sys.exit(main())
