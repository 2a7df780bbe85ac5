"""Who pays whom as a graph that others draw: GraphML and DOT, one edge for each leg, unknown amounts left out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from indicators.exports.tables import Row
from indicators.exports.writing import number

# Attributes by the element that they belong to; GraphML wants a type for each.
_NODE = {"name": "string", "kind": "string", "group": "string"}
_EDGE = {
    "deal_id": "string",
    "flow": "string",
    "instrument": "string",
    "lo_musd": "double",
    "hi_musd": "double",
    "nominal_musd": "double",
    "as_stated": "string",
    "status": "string",
    "confidence": "string",
    "derived": "boolean",
}
_STYLES = {"F": "dashed", "P": "solid", "D": "dotted", "?": "dotted"}


def graphml(rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """The graph in GraphML (http://graphml.graphdrawing.org/), edges from payer to payee."""
    root = ElementTree.Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    for name, kind in (_NODE | _EDGE).items():
        about = "node" if name in _NODE else "edge"
        ElementTree.SubElement(root, "key", {"id": name, "for": about, "attr.name": name, "attr.type": kind})
    graph = ElementTree.SubElement(root, "graph", id="registry", edgedefault="directed")
    actors, legs = _read(rows)
    for actor in actors:
        _told(ElementTree.SubElement(graph, "node", id=actor["actor_id"]), _NODE, actor)
    for leg in legs:
        ends = {"id": leg["leg_id"], "source": leg["payer"], "target": leg["payee"]}
        _told(ElementTree.SubElement(graph, "edge", ends), _EDGE, leg)
    ElementTree.indent(root)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield ElementTree.tostring(root, encoding="unicode") + "\n"


def dot(rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """The graph in the language of Graphviz: financing dashed, purchases solid, the rest dotted."""
    actors, legs = _read(rows)
    yield "digraph registry {\n  rankdir=LR;\n  node [shape=box];\n"
    for actor in actors:
        yield f"  {_quoted(actor['actor_id'])} [label={_quoted(actor['name'])}];\n"
    for leg in legs:
        label = f"{leg['flow']} {leg['as_stated'] or '?'}"
        drawn = f"label={_quoted(label)}, style={_STYLES[leg['flow']]}, tooltip={_quoted(leg['leg_id'])}"
        yield f"  {_quoted(leg['payer'])} -> {_quoted(leg['payee'])} [{drawn}];\n"
    yield "}\n"


def _read(rows: Mapping[str, Sequence[Row]]) -> tuple[list[Row], Sequence[Row]]:
    """The actors at the ends of the legs, and the legs, of the tables."""
    legs = rows["legs"]
    ends = {leg[side] for leg in legs for side in ("payer", "payee")}
    return [actor for actor in rows["actors"] if actor["actor_id"] in ends], legs


def _told(element: ElementTree.Element, attributes: dict[str, str], row: Row) -> None:
    for name, kind in attributes.items():
        if row[name] is not None:
            ElementTree.SubElement(element, "data", key=name).text = _value(row[name], kind)


def _value(value: Any, kind: str) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    return number(value) if kind == "double" else _legible(value)


def _quoted(text: str) -> str:
    escaped = _legible(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'


def _legible(text: str) -> str:
    """Without what XML 1.0 cannot hold."""
    return "".join(
        char
        for char in text
        if char in "\t\n" or " " <= char < "\ud800" or "\ue000" <= char <= "\ufffd" or char > "\uffff"
    )
