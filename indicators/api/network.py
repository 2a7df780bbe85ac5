"""Who pays whom as a network, in the API: the arcs of a view, what it leaves out and why, and its circuits of money."""

import json
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from indicators import exports, registry
from indicators.api.registryparameters import CycleParameters, GraphParameters, view_asked
from indicators.api.serializers import PageSerializer
from indicators.api.tables import RegistryView
from indicators.api.views import answers
from indicators.models import Actor, EditionFile
from indicators.registry import CircuitFound, Network
from indicators.rules.deal_graph import LONGEST


class ArcSerializer(serializers.Serializer):
    """All that one actor pays another of one kind (F financing, P purchase), in millions of US dollars."""

    payer = serializers.CharField()
    payee = serializers.CharField()
    kind = serializers.ChoiceField(["F", "P"])
    lo_musd = serializers.FloatField(help_text="At least.")
    hi_musd = serializers.FloatField(allow_null=True, help_text="At most; null: no published upper bound.")
    legs = serializers.ListField(child=serializers.CharField())


class LeftOutSerializer(serializers.Serializer):
    """A leg that does not count in the view, and why: not_yet, status:…, flow_unknown, umbrella, derived, contingent,
    noncash, confidence or intragroup."""

    leg = serializers.CharField()
    reason = serializers.CharField()


class PairSerializer(serializers.Serializer):
    relation = serializers.CharField()
    one = serializers.CharField()
    other = serializers.CharField()


class NodeSerializer(serializers.Serializer):
    actor = serializers.CharField()
    name = serializers.CharField()


class GraphSerializer(serializers.Serializer):
    """The network of a view; `dataset` is the digest of what it was read from, `core` who pays each other round."""

    dataset = serializers.CharField()
    as_of = serializers.DateField(allow_null=True)
    nodes = NodeSerializer(many=True)
    arcs = ArcSerializer(many=True)
    left_out = LeftOutSerializer(many=True)
    pairs = PairSerializer(many=True)
    core = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    unconverted = serializers.ListField(
        child=serializers.CharField(), help_text="No rate: counted as unknown."
    )
    unstated = serializers.ListField(child=serializers.CharField(), help_text="The source names no currency.")


class CycleSerializer(serializers.Serializer):
    """A circuit of money: its size is that of its smallest payment, in millions of US dollars."""

    id = serializers.CharField()
    url = serializers.URLField(allow_null=True)
    sort = serializers.ChoiceField(["mixed", "commercial", "financial"])
    evidence = serializers.ChoiceField(["explicit", "coexisting"])
    actors = serializers.ListField(child=serializers.CharField())
    kinds = serializers.ListField(child=serializers.CharField())
    lo_musd = serializers.FloatField()
    hi_musd = serializers.FloatField(allow_null=True)
    legs = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    financier_share = serializers.DictField(child=serializers.ListField(child=serializers.FloatField()))


class CyclePageSerializer(PageSerializer):
    truncated = serializers.BooleanField(help_text="There are more circuits than can be told.")
    results = CycleSerializer(many=True)


class NetworkView(RegistryView):
    """A view of the network that is asked."""

    def network(self, *, longest: int = LONGEST) -> Network:
        """The money of the view, now, on a day, or in the data set of an edition."""
        if self.asked["edition"] is None:
            return registry.network(view_asked(self.asked), longest=longest)
        dataset = _dataset(self.asked["edition"])
        view = view_asked(self.asked, frozen=dataset["view"])
        return registry.network_of(dataset["legs"], view, longest=longest)


class GraphView(NetworkView):
    accepts = GraphParameters

    @answers("graph", GraphSerializer, GraphParameters)
    def get(self, request: Request) -> Response:
        """Who pays whom in a view, what it leaves out and why."""
        found, edition = self.network(), self.asked["edition"]
        names = dict(Actor.objects.values_list("slug", "name"))
        return Response(
            {
                "dataset": edition.dataset_sha256 if edition else exports.digest(),
                "as_of": self.asked["as_of"],
                "nodes": [{"actor": actor, "name": names.get(actor, actor)} for actor in found.actors],
                "arcs": [_arc(found, arc) for arc in found.arcs],
                "left_out": [leg._asdict() for leg in found.left_out],
                "pairs": [{"relation": told, "one": one, "other": other} for told, one, other in found.pairs],
                "core": found.core,
                "unconverted": found.unconverted,
                "unstated": found.unstated,
            }
        )


class CycleListView(NetworkView):
    accepts = CycleParameters

    @answers("cycles", CyclePageSerializer, CycleParameters)
    def get(self, request: Request) -> Response:
        """The circuits of money of a view. A declared circuit proves neither fraud nor fictitious sales."""
        found = self.network(longest=self.asked["longest"])
        response = self.page(found.circuits, lambda page: [_cycle(circuit) for circuit in page])
        response.data["truncated"] = found.truncated
        return response


def _dataset(edition: Model) -> dict[str, Any]:
    file = EditionFile.objects.get(edition=edition, name=EditionFile.Name.DATASET)
    return dict(json.loads(file.content))


def _arc(network: Network, arc: Any) -> dict[str, Any]:
    legs = [leg["id"] for leg in network.behind[arc.payer, arc.payee, arc.kind]]
    ends = {"payer": arc.payer, "payee": arc.payee, "kind": arc.kind}
    return ends | {"lo_musd": arc.lo, "hi_musd": arc.hi, "legs": legs}


def _cycle(found: CircuitFound) -> dict[str, Any]:
    circuit = found.circuit
    return {
        "id": found.id,
        "url": _url(found.id),
        "sort": found.klass,
        "evidence": found.evidence,
        "actors": circuit.nodes,
        "kinds": circuit.kinds,
        "lo_musd": circuit.lo,
        "hi_musd": circuit.hi,
        "legs": found.legs,
        "financier_share": found.financier_share,
    }


def _url(name: str) -> str | None:
    with translation.override("fr"):
        try:
            return settings.SITE_URL + reverse("circuit", args=[name])
        except NoReverseMatch:
            return None
