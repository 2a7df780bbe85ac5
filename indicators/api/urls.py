"""The addresses of the API, under /api/v1/."""

from django.urls import path

from indicators.api import network, observations, registry, tables, views

urlpatterns = [
    path("", views.RootView.as_view(), name="api-root"),
    path("actions/", views.ActionListView.as_view(), name="api-actions"),
    path("actions/<slug:slug>/", views.ActionView.as_view(), name="api-action"),
    path("indicators/", views.IndicatorListView.as_view(), name="api-indicators"),
    path("indicators/<slug:code>/", views.IndicatorView.as_view(), name="api-indicator"),
    path("indicators/<slug:code>/status/", views.StatusView.as_view(), name="api-indicator-status"),
    path("indicators/<slug:code>/changes/", views.ChangeListView.as_view(), name="api-indicator-changes"),
    path("status/", views.StatusListView.as_view(), name="api-status"),
    path("evidence/", views.EvidenceListView.as_view(), name="api-evidence"),
    path("evidence/<int:number>/", views.EvidenceView.as_view(), name="api-one-evidence"),
    path("observations/", observations.ObservationListView.as_view(), name="api-observations"),
    path("publications/", views.PublicationListView.as_view(), name="api-publications"),
    path("facts/", views.FactListView.as_view(), name="api-facts"),
    path("actors/", registry.ActorListView.as_view(), name="api-actors"),
    path("deals/", registry.DealListView.as_view(), name="api-deals"),
    path("deals/<slug:slug>/", registry.DealView.as_view(), name="api-deal"),
    path("legs/", tables.LegListView.as_view(), name="api-legs"),
    path("statements/", tables.StatementListView.as_view(), name="api-statements"),
    path("contradictions/", tables.ContradictionListView.as_view(), name="api-contradictions"),
    path("cycles/", network.CycleListView.as_view(), name="api-cycles"),
    path("graph/", network.GraphView.as_view(), name="api-graph"),
    path("editions/", tables.EditionListView.as_view(), name="api-editions"),
    path("scores/", tables.ScoreListView.as_view(), name="api-scores"),
    path("answers/", tables.AnswerListView.as_view(), name="api-answers"),
    path("changes/", tables.JournalView.as_view(), name="api-changes"),
    path("corrections/", tables.CorrectionListView.as_view(), name="api-corrections"),
    path("schema/", views.SchemaView.as_view(), name="api-schema"),
    path("docs/", views.DocsView.as_view(), name="api-docs"),
]
