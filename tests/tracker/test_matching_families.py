"""Families of notices, in eight languages: those that look like ours and are not raise nothing, those that are do."""

import csv
import json
from pathlib import Path

import pytest

import tracker
from tracker.matching import Text, compile_rules, match
from tracker.watchers import FORMATS
from tracker.watchers.entry import Entry

SHARED = Path(__file__).parents[3] / "shared"
RULES = compile_rules(
    json.loads((Path(tracker.__file__).parent / "data" / "match_rules.json").read_text("utf-8"))
)
# With a cap of one lot, and the codes of servers and of IT services: only the words keep them out.
NEGATIVE = """
fr Le directeur du GPU coordonne les activités du Groupe Public Unifié ferroviaire.
fr Pour le GPU SNCF, nettoyage des gares ; le GPU (groupe public unifié) choisit au moins deux fournisseurs.
fr Location de GPU pour avions : ground power units, aéroport de Lyon, au moins deux fournisseurs.
fr Rénovation de l’école Jean-Zay, 3 place Jean Zay, clause de diversification des essences d’arbres.
fr Tribunal administratif de Versailles, 56 avenue de Saint-Cloud ; double source d’alimentation électrique.
fr Ville de Saint-Cloud : accord-cadre multi-attributaire pour l’entretien des espaces verts.
fr Fourniture d’électricité, accord-cadre multi-attributaire, sécurité d’approvisionnement, double source.
fr Marché subséquent d’électricité et de gaz : au moins deux fournisseurs d’énergie par lot.
fr Acquisition d’un accélérateur linéaire, seconde source de rayonnement, au moins deux fabricants.
fr EHPAD : perte d’autonomie, dépendance vis-à-vis du fournisseur unique de repas.
fr Rue Frédéric Joliot-Curie : limitation du nombre de lots, dépendances vertes.
fr Béton à hautes performances (HPC), multi-sourcing des granulats.
en Two ground power units (GPU) for the apron, dual sourcing of spare parts.
en Electricity supply: multi-supplier framework, security of supply, at least two suppliers.
en High-Performance Concrete for Hinkley Point C (HPC), second source of cement.
en The Health and Care Professions Council (HCPC) seeks office cleaning, multi-vendor.
en A start-up accelerator programme for young farmers, supplier diversity.
en Linear accelerator for radiotherapy, at least two manufacturers, vendor lock-in.
en Mail relay in the cloud cover of the weather station, exit plan.
en Supply of school meals; no more than one lot will be awarded to the same tenderer.
de Autobahn A100 in Berlin, Bauabschnitt 17, Zuschlagslimitierung.
de Lieferung von Strom: Rahmenvereinbarung mit mehreren, Versorgungssicherheit, Zweitlieferant.
de Linearbeschleuniger für die Strahlentherapie, mindestens zwei Hersteller.
de Reinigung des Kindergartens in der KITA Sonnenschein, Loslimitierung.
de Bodenstromaggregate (GPU) für den Flughafen, Dual Sourcing.
de Schulverpflegung: je Bieter nur ein Los, Herstellerabhängigkeit bei Küchengeräten.
es Suministro de energía eléctrica: acuerdo marco con varias empresas, al menos dos proveedores.
es Unidades GPU de tierra para aeronaves, ground power unit, doble fuente.
es Acelerador lineal de radioterapia, al menos dos fabricantes.
es Limpieza de la plaza de la Nube, número máximo de lotes que se pueden adjudicar a un licitador: uno.
es Suministro RES-0001 de material de oficina, ORG-0002, segunda fuente.
it Fornitura di energia elettrica: accordo quadro con più operatori, sicurezza dell’approvvigionamento, doppia fonte.
it Leonardo S.p.A. fornisce elicotteri, almeno due fornitori.
it Acceleratore lineare per radioterapia, almeno due produttori.
it Mostra su Leonardo da Vinci, vincolo di aggiudicazione.
it Servizi di pulizia, numero massimo di lotti aggiudicabili: due.
nl Levering van elektriciteit: raamovereenkomst, leveringszekerheid, ten minste twee leveranciers.
nl Grondstroomaggregaten (ground power units, GPU), tweede leverancier.
nl Lineaire versneller voor radiotherapie, ten minste twee fabrikanten.
nl Schoonmaak van het stadhuis, maximaal één perceel per inschrijver.
pl Dostawa energii elektrycznej: bezpieczeństwo dostaw, co najmniej dwóch dostawców.
pl Agregaty GPU (ground power unit) dla lotniska, drugie źródło zasilania.
pl Akcelerator liniowy do radioterapii, co najmniej dwóch producentów.
pl Sprzątanie szkół, ograniczenie liczby części zamówienia.
pt Fornecimento de eletricidade: segurança do abastecimento, pelo menos dois fornecedores.
pt Acelerador linear de radioterapia, pelo menos dois fabricantes.
pt Limpeza de escolas, limitação do número de lotes, dupla fonte de luz.
sv Leverans av el: ramavtal med flera leverantörer, leverantörsoberoende.
sv Linjäraccelerator för strålbehandling, leverantörsdiversifiering.
sv Markströmsaggregat (GPU, ground power unit) till flygplatsen, inlåsning.
fr Création de ressources graphiques et d’une charte pour le service de communication.
fr Collège Alice Recoque : mobilier scolaire, clause de diversification.
fr Rue Alice-Recoque à Brest, voirie, double source d’éclairage.
fr Géoportail de l’urbanisme (GPU) : versement des documents, accord-cadre multi-attributaire.
fr Accélérateur IA pour les start-up du territoire : animation, au moins deux prestataires.
fr Bétons à ultra hautes performances (BFUP, HPC), seconde source de granulats.
fr Insémination artificielle (IA) bovine, au moins deux fournisseurs de semences.
en AI accelerator programme for young founders: venue and catering, supplier diversity.
en Graphics processing of maps and brochures, second source of paper.
de Hochleistungsbeton (HPC) für die Brücke, Zweitlieferant für Zement.
es Obras en la avenida Gaudí 2, número máximo de lotes adjudicables: uno.
es Carrer de Gaudí 3, Reus: limpieza, segunda fuente de agua.
es Hormigón de altas prestaciones (HPC), doble fuente de áridos.
it Calcestruzzo ad alte prestazioni (HPC), doppia fonte di cemento.
it Ristorazione scolastica in via Gaudi 2, almeno due fornitori.
nl Hogesterktebeton (HPC) voor de brug, tweede leverancier van cement.
pl Beton wysokowartościowy (HPC) na most, drugie źródło cementu.
pt Betão de elevado desempenho (HPC), dupla fonte de areia.
sv Högpresterande betong (HPC) till bron, inlåsning av fukt.
fr Le gestionnaire public unique (GPU) des déchets retient au moins deux fournisseurs.
fr Guichet public unique (GPU) : double source de financement, accord-cadre multi-attributaire.
fr Hospices Civils de Saint Cloud : au moins deux fournisseurs de repas.
fr Hôpital des Quatre Villes, Saint-Cloud (92) : limitation du nombre de lots.
fr Commune de St Cloud, entretien du parc, double source d’eau.
fr Marché aux puces de Clignancourt : gardiennage, au moins deux fournisseurs de barrières.
fr Identification des chats et chiens par puces électroniques, double source d’approvisionnement.
fr Rame TGV Mistral : rénovation des sièges, seconde source de tissus.
fr Le mistral et la tramontane : filets brise-vent, au moins deux fabricants.
fr Prophétie de l’oracle de Delphes : mise en scène, pluralité de fournisseurs.
fr Protection de la forêt d’Amazonie et du fleuve Amazone, diversification des sources d’approvisionnement en bois.
fr Étude de métadonnées et métabolisme, meta-analyse : dépendance vis-à-vis du fournisseur.
fr Anthropique : l’érosion anthropique des sols, diversification des essences.
fr Calcul des retenues d’eau intensif : calcul de structure, double source.
fr Serveurs et serveuses de restaurant : recrutement, au moins deux prestataires.
fr Grappes de raisin et grappe de cerises : au moins deux fournisseurs.
fr Accélérateur de prise pour béton, seconde source.
en Government Procurement Unit (GPU) frames at least two suppliers of paper.
en General Public Utilities (GPU) bonds: dual sourcing of meters.
en St. Cloud Hospital, Minnesota: catering, second source of milk.
en Flea market chips: potato chips, at least two manufacturers.
en Casino chips and poker tables, dual sourcing.
en The Oracle of Delphi exhibition: dual sourcing of plinths.
en Amazon river basin: boats from at least two manufacturers.
en Cloud seeding for rain: second source of silver iodide, vendor lock-in.
en Meta-analysis of metabolic studies, supplier diversity.
en Anthropic principle lectures: at least two speakers.
en Groundwater cluster wells; accelerator pedals from at least two manufacturers.
de Gesundheitspolitische Union (GPU): Verpflegung, mindestens zwei Hersteller von Kaffee.
de Flohmarkt und Chips: Kartoffelchips von mindestens zwei Herstellern.
de Orakel von Delphi, Ausstellung; Zweitlieferant für Vitrinen.
de Amazonas-Regenwald: Holz, mindestens zwei Hersteller.
de Mistral-Fenster und Windschutz, Zweitlieferant.
de Wolkenkuckucksheim: Cloud-Kindergarten Saint-Cloud, Loslimitierung.
de Beschleuniger für Beton, Zweitquelle gefordert.
es Gestión pública unificada (GPU) de residuos, al menos dos proveedores.
es Oráculo de Delfos: exposición con segunda fuente de luz.
es Río Amazonas: barcos de al menos dos fabricantes.
es Viento mistral: cortavientos, doble fuente.
es Patatas chips: al menos dos fabricantes.
es Acelerador de partículas del hospital, al menos dos fabricantes.
it Gestione pubblica unificata (GPU) dei rifiuti, almeno due fornitori.
it L’oracolo di Delfi: mostra, seconda fonte di luce.
it Il maestrale e il mistral: barriere antivento, doppia fonte.
it Rio delle Amazzoni: barche di almeno due produttori.
it Acceleratore di presa per calcestruzzo, doppia fonte.
nl Gemeentelijke Publieke Unie (GPU): papier, ten minste twee leveranciers.
nl Orakel van Delphi: tentoonstelling, tweede leverancier van vitrines.
nl Amazone-regenwoud: hout, ten minste twee fabrikanten.
nl Chips en frisdrank: ten minste twee leveranciers.
nl Versneller voor beton, tweede leverancier.
pl Gminne Przedsiębiorstwo Usługowe (GPU): co najmniej dwóch dostawców papieru.
pl Wyrocznia w Delfach: wystawa, drugie źródło światła.
pl Amazonka: łodzie od co najmniej dwóch producentów.
pl Chipsy ziemniaczane: co najmniej dwóch producentów.
pl Akcelerator przedsiębiorczości, ograniczenie liczby części zamówienia.
pt Gestão pública unificada (GPU) de resíduos, pelo menos dois fornecedores.
pt Oráculo de Delfos: exposição, dupla fonte de luz.
pt Rio Amazonas: barcos de pelo menos dois fabricantes.
pt Batatas chips: pelo menos dois fabricantes.
pt Acelerador de presa para betão, dupla fonte.
fr Mme Nvidia Dupont, lauréate du concours de peinture ; clause de diversification du mobilier.
en Ms Nvidia Johnson coaches the swimmers; at least two suppliers of lanes.
de Frau Nvidia Meier leitet die Küche; mindestens zwei Hersteller von Kaffee.
es La señora Nvidia Gómez dirige la biblioteca; al menos dos proveedores de papel.
it Signora Nvidia Rossi, cucina della scuola: almeno due fornitori.
nl Mevrouw Nvidia de Vries, stadhuis: ten minste twee leveranciers.
pl Pani Nvidia Nowak, szkoła: co najmniej dwóch dostawców.
pt Senhora Nvidia Silva, escola: pelo menos dois fornecedores.
nl Schoonmaak van de NVIDIA Arena in Hilversum, ten minste twee leveranciers.
fr Buvettes du stade Nvidia : au moins deux fournisseurs de boissons.
sv Städning av skolor: minst två olika leverantörer.
cs Úklid škol: nejméně dva stroje od alespoň dvou dodavatelů.
"""
ARTICLES = """
fr Les étudiants rendent hommage à Jean Zay, ministre du Front populaire, entré au Panthéon.
fr Les lycéens et les étudiants découvrent les Souvenirs et solitude de Jean Zay.
fr L’université donne à un amphithéâtre le nom de Jean Zay.
fr Cité universitaire Jean Zay à Antony : les étudiants demandent des travaux.
fr L’école recrute ; les dépendances du domaine de Saint-Cloud seront restaurées.
en Students visit an exhibition on Leonardo da Vinci at the university.
it Gli studenti dell’università visitano il Museo Leonardo da Vinci.
it Corso di volo all’aeroporto Leonardo di Fiumicino per studenti.
it Studenti dell’università in concorso con Leonardo S.p.A.
es Los estudiantes de la universidad piden el anuncio RES-0001.
de Studierende der Universität fahren auf der A100 in Berlin.
nl Studenten van de universiteit gaan windsurfen bij Scheveningen.
nl Studenten van de universiteit surfen op het internet.
fr Baromètre de la dépendance numérique des adolescents aux écrans : l’IA en cause.
en A ranking of countries by digital dependence on smartphones among teenagers; AI filters blamed.
fr Rapport annuel du département : dépendances vis-à-vis des aidants.
fr Le stade Nvidia accueille la start-up sans le maire.
"""
POSITIVE = """
fr Acquisition d’un supercalculateur avec clause de diversification des fournisseurs.
fr Près de la place Jean Zay : serveurs GPU d’au moins deux fabricants distincts.
fr La SNCF achète une grappe de calcul et des accélérateurs IA, double source exigée.
fr Cartes graphiques pour l’entraînement : plan de diversification, avenue de Saint-Cloud.
fr Usine d’IA : éviter le verrouillage propriétaire, calcul intensif.
en AI infrastructure for the university: dual sourcing of accelerators is required.
en High-performance computing system; nodes from at least two manufacturers.
en Electricity for a supercomputer centre, and GPU servers from at least three vendors.
en AI factory: hardware-agnostic software, no vendor lock-in.
de Beschaffung eines Hochleistungsrechners; mindestens zwei Hersteller von Beschleunigern.
de KI-Infrastruktur: Vermeidung von Herstellerabhängigkeit.
de GPU-Server an der Autobahn A100 in Berlin, Zweitlieferant gefordert.
es Supercomputador con diversificación de proveedores obligatoria.
es Servidores con GPU de al menos dos fabricantes distintos.
it Supercalcolatore: diversificazione dei fornitori di acceleratori.
it Cluster GPU di almeno due produttori diversi, Leonardo S.p.A. esclusa.
nl Supercomputer met ten minste twee leveranciers van versnellers.
nl GPU-servers: geen vendor lock-in.
pl Superkomputer: dywersyfikacja dostawców akceleratorów.
pl Serwery z kartami GPU od co najmniej dwóch producentów.
pt Supercomputador com diversificação dos fornecedores.
pt Servidores com GPU de pelo menos dois fabricantes.
fr Serveurs GPU : un seul lot par candidat, pour diversifier les fournisseurs.
fr Supercalculateur : éviter la dépendance à un fournisseur unique.
de Supercomputer: Beschleuniger von mindestens zwei unterschiedlichen Herstellern.
sv Upphandling av en superdator, acceleratorer från minst två olika leverantörer.
da Indkøb af en supercomputer med acceleratorer fra mindst to forskellige leverandører.
no Tungregning: akseleratorer fra minst to ulike leverandører.
fi Supertietokone: kiihdyttimet vähintään kahdelta eri toimittajalta.
cs Superpočítač: akcelerátory od nejméně dvou různých dodavatelů.
sk Superpočítač: akcelerátory od najmenej dvoch rôznych dodávateľov.
ro Supercalculator: acceleratoare de la cel puțin doi furnizori.
el Προμήθεια υπερυπολογιστή από τουλάχιστον δύο διαφορετικούς προμηθευτές.
hu Szuperszámítógép legalább két különböző gyártó gyorsítóival.
bg Суперкомпютър с ускорители от поне двама различни доставчици.
hr Superračunalo: najmanje dva različita dobavljača.
sl Superračunalnik: vsaj dva različna dobavitelja.
et Superarvuti: kiirendid vähemalt kahelt erinevalt tarnijalt.
lv Superdators: paātrinātāji no vismaz diviem dažādiem piegādātājiem.
lt Superkompiuteris: greitintuvai iš bent dviejų skirtingų tiekėjų.
mt Superkompjuter minn mill-inqas żewġ fornituri.
ga Sárríomhaire ó dhá sholáthraí ar a laghad.
"""
SUBJECT = """
sv Upphandling av en superdator med leverantörsdiversifiering.
sv Superdatorer, utan inlåsning.
"""


