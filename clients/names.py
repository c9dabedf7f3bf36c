"""What a host name leads to: by DNS, and with which certificate."""

from __future__ import annotations

import socket

import requests

from clients import http
from clients.errors import Unreachable, root_of, untrusted

HTTPS = 443


def addresses(name: str) -> frozenset[str] | None:
    """The addresses of a host, `host` or `host:port`; None for a name that has none."""
    host = name.partition(":")[0]
    try:
        found = socket.getaddrinfo(host, HTTPS, type=socket.SOCK_STREAM)
    except OSError:
        return None
    return frozenset(str(address[0]) for *_, address in found)


def leads_to(name: str, target: str) -> bool:
    """Whether a host is another one's by a CNAME, or has an address in common with it.

    Raises Unreachable where DNS knows neither: it may be this machine's fault.
    """
    here, there = addresses(name), addresses(target)
    if here is None and there is None:
        raise Unreachable(f"DNS on this machine knows neither {name} nor {target}")
    if here is None:
        return False
    return _canonical(name) == target.partition(":")[0].casefold() or bool(here & (there or frozenset()))


def certificate_refusal(name: str, verify: bool | str, timeout: float) -> str:
    """What is wrong with the certificate that `name` shows for itself; empty where it is good. Raises Unreachable."""
    url = f"https://{name}/"
    try:
        http.request("HEAD", url, verify=verify, timeout=timeout).close()
    except requests.exceptions.SSLError as error:
        return untrusted(url, error)
    except requests.RequestException as error:
        raise Unreachable(f"{url} does not answer: {root_of(error)}") from error
    return ""


def _canonical(name: str) -> str:
    found = socket.getaddrinfo(name.partition(":")[0], HTTPS, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME)
    return found[0][3].rstrip(".").casefold()
