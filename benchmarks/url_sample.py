"""URLs as people and programs report them: plain ones, long ones, and some written to hide what they are.

All hosts are reserved or made up. The same seed gives the same URLs. `python -m benchmarks.url_sample` measures.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from urllib.parse import quote

from hashsvc.errors import InvalidArgument

_ENGLISH = """
photo album view gallery img media item topic thread user profile watch read news forum post page archive download files
share folder public 2026 11 24 en mn kk ru set story clip board list show detail large thumb original
"""
_MONGOLIAN_AND_KAZAKH = "зураг мэдээ альбом сурет бейне фото файл хуудас бет жаңалық ярилцлага өгүүлэл үзэх кино"
_PARAMETERS = "id p q v page t s lang sort view ref album user post start size format key token a b c"
_WORDS, _CYRILLIC, _NAMES = _ENGLISH.split(), _MONGOLIAN_AND_KAZAKH.split(), _PARAMETERS.split()
_ENDINGS = ("example", "example.com", "example.org", "example.net", "test", "invalid")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def sample(count: int, seed: int, *, distinct_hosts: bool = False) -> list[str]:
    """Make URLs. distinct_hosts: no host comes twice; otherwise 3 of 4 are of a few hundred hosts."""
    rng = random.Random(seed)
    hosts = [_host(rng) for _ in range(400)]
    urls = []
    for number in range(count):
        host = _host(rng, number) if distinct_hosts or rng.random() < 0.25 else hosts[int(400 * rng.random() ** 3)]
        urls.append(_write(rng, host))
    return urls


def _write(rng: random.Random, host: str) -> str:
    """Write one URL at a host, in one of the ways of _KINDS."""
    kind = rng.choices(_KINDS, _WEIGHTS)[0]
    scheme = "https" if rng.random() < 0.8 else "http"
    return kind(rng, scheme, host)


def _host(rng: random.Random, number: int | None = None) -> str:
    name = "".join(rng.choices(_LETTERS, k=rng.randint(4, 12)))
    if number is not None:
        name += f"-{number}"
    labels = rng.choice(["", "", "", "www.", "www.", "www.", "img.", "m.", "cdn3.static.", "forum."])
    return f"{labels}{name}.{rng.choice(_ENDINGS)}"


def _path(rng: random.Random) -> str:
    if rng.random() < 0.06:
        return "/"
    folders = "".join(f"/{rng.choice(_WORDS)}" for _ in range(rng.choice([0, 0, 1, 1, 2, 2, 3, 4])))
    last = rng.choice(
        [
            f"/{rng.randint(1, 10**7)}",
            f"/{rng.choice(_WORDS)}-{rng.choice(_WORDS)}-{rng.randint(1, 9999)}.html",
            f"/{''.join(rng.choices(_LETTERS.upper() + _LETTERS + '0123456789', k=11))}",
            f"/IMG_{rng.randint(1, 9999):04}.jpg",
            "/",
            "/index.php",
        ]
    )
    return folders + last


def _query(rng: random.Random, most: int = 3) -> str:
    count = rng.choice([0, 0, 0, 1, 1, 2, most])
    return "&".join(f"{rng.choice(_NAMES)}={rng.choice([*_WORDS, str(rng.randint(1, 10**6))])}" for _ in range(count))


def _plain(rng: random.Random, scheme: str, host: str) -> str:
    query = _query(rng)
    return f"{scheme}://{host}{_path(rng)}{'?' if query else ''}{query}"


def _long_query(rng: random.Random, scheme: str, host: str) -> str:
    token = "".join(rng.choices(_LETTERS + "0123456789", k=rng.randint(60, 200)))
    return f"{scheme}://{host}{_path(rng)}?{_query(rng, 9)}&token={token}%3D%3D"


def _tracking(rng: random.Random, scheme: str, host: str) -> str:
    click = "".join(rng.choices(_LETTERS, k=40))
    noise = rng.choice([f"fbclid={click}", "utm_source=chat&utm_medium=social", f"gclid={click}", f"yclid={click}"])
    query = _query(rng)
    return f"{scheme}://{host}{_path(rng)}?{query}{'&' if query else ''}{noise}"


def _upper(rng: random.Random, scheme: str, host: str) -> str:
    return f"{scheme.upper()}://{host.title()}{_path(rng)}"


def _idn(rng: random.Random, scheme: str, host: str) -> str:
    label = f"{rng.choice(_CYRILLIC)}-{host.replace('.', '-')[-30:]}"
    ending = rng.choice(["мон", "қаз", "рф", "example"])
    if rng.random() < 0.3:
        ending = {"мон": "xn--l1acc", "қаз": "xn--80ao21a", "рф": "xn--p1ai"}.get(ending, ending)
    return f"{scheme}://{label}.{ending}{_path(rng)}"


def _cyrillic_path(rng: random.Random, scheme: str, host: str) -> str:
    words = "/".join(rng.choice(_CYRILLIC) for _ in range(rng.randint(1, 3)))
    query = f"?q={rng.choice(_CYRILLIC)}" if rng.random() < 0.3 else ""
    rest = f"/{words}{query}"
    way = rng.random()
    if way < 0.6:
        rest = quote(rest, safe="/?=")
    elif way < 0.7:
        rest = quote(rest, safe="/?=").lower()
    return f"{scheme}://{host}{rest}"


def _address(rng: random.Random, scheme: str, host: str) -> str:
    number = rng.randrange(1 << 24, 223 << 24)
    dotted = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
    mapped = f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]"
    return f"{scheme}://{rng.choice([dotted, dotted, dotted, str(number), hex(number), mapped])}{_path(rng)}"


def _port(rng: random.Random, scheme: str, host: str) -> str:
    return f"{scheme}://{host}:{rng.choice([80, 443, 8080, 8443])}{_path(rng)}"


def _dots(rng: random.Random, scheme: str, host: str) -> str:
    return f"{scheme}://{host}/a/{rng.choice(['..', '.', '%2e%2e', '%2E'])}{_path(rng)}"


def _encoded(rng: random.Random, scheme: str, host: str) -> str:
    text = "".join(f"%{ord(letter):02x}" for letter in rng.choice(_WORDS))
    extra = rng.choice(["%2f", "%20", "%7Euser", "a|b", "Foo_%28bar%29", "100%", "%2541", " "])
    return f"{scheme}://{host}/{text}/{extra}{_path(rng)}"


def _route(rng: random.Random, scheme: str, host: str) -> str:
    return f"{scheme}://{host}/{rng.choice(['#!AbC9!key', '#/view/17', '#F!x1!y2', '#top', '#:~:text=word'])}"


def _defanged(rng: random.Random, scheme: str, host: str) -> str:
    plain = _plain(rng, scheme, host)
    return rng.choice(
        [
            plain.replace("http", "hxxp"),
            plain.replace(".", "[.]"),
            plain.replace("http", "hxxp").replace(".", "[.]"),
            f"<{plain}>",
            f'"{plain}"',
            plain.replace("://", "[://]"),
        ]
    )


def _session(rng: random.Random, scheme: str, host: str) -> str:
    number = f"{rng.getrandbits(96):024x}"
    if rng.random() < 0.3:
        return f"{scheme}://{host}{_path(rng)};jsessionid={number}"
    return f"{scheme}://{host}{_path(rng)}?id={rng.randint(1, 99)}&{rng.choice(['PHPSESSID', 'sid'])}={number}"


def _user(rng: random.Random, scheme: str, host: str) -> str:
    return f"{scheme}://{rng.choice(['user', 'user:secret', 'example.com'])}@{host}{_path(rng)}"


def _no_scheme(rng: random.Random, scheme: str, host: str) -> str:
    return f"{host}{_path(rng)}"


def _wrong(rng: random.Random, scheme: str, host: str) -> str:
    return rng.choice(
        [f"ftp://{host}/x", f"name@{host}", "a word", f"{scheme}://a b.{host}/", f"{scheme}://{host}:99999/"]
    )


_KINDS, _WEIGHTS = zip(
    (_plain, 54), (_long_query, 3), (_tracking, 8), (_upper, 3), (_idn, 5), (_cyrillic_path, 7), (_address, 2),
    (_port, 2), (_dots, 2), (_encoded, 4), (_route, 2), (_defanged, 2), (_session, 2), (_user, 1), (_no_scheme, 2),
    (_wrong, 1),
    strict=True,
)  # fmt: skip


def measure(function: Callable[[str], object], urls: list[str], passes: int = 9, chunk: int = 200) -> float:
    """Give µs a URL, refusals included: the sum of each chunk's best pass, so that a noisy neighbour counts less.

    What is remembered about hosts is dropped before each pass.
    """
    from hashsvc.signals import url, url_expressions

    chunks = [urls[start : start + chunk] for start in range(0, len(urls), chunk)]
    best = [float("inf")] * len(chunks)
    for _ in range(passes):
        url._hosts.clear()
        url_expressions._hosts.clear()
        for number, members in enumerate(chunks):
            start_s = time.perf_counter()
            for text in members:
                try:
                    function(text)
                except InvalidArgument:
                    continue
            best[number] = min(best[number], time.perf_counter() - start_s)
    return sum(best) / len(urls) * 1e6


def main(count: int = 20_000, seed: int = 1) -> None:
    """Measure the canonical form and the keys of look-ups, on one thread."""
    from hashsvc.signals.url import canonicalise, canonicalise_slow
    from hashsvc.signals.url_expressions import lookup_keys, lookup_keys_slow

    for name, urls in (
        ("repeating hosts", sample(count, seed)),
        ("every host new", sample(count, seed, distinct_hosts=True)),
        ("plain, repeating hosts", [text for text in sample(2 * count, seed) if _is_plain(text)]),
    ):
        for function, passes in ((canonicalise, 9), (lookup_keys, 9), (canonicalise_slow, 2), (lookup_keys_slow, 2)):
            print(f"{name:24} {function.__name__:18} {measure(function, urls, passes):7.2f} µs a URL ({len(urls):,})")


def _is_plain(text: str) -> bool:
    """Say whether a URL is written as most are: lower-case ASCII host, nothing to decode or to clean up."""
    return (
        text.startswith(("http://", "https://"))
        and text.isascii()
        and not set(text) & set("%@[]#|;")
        and (text.split("/")[2].islower() and ":" not in text[8:] and "/." not in text and "xn--" not in text)
    )


if __name__ == "__main__":
    main()