def read(sentence: str, *, kind: str = "notice", **fields: object) -> list[tuple[str, str, str]]:
    language, text = sentence.split(" ", 1)
    found = match(Text(text=text, language=language, kind=kind, **fields), RULES)
    return [(one.rule, one.level, one.stance) for one in found]


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.mark.parametrize("cpv", [(), ("72500000", "72310000")], ids=["no code", "services"])
def test_what_only_looks_like_ours_raises_nothing(cpv) -> None:
    raised = {line: found for line in lines(NEGATIVE) if (found := read(line, cpv=cpv, max_lots_awarded=1))}
    assert raised == {}


def test_articles_that_only_look_like_ours_raise_nothing() -> None:
    sentences = lines(NEGATIVE) + lines(ARTICLES)
    assert {line: found for line in sentences if (found := read(line, kind="article"))} == {}


def test_a_clause_beside_the_subject_is_found_whatever_stands_around() -> None:
    wanted = [("1a-diversification", "clause", "supports")]
    assert {line: found for line in lines(POSITIVE) if (found := read(line)) != wanted} == {}
    wanted = [("1a-diversification", "words", "context")]  # terms of the other languages are of precision M
    assert {line: found for line in lines(SUBJECT) if (found := read(line)) != wanted} == {}


def test_the_students_of_a_public_computer_are_still_found() -> None:
    for line in (
        "nl Studenten van de universiteit rekenen bij SURF.",
        "fr Les étudiants calculent sur le supercalculateur Jean Zay, place Jean Zay.",
        "it Gli studenti usano il supercomputer Leonardo del CINECA.",
    ):
        assert ("2b-training", "clause", "supports") in read(line, kind="article")


