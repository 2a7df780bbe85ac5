"""Which web addresses may be asked: the form of the URL, and the judgement on the IP address behind it. Pure."""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

import idna

_MAX_URL = 4_096
_PORTS = {"http": 80, "https": 443}

# IANA's special-purpose registries, written out because `is_global` changes with the version of Python,
# and what cloud hosts serve on an address that looks public.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # Azure's host, as its virtual machines see it
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),  # Teredo and others, examples, 6to4
    )
)
# The rest of IPv6 is loopback, link-local, private, mapped, translated, multicast or not given out yet.
_IPV6_UNICAST = ipaddress.ip_network("2000::/3")

_URL = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[^/?#@:%\[\]]+))(?::(?P<port>[0-9]{0,5}))?"
    r"(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?:#.*)?",
    re.IGNORECASE | re.ASCII,
)
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_KEPT_IN_PATH = "/?:@!$&'()*+,;=~-._%[]|"


class AddressError(ValueError):
    """This is not the URL of a page on the web, or two readers could take it for two: never ask it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A URL taken apart once; what is asked is written anew from these parts, so no second parser can disagree."""

    scheme: str  # http or https
    host: str  # lower-case ASCII; IPv6 without brackets
    port: int
    path: str  # percent-coded, query included, fragment dropped

    @property
    def origin(self) -> str:
        """Scheme, host, and port if it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def url(self) -> str:
        """The URL as it is asked."""
        return self.origin + self.path

    @property
    def is_literal(self) -> bool:
        """The host is an IP address: nothing to look up."""
        return ":" in self.host or _is_ipv4(self.host)


@lru_cache(maxsize=1_000)
def parse(url: str) -> Address:
    """Take an http or https URL apart; raise AddressError for any other, and for what readers read differently."""
    parts = _URL.fullmatch(url) if len(url) <= _MAX_URL and not _UNSAFE.search(url) else None
    if parts is None:
        raise AddressError("not an http or https URL")
    scheme = parts["scheme"].lower()
    try:
        path = quote((parts["path"] or "/") + (parts["query"] or ""), safe=_KEPT_IN_PATH)
        host = str(ipaddress.IPv6Address(parts["v6"])) if parts["v6"] else _host(parts["name"])
    except ValueError as error:
        raise AddressError(str(error)) from error
    return Address(scheme=scheme, host=host, port=int(parts["port"] or _PORTS[scheme]), path=path)


def is_public(address: str) -> bool:
    """Say whether this IP address is one where anybody on the internet may serve the web."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ip.version == 6 and (ip.scope_id or ip not in _IPV6_UNICAST):
        return False
    return ip.is_global and not any(ip in network for network in _NOT_PUBLIC)


def _host(name: str) -> str:
    """Return a host name as the DNS writes it; refuse one that somebody could read as another host."""
    name = name.lower().removesuffix(".")
    if unicodedata.normalize("NFKC", name) != name:
        raise AddressError("the host name has a look-alike")
    host = name if name.isascii() else idna.encode(name).decode()
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError("not a host name")
    # The C library reads 0x7f.1, 0177.0.0.1 and 2130706433 as addresses: only four plain decimals are one.
    if _NUMBER.fullmatch(labels[-1]) and not _is_ipv4(host):
        raise AddressError("neither a host name nor an address")
    return host


@lru_cache(maxsize=1_000)
def _is_ipv4(host: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False
