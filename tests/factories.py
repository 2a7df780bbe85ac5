"""Rows for the tests: plain functions, one row each, every default in sight."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from indicators.models import (
    Action,
    Actor,
    Assessment,
    Citation,
    Deal,
    DealParty,
    Definition,
    Evidence,
    Indicator,
    Leg,
    LegAmount,
    Publication,
    Statement,
)

PUBLISHED_AT = datetime(2026, 10, 15, 8, 0, tzinfo=UTC)


def make_user(username: str = "moderator", **fields: Any) -> User:
    user, _ = User.objects.get_or_create(username=username, defaults=fields)
    return user


def verified(client: Client, user: User) -> Client:
    """The same browser, logged in with both steps, just now."""
    client.force_login(user)
    device, _ = TOTPDevice.objects.get_or_create(user=user, name="totp")
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session["confirmed_at"] = timezone.now().isoformat()
    session.save()
    return client


def make_action(code: str = "A1", **fields: Any) -> Action:
    publication, _ = Publication.objects.get_or_create(
        slug="article", defaults={"title": "L’article", "published_on": date(2025, 10, 8), "language": "fr"}
    )
    defaults = {
        "slug": f"action-{code.lower()}",
        "order": int(code[1:]),
        "publication": publication,
        "title_fr": f"Action {code}",
        "title_en": f"Action {code} in English",
        "proposal_fr": "Proposition",
        "proposal_en": "Proposal",
    }
    action, _ = Action.objects.get_or_create(code=code, defaults=defaults | fields)
    return action


def make_indicator(code: str = "1a", **fields: Any) -> Indicator:
    """An indicator of action A1, A2 or A3 by its code, with no definition yet."""
    defaults = {
        "order": int(code[0]) * 10 + ord(code[1]),
        "form": "existential",
        "statement_fr": f"Phrase {code}",
        "statement_en": f"Sentence {code}",
    }
    return Indicator.objects.create(
        **{"code": code, "action": fields.pop("action", None) or make_action(f"A{code[0]}")}
        | defaults
        | fields
    )


def make_definition(indicator: Indicator, version: int = 1, **fields: Any) -> Definition:
    """A definition whose rung n asks for n events; rung 3 for one confirmed event."""
    defaults = {
        "in_force_from": date(2026, 1, 1),
        "published_at": datetime(2026, 1, 1, tzinfo=UTC),
        "ladder": LADDER,
        "scope_fr": "Portée",
        "scope_en": "Scope",
    }
    return Definition.objects.create(**{"indicator": indicator, "version": version} | defaults | fields)


def make_evidence(
    number: int = 1,
    *,
    citations: Sequence[dict[str, Any]] = ({},),
    assessments: Sequence[dict[str, Any]] = (),
    **fields: Any,
) -> Evidence:
    """A published evidence; each citation and assessment is what differs from the defaults.

    An assessment names its indicator, whose newest definition it is under.
    """
    defaults = {
        "kind": "tender",
        "title_fr": f"Preuve {number}",
        "title_en": f"Evidence {number}",
        "occurred_on": date(2026, 10, 14),
        "country": "FR",
        "owner": f"Acheteur {number}",
        "published_at": PUBLISHED_AT,
    }
    author = fields.pop("published_by", None) or make_user()
    evidence = Evidence.objects.create(**{"number": number, "published_by": author} | defaults | fields)
    for citation in citations:
        Citation.objects.create(**{"evidence": evidence} | _CITATION | citation)
    for assessment in assessments:
        definition = assessment["indicator"].definitions.order_by("version").last()
        Assessment.objects.create(
            **{"evidence": evidence, "definition": definition} | _ASSESSMENT | assessment
        )
    return evidence


def make_registry(*, actors: int, legs: int, first: int = 0) -> None:
    """So many actors that finance and pay each other, two legs and three statements to a deal, numbered from `first`."""
    source = {"published_on": date(2025, 7, 1), "language": "en"}
    publication, _ = Publication.objects.get_or_create(slug="press", defaults=source)
    numbers = range(first, first + actors)
    who = Actor.objects.bulk_create([Actor(slug=f"a{n}", name=f"Actor {n}", kind="company") for n in numbers])
    deals = Deal.objects.bulk_create(
        [
            Deal(slug=f"d{n}", title_fr=f"Accord {n}", title_en=f"Deal {n}", kind="deal", status="announced",
                 announced=f"2025-{1 + n % 12:02}", headline=10**9)
            for n in range(first, first + legs // 2)
        ]
    )  # fmt: skip
    DealParty.objects.bulk_create(
        [DealParty(deal=deal, actor=who[n % actors], roles=["customer"]) for n, deal in enumerate(deals)]
    )
    rows = Leg.objects.bulk_create(
        [
            Leg(slug=f"{deals[n // 2].slug}/l{n}", deal=deals[n // 2], payer=who[7 * n % actors],
                payee=who[(7 * n + 1 + n % 5) % actors], flow="FP"[n % 2], instrument="equity", confidence="low")
            for n in range(legs)
        ]
    )  # fmt: skip
    amount = {"stage": "announced", "basis": "exact", "lo": 10**9, "hi": 10**9, "currency": "USD"}
    LegAmount.objects.bulk_create([LegAmount(leg=row, **amount) for row in rows])
    said = {"publication": publication, "quote": "A pays B.", "claim": "reported"}
    Statement.objects.bulk_create(
        [Statement(slug=f"{deal.slug}/s{n}", deal=deal, **said) for deal in deals for n in range(3)]
    )


LADDER = [
    {"rung": 1, "fr": "Un signal", "en": "A signal", "any": [[{"events": 1, "claim": 1}]]},
    {"rung": 2, "fr": "Un début", "en": "A start", "any": [[{"events": 1, "claim": 2}]]},
    {"rung": 3, "fr": "Un cas", "en": "A case", "any": [[{"events": 1, "claim": 3, "confirmed": True}]]},
    {"rung": 4, "fr": "Deux cas", "en": "Two cases", "any": [[{"events": 2, "claim": 3, "owners": 2}]]},
    {"rung": 5, "fr": "Dix cas", "en": "Ten cases", "any": [[{"events": 10, "claim": 3, "countries": 4}]]},
]
_CITATION = {
    "url": "https://buyer.example/notice",
    "publisher": "Journal officiel",
    "title": "Avis",
    "language": "fr",
    "quote": "au moins deux fabricants",
    "tier": 1,
    "independence_group": "état",
    "snapshot_sha256": "0" * 64,
}
_ASSESSMENT = {"stance": "supports", "directness": "direct", "rung": 3}
