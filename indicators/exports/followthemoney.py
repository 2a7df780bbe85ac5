"""The registry as FollowTheMoney entities (https://followthemoney.tech), one JSON a line, under names that stay."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from indicators.exports.tables import Row
from indicators.exports.writing import number
from indicators.legs import MILLION
from indicators.models import Publication

_DOLLAR = "USD"
_SCHEMATA = {"company": "Company", "business_unit": "Company", "public_body": "PublicBody"}
_LOANS = {"loan", "convertible"}
_SHARES = {"equity"}
_PAID = {"prepayment", "jv_contribution", "lease_financing"}
# What names payer and payee in each schema, in this order.
_ENDS = {
    "Payment": ("payer", "beneficiary"),
    "Debt": ("creditor", "debtor"),
    "Ownership": ("owner", "asset"),
    "UnknownLink": ("subject", "object"),
}


def entities(rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Actors as Company, PublicBody or Organization; who controls whom; each leg as what its source lets us say.

    Legs that we inferred are left out: elsewhere nobody would see that no source states them.
    """
    actors = {actor["actor_id"]: actor for actor in rows["actors"]}
    for actor in actors.values():
        yield from _actor(actor)
    sources = {source.slug: source for source in Publication.objects.all()}
    for leg in rows["legs"]:
        if not leg["derived"]:
            yield _line(*_leg(leg, actors, sources.get(leg["source"])))


def _actor(actor: Row) -> Iterator[str]:
    told = {"name": actor["name"], "country": (actor["country"] or "").lower(), "summary": actor["note_en"]}
    yield _line(_name("actor", actor["actor_id"]), _SCHEMATA.get(actor["kind"], "Organization"), told)
    if actor["group"] and _is_asset(actor):
        held = {"owner": _name("actor", actor["group"]), "asset": _name("actor", actor["actor_id"])}
        yield _line(_name("control", actor["actor_id"]), "Ownership", held | {"role": "controls"})


def _leg(leg: Row, actors: Mapping[str, Row], source: Publication | None) -> tuple[str, str, dict[str, Any]]:
    schema = _schema(leg, payee=actors[leg["payee"]])
    payer, payee = _ENDS[schema]
    told = {
        payer: _name("actor", leg["payer"]),
        payee: _name("actor", leg["payee"]),
        "date": leg["date_announced"],
        "summary": " · ".join(filter(None, [leg["instrument"], leg["status"], leg["as_stated"]])),
        "description": leg["quote"],
        "recordId": leg["leg_id"],
        "sourceUrl": source and source.url,
        "publisher": source and (source.publisher or source.title),
    }
    if schema in ("Payment", "Debt"):
        told |= _amount(leg)
    else:
        told["status"] = leg["status"]
    return _name("leg", leg["leg_id"]), schema, told


def _schema(leg: Row, *, payee: Row) -> str:
    if leg["flow"] == "P" or leg["instrument"] in _PAID:
        return "Payment"
    if leg["flow"] == "F" and leg["instrument"] in _LOANS:
        return "Debt"
    held = leg["flow"] == "F" and leg["instrument"] in _SHARES and _is_asset(payee)
    return "Ownership" if held else "UnknownLink"


def _amount(leg: Row) -> dict[str, str]:
    """The amount where the source gives one and its currency: an “up to” is no amount, its words are in the summary."""
    if leg["currency"] is None or leg["hi_musd"] is None or leg["lo_musd"] != leg["hi_musd"]:
        return {}
    units = number(leg["lo_musd"] * MILLION)
    told = {"amountUsd": units}
    return told | ({"amount": units, "currency": _DOLLAR} if leg["currency"] == _DOLLAR else {})


def _is_asset(actor: Row) -> bool:
    return _SCHEMATA.get(actor["kind"]) == "Company"


def _name(kind: str, slug: str) -> str:
    return f"ca-marche-{hashlib.sha256(f'{kind}/{slug}'.encode()).hexdigest()[:40]}"


def _line(name: str, schema: str, told: Mapping[str, Any]) -> str:
    properties = {key: [value] for key, value in sorted(told.items()) if value}
    entity = {"id": name, "schema": schema, "properties": properties}
    return json.dumps(entity, ensure_ascii=False, sort_keys=True) + "\n"