def real(note: str = "") -> list[tuple[str, Entry]]:
    """The notices of the shared folder in the older format of TED whose note begins so, with their names."""
    folder = SHARED / "data" / "tenders"
    if not folder.is_dir():
        pytest.skip("the shared folder of real notices is not here")
    with (folder / "MANIFEST.csv").open(encoding="utf-8") as told:
        rows = [row for row in csv.reader(told) if row[0].startswith("ted-export-r209/")]
    paths = [folder / row[0] for row in rows if row[-1].startswith(note)]
    pages = [(path.name, FORMATS["ted_export"].read(path.read_bytes())) for path in paths]
    return [(name, entry) for name, page in pages for entry in page.entries]


def text_of(entry: Entry, *, more: str = "") -> Text:
    return Text(
        title=entry.title,
        text=f"{entry.text}{more}",
        language=entry.language,
        texts=entry.texts,
        kind="notice",
        country="FR",
        cpv=entry.notice.cpv,
        max_lots_awarded=1,
        document_urls=("https://buyer.example/",),
    )


@pytest.mark.parametrize("note", ["GUARD", "NEG"])
def test_the_labelled_notices_raise_nothing(note: str) -> None:
    """GPU of the SNCF, avenue Joliot-Curie, avenue de Saint-Cloud, a framework for electricity."""
    notices = real(note)
    assert notices
    assert {name: found for name, entry in notices if (found := match(text_of(entry), RULES))} == {}


def test_all_that_is_planted_in_real_notices_is_found() -> None:
    """A clause of its own language in each of more than a hundred notices, at its place."""
    spoken = dict(line.split(" ", 1) for line in lines(POSITIVE))
    planted = [(name, entry, spoken[entry.language]) for name, entry in real() if entry.language in spoken]
    assert len(planted) > 80
    missed = []
    for name, entry, clause in planted:
        found = match(text_of(entry, more=f"\n{clause}"), RULES)
        clauses = [reason for one in found if one.level == "clause" for reason in one.reasons]
        if not any(reason.start > len(entry.text) and reason.words in clause for reason in clauses):
            missed.append(name)
    assert missed == []
