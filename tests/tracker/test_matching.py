"""The watch terms find what they should, leave false friends alone, and point at the words."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tracker
from tracker.matching import Match, Text, compile_rules, match
from tracker.matching.screening import fold, positions

SHARED = Path(__file__).parents[3] / "shared"
ROWS = json.loads((Path(tracker.__file__).parent / "data" / "match_rules.json").read_text("utf-8"))
RULES = compile_rules(ROWS)

# By language: a supercomputer bought, and a clause that asks for more than one supplier (all hand-written).
CALLS = {
    "fr": ("Acquisition d’un supercalculateur pour la recherche.", "au moins deux fabricants distincts"),
    "en": ("Purchase of a supercomputer for research.", "at least two different suppliers"),
    "de": ("Beschaffung eines Höchstleistungsrechners.", "mindestens zwei verschiedene Hersteller"),
    "es": ("Adquisición de un superordenador.", "diversificación de los proveedores"),
    "it": ("Fornitura di un supercalcolatore.", "diversificazione dei fornitori"),
    "nl": ("Levering van een supercomputer.", "spreiding over leveranciers"),
    "pl": ("Dostawa superkomputera.", "co najmniej dwóch różnych dostawców"),
    "pt": ("Fornecimento de um supercomputador.", "diversificação dos fornecedores"),
}


def found(matches: list[Match]) -> list[tuple[str, str, str]]:
    return [(one.rule, one.level, one.stance) for one in matches]


def notice(text: str, language: str = "fr", **facts: Any) -> Text:
    return Text(text=text, language=language, kind="notice", **facts)


@pytest.mark.parametrize("language", CALLS)
def test_a_clause_about_a_supercomputer_is_proposed_for_1a(language):
    subject, clause = CALLS[language]
    (one,) = match(notice(f"{subject} ({clause})", language), RULES)
    assert (one.indicators, one.level, one.stance, one.rung, one.priority) == (
        ("1a",),
        "clause",
        "supports",
        3,
        4,
    )
    assert [reason.words for reason in one.reasons if reason.why == "clause"] == [clause]


@pytest.mark.parametrize("language", CALLS)
def test_a_supercomputer_without_a_clause_is_subject_only(language):
    subject, _ = CALLS[language]
    url = "https://acheteur.example/dossier"
    (one,) = match(notice(subject, language, document_urls=(url,)), RULES)
    assert (one.level, one.stance, one.rung, one.priority) == ("subject", "context", None, 1)
    assert ("documents", url) in [(reason.why, reason.words) for reason in one.reasons]


@pytest.mark.parametrize("language", CALLS)
def test_a_clause_without_ai_computing_is_nothing(language):
    _, clause = CALLS[language]
    assert match(notice(f"Électricité : {clause}.", language, cpv=("09310000",)), RULES) == []


def test_a_lot_cap_counts_only_beside_ai_computing():
    capped = notice("Nœuds de calcul GPU pour l’université.", max_lots_awarded=1)
    (one,) = match(capped, RULES)
    assert (one.level, one.stance, one.priority) == ("structured", "supports", 3)
    assert ("lot cap", "max_lots_awarded", "1") in [(r.why, r.field, r.words) for r in one.reasons]
    assert match(notice("Pompes à eau.", max_lots_awarded=1), RULES) == []
    assert match(notice("Serveurs de fichiers.", max_lots_awarded=1, cpv=("48820000",)), RULES) == []


def test_servers_need_a_strong_clause_and_words_of_middling_precision_need_a_code():
    servers = {"cpv": ("48820000",)}
    assert match(notice("Serveurs de fichiers.", **servers), RULES) == []
    assert match(notice("Serveurs. Sécurité des approvisionnements.", **servers), RULES) == []
    assert found(match(notice("Serveurs. Double source exigée.", **servers), RULES)) == [
        ("1a-diversification", "clause", "supports")
    ]
    assert match(notice("Formation à l’intelligence artificielle."), RULES) == []
    assert found(match(notice("Puissance de calcul.", cpv=("72310000",)), RULES)) == [
        ("1a-diversification", "subject", "context")
    ]


def test_a_notice_that_only_points_to_its_documents_is_subject_only():
    """As the real notice of MareNostrum 5 does."""
    text = notice(
        "Supply and operation of the MareNostrum supercomputer. See internet address provided in Section I.3.",
        "en",
        cpv=("30211100",),
        country="ES",
        document_urls=("https://buyer.example/tender",),
    )
    assert found(match(text, RULES)) == [("1a-diversification", "subject", "context")]


@pytest.mark.parametrize(
    "text",
    [
        "Groupe public unifié (GPU) : cartes GPU pour les agents.",
        "SNCF, directeur du GPU, GPU SNCF.",
        "Tribunal administratif, 56 avenue de Saint-Cloud, Versailles. Voir https://cloud.3p.eu/supercalculateur",
        "Rénovation du gymnase, place Jean Zay. École Jean Zay. Avenue Joliot-Curie.",
        "Accord-cadre multi-attributaire, électricité et pompes, double source d'énergie.",
        "Offre RES-0001, ORG-0003, TEN-0002, lots LOT-0001 et LOT-0002.",
        "Hinkley Point C (HPC), béton à hautes performances.",
        "Accélérateur linéaire de radiothérapie, programme Accélérateur.",
        "Dépendances vertes et dépendances routières ; perte d’autonomie, EHPAD.",
    ],
)
def test_false_friends_raise_nothing(text):
    codes = ("72500000", "48820000")
    assert match(notice(text, cpv=codes, max_lots_awarded=1, country="FR"), RULES) == []
    assert match(Text(text=text), RULES) == []


def test_a_real_subject_beside_a_false_friend_still_stands():
    text = "Place Jean Zay, Groupe public unifié (GPU), Saint-Cloud : acquisition d’un supercalculateur."
    (one,) = match(notice(text), RULES)
    assert [reason.words for reason in one.reasons] == ["supercalculateur"]


def test_a_buyer_outside_europe_is_not_proposed():
    text = "Purchase of a supercomputer, at least two suppliers."
    assert match(notice(text, "en", country="US"), RULES) == []
    assert len(match(notice(text, "en", country="NO"), RULES)) == 1


def test_a_list_is_read_only_in_its_language():
    hungarian = "KI beszerzése, Ki a felelős? Supercalculateur."
    assert match(notice(hungarian, "hu", cpv=("72500000",)), RULES) == []
    assert (
        match(notice("Superkomputer i supercalculateur.", "pl"), RULES)[0].reasons[0].words == "Superkomputer"
    )
    assert match(notice("Upphandling av en superdator.", "sv"), RULES)[0].level == "subject"


def test_text_of_unknown_language_is_read_in_french_and_english():
    assert match(notice("Un supercalculateur.", ""), RULES)[0].level == "subject"
    assert match(notice("A supercomputer.", ""), RULES)[0].level == "subject"
    assert match(notice("Höchstleistungsrechner.", ""), RULES) == []


def test_each_language_of_a_notice_is_read_with_its_own_list():
    text = notice("Supercalculateur.", texts={"de": "Mindestens zwei Hersteller."})
    (one,) = match(text, RULES)
    assert [(r.field, r.language, r.words) for r in one.reasons] == [
        ("texts", "de", "Mindestens zwei Hersteller"),
        ("text", "fr", "Supercalculateur"),
    ]


@pytest.mark.parametrize(
    "written",
    ["Nvi\u200bdia", "N\u00advidia", "NVIDIA", "Nvídia", "Ｎｖｉｄｉａ", "Nvi\u2060dia\u200d"],
)
def test_invisible_characters_and_diacritics_hide_nothing(written):
    text = f"Achat  de\n cartes {written}."
    reason = match(notice(text), RULES)[0].reasons[0]
    assert text[reason.start : reason.end] == reason.words == written.rstrip("\u200d")


def test_acronyms_keep_their_case():
    assert match(notice("hpc", cpv=("30210000",)), RULES) == []
    assert match(notice("HPC", cpv=("30210000",)), RULES)[0].level == "subject"


@pytest.mark.parametrize(
    ("rule", "level", "stance", "language", "text"),
    [
        (
            "1a-announced",
            "clause",
            "supports",
            "fr",
            "Les marchés publics de supercalculateurs devront comporter une clause de diversification.",
        ),
        (
            "1b-alternative-in-use",
            "clause",
            "supports",
            "fr",
            "La start-up lyonnaise entraîne ses modèles sur des puces AMD Instinct.",
        ),
        (
            "1b-alternative-in-use",
            "clause",
            "supports",
            "en",
            "The startup now runs on Gaudi 3 and MI300X accelerators in production.",
        ),
        (
            "1b-dependence",
            "clause",
            "contradicts",
            "en",
            "The startup relies solely on Nvidia.",
        ),
        (
            "2a-eligibility",
            "clause",
            "supports",
            "fr",
            "Appel à projets : critère d’éligibilité, entraîner le modèle sur Jean Zay ou EuroHPC.",
        ),
        (
            "2b-training",
            "clause",
            "supports",
            "fr",
            "Les étudiants du master travaillent sur le mésocentre de Lille, sans crédits cloud.",
        ),
        (
            "2b-cloud-credits",
            "clause",
            "contradicts",
            "en",
            "Students receive AWS credits for the course.",
        ),
        (
            "3a-section",
            "clause",
            "supports",
            "en",
            "Annual report 2026\n\nItem 4. Technological dependencies\n\nWe buy from two foundries.",
        ),
        (
            "3a-section",
            "words",
            "context",
            "fr",
            "Rapport annuel. Nous suivons nos dépendances technologiques.",
        ),
        (
            "3a-duty",
            "clause",
            "supports",
            "fr",
            "Le texte impose aux rapports annuels une obligation de publier les dépendances technologiques.",
        ),
        (
            "3b-index",
            "clause",
            "supports",
            "fr",
            "Un indice de liberté technologique des acteurs de l’IA est publié.",
        ),
        *(
            ("3b-index", "clause", "supports", language, text)
            for language, text in (
                ("de", "Ein Index der digitalen Souveränität für die künstliche Intelligenz erscheint."),
                ("es", "Un índice de soberanía tecnológica para la inteligencia artificial."),
                ("it", "Un indice della sovranità digitale per l’intelligenza artificiale."),
                ("nl", "Een index van de digitale soevereiniteit voor kunstmatige intelligentie."),
                ("pl", "Indeks suwerenności cyfrowej dla sztucznej inteligencji."),
                ("pt", "Um índice de soberania digital para a inteligência artificial."),
            )
        ),
        *(
            ("1b-alternative-in-use", "clause", "supports", language, text)
            for language, text in (
                ("fr", "La start-up calcule sur des puces AMD plutôt que sur celles de Nvidia."),
                ("en", "The startup runs its models on AMD chips instead of Nvidia."),
                ("de", "Das Startup trainiert auf AMD-Beschleunigern statt auf Nvidia-Chips."),
                ("es", "La startup entrena con chips de AMD en lugar de Nvidia."),
                ("it", "La startup addestra i modelli su chip AMD invece di Nvidia."),
            )
        ),
        (
            "2a-eligibility",
            "clause",
            "supports",
            "fr",
            "Appel à projets : pour être éligibles, les dossiers devront recourir aux moyens de calcul publics.",
        ),
    ],
)
def test_articles_are_proposed_with_a_stance(rule, level, stance, language, text):
    assert (rule, level, stance) in found(match(Text(text=text, language=language), RULES))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Les étudiants entraînent leurs modèles sans crédits cloud."),
        ("en", "Students train models without any cloud credits."),
    ],
)
def test_credits_that_are_refused_are_no_counter_example(language, text):
    assert "contradicts" not in [one.stance for one in match(Text(text=text, language=language), RULES)]


def test_a_university_outside_europe_is_no_example():
    text = "Students use the university cluster, University of Michigan, Great Lakes."
    assert match(Text(text=text, language="en"), RULES) == []
    assert len(match(Text(text="Students use the university cluster in Lille.", language="en"), RULES)) == 1


LABELLED = sorted(SHARED.glob("data/tenders/labelled-excerpts/*.json"))


@pytest.mark.skipif(not LABELLED, reason="the labelled excerpts of the shared folder are not here")
@pytest.mark.parametrize("path", LABELLED, ids=lambda path: path.stem)
def test_labelled_excerpts_are_proposed_as_labelled(path):
    label = json.loads(path.read_text("utf-8"))
    matches = match(Text(title=label["title"], text=label["text"], language=label["language"]), RULES)
    proposed = [one.level for one in matches if label["indicator"] in one.indicators]
    assert bool(proposed) == (label["expected"] != "negative")
    if label["expected"] == "candidate_strong":
        assert proposed == ["clause"]


@given(st.text(alphabet=st.characters() | st.sampled_from(" \n\r\u200b\u00adœﬁÉe\u0301\ud800")))
def test_each_folded_character_knows_its_place(text):
    folded, places = fold(text), positions(text).tolist()
    assert len(folded) == len(places) and places == sorted(places)
    assert fold(folded) == folded


@given(st.text(), st.text())
def test_any_text_is_read_and_reasons_point_at_their_words(before, after):
    text = f"{before} supercalculateur {after}"
    for one in match(notice(text), RULES):
        for reason in one.reasons:
            if reason.field == "text":
                assert text[reason.start : reason.end] == reason.words != ""


def test_a_number_that_is_also_a_road_needs_a_code():
    assert match(notice("Sanierung der B200, Bauabschnitt 2.", "de"), RULES) == []
    assert match(notice("Autobahn A100, Berlin.", "de", cpv=("72500000",)), RULES) == []
    assert match(notice("Server mit H100.", "de", cpv=("48820000",)), RULES)[0].level == "subject"


@pytest.mark.parametrize(
    "words", ["EHPAD ", "eligible must use ", "NVIDIA ", "étudiants université ", "\u200b", "한", "\n"]
)
def test_repeated_words_are_read_in_linear_time(words):
    match(notice(words * (200_000 // len(words)), max_lots_awarded=1), RULES)


def test_addresses_full_of_wanted_words_are_read_in_linear_time():
    asked = compile_rules([{"slug": "trial", "definition": {"query": "fournisseurs"}}])
    took = {}
    for times in (5_000, 20_000):
        text = notice("🚀 https://a.example/fournisseurs " * times)
        started = time.process_time()
        assert match(text, asked) == []
        took[times] = time.process_time() - started
    assert took[20_000] < 8 * took[5_000]
