"""The public pages, by name: other rooms link to them by these names."""

from django.urls import path
from django.views.generic import RedirectView

from indicators.site import (
    actors,
    assessments,
    circuits,
    downloads,
    embeds,
    evidence,
    freedom,
    journal,
    registry,
    verifying,
    views,
)
from indicators.site.feeds import feed_urlpatterns

# What is left of an address when its end is cut off, and where that is listed.
_CUT_SHORT = {
    "actions/": "home",
    "indicateurs/": "home",
    "registre/accords/": "registry",
    "indice/methode/": "index",
    "donnees/": "downloads",
}

urlpatterns = [
    path("", views.home, name="home"),
    path("actions/<slug:slug>/", views.action, name="action"),
    path("indicateurs/<slug:code>/", views.indicator, name="indicator"),
    path("preuves/", evidence.evidence_list, name="evidence_list"),
    path("preuves/<int:number>/", evidence.evidence, name="evidence"),
    path("registre/", registry.registry, name="registry"),
    path("registre/accords/<slug:slug>/", registry.deal, name="deal"),
    path("registre/contradictions/", registry.contradictions, name="contradictions"),
    path("grille/", assessments.assessments, name="assessments"),
    path("registre/circuits/", circuits.circuits, name="circuits"),
    path("registre/circuits/<slug:name>/", circuits.circuit, name="circuit"),
    path("registre/acteurs/", actors.actors, name="actors"),
    path("registre/acteurs/<slug:slug>/", actors.actor, name="actor"),
    path("registre/matrice/", circuits.matrix, name="matrix"),
    *freedom.urlpatterns,
    *embeds.urlpatterns,
    path("telechargements/", downloads.downloads, name="downloads"),
    path("methode/", views.method, name="method"),
    path("corrections/", journal.corrections, name="corrections"),
    path("journal/", journal.journal, name="journal"),
    path("journal/verifier/", verifying.verify, name="verify"),
    *feed_urlpatterns,
    *(
        path(cut, RedirectView.as_view(pattern_name=name, query_string=True))
        for cut, name in _CUT_SHORT.items()
    ),
]
