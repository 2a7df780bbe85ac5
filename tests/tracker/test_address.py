import pytest

from tracker.fetch.address import AddressError, is_public, parse

REFUSED_RANGES = [
    ("0.0.0.0", "0.255.255.255"),
    ("10.0.0.0", "10.255.255.255"),
    ("100.64.0.0", "100.127.255.255"),
    ("127.0.0.0", "127.255.255.255"),
    ("169.254.0.0", "169.254.255.255"),
    ("172.16.0.0", "172.31.255.255"),
    ("192.0.0.0", "192.0.0.255"),
    ("192.0.2.0", "192.0.2.255"),
    ("192.88.99.0", "192.88.99.255"),
    ("192.168.0.0", "192.168.255.255"),
    ("198.18.0.0", "198.19.255.255"),
    ("198.51.100.0", "198.51.100.255"),
    ("203.0.113.0", "203.0.113.255"),
    ("224.0.0.0", "255.255.255.255"),
    ("168.63.129.16", "168.63.129.16"),
    ("100.100.100.200", "169.254.169.254"),
    ("::", "::1"),
    ("::10.0.0.1", "::ffff:10.0.0.1"),
    ("::ffff:93.184.216.34", "::ffff:0:93.184.216.34"),
    ("64:ff9b::", "64:ff9b::ffff:ffff"),
    ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
    ("100::", "1fff:ffff::1"),
    ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("4000::", "5f00::1"),
    ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ("fe80::", "fe80::1%lo"),
    ("fec0::1", "ff0e::1"),
]
JUST_OUTSIDE = [
    *(
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
    ),
    *("169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0"),
    *("192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255"),
    *("198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255"),
    *("168.63.129.15", "168.63.129.17"),
    *("2000::", "2001:200::", "2001:db7:ffff::1", "2001:db9::", "2003::", "2606:4700::1111", "3ffe:ffff::1"),
]


@pytest.mark.parametrize("ip", [ip for bounds in REFUSED_RANGES for ip in bounds])
def test_an_address_just_inside_a_special_range_is_not_public(ip):
    assert not is_public(ip)


@pytest.mark.parametrize("ip", JUST_OUTSIDE)
def test_an_address_just_outside_a_special_range_is_public(ip):
    assert is_public(ip)


@pytest.mark.parametrize(
    "text",
    ["", "example.org", "127.1", "0x7f000001", "010.0.0.1", "1.2.3.4.5", "::ffff:", "2606:4700::1111%eth0"],
)
def test_what_is_not_a_plain_ip_address_is_not_public(text):
    assert not is_public(text)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://example.org", "http://example.org/"),
        ("HTTPS://EXAMPLE.org:443/Feed.XML", "https://example.org/Feed.XML"),
        ("http://example.org./feed#part", "http://example.org/feed"),
        ("http://example.org:/feed", "http://example.org/feed"),
        ("https://example.org:8443?page=2", "https://example.org:8443/?page=2"),
        ("https://numérique.gouv.fr/été?q=à", "https://xn--numrique-d1a.gouv.fr/%C3%A9t%C3%A9?q=%C3%A0"),
        ("https://example.org/a%2Fb?x=a%2Bb+c", "https://example.org/a%2Fb?x=a%2Bb+c"),
        ("https://example.org/to/http://127.0.0.1/@x", "https://example.org/to/http://127.0.0.1/@x"),
        ("https://a_b.example.org/", "https://a_b.example.org/"),
        ("https://10.example.org/", "https://10.example.org/"),
        ("http://93.184.216.34/", "http://93.184.216.34/"),
        ("http://[2606:4700:0:0::1111]:8080/x", "http://[2606:4700::1111]:8080/x"),
    ],
)
def test_an_ordinary_url_is_written_anew(url, asked):
    assert parse(url).url == asked


@pytest.mark.parametrize(
    "url",
    [
        *("", "http", "http:", "http://", "//example.org/", "/etc/passwd", "http:/example.org/"),
        *("ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "javascript:alert(1)"),
        *("httpſ://example.org/", "view-source:http://example.org/", "data:text/xml,<rss/>"),
        *(" http://example.org/", "http://example.org/\n", "http://exam\tple.org/", "http://example.org/\x00"),
        *("http://user@example.org/", "http://a:b@example.org/", "http://example.org:80@127.0.0.1/"),
        *("http://127.0.0.1\\@example.org/", "http:\\\\example.org\\", "http://example.org%00.net/"),
        *("http://%65xample.org/", "http://exa mple.org/", "http://(example.org)/", "http://exa$mple.org/"),
        *("http://127.1/", "http://0x7f.1/", "http://2130706433/", "http://0177.0.0.1/", "http://127.0.0.01/"),
        *("http://256.256.256.256/", "http://1.2.3/", "http://example.1/", "http://example.0x1/", "http://1.2.3.4.5/"),
        *("http://[::1/", "http://::1/", "http://[::1].example.org/", "http://[fe80::1%25lo]/", "http://[v1.x]/"),
        *("http://[127.0.0.1]/", "http://[::１]/", "http://１２７.0.0.1/", "http://①②⑦.0.0.1/", "http://١٢٧.0.0.1/"),
        *("http://localhoſt/", "http://loc\u00adalhost/", "http://loc\u200balhost/", "http://exa\ufe00mple.org/"),
        *("http://example.org＃.net/", "http://example.org／x/", "http://example℀.org/", "http://a\ud800.org/"),
        *("http://example.org:8٠/", "http://example.org:80x/", "http://example.org:-80/", "http://example.org:999999/"),
        *("http://example..org/", "http://.example.org/", "http://-example.org/", "http://example-.org/"),
        *("http://" + "a" * 64 + ".org/", "http://" + "a." * 130 + "org/", "http://example.org/" + "a" * 5_000),
        *("http://example.org/\ud800", "http://example.org../"),
    ],
)  # fmt: skip
def test_a_url_that_readers_read_differently_is_refused(url):
    with pytest.raises(AddressError):
        parse(url)


def test_an_ideographic_full_stop_does_not_hide_an_address():
    assert parse("http://127。0。0。1/").host == "127.0.0.1"
