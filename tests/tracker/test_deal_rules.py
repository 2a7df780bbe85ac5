"""The rules that propose deals: sentences of four languages, and real texts that people labelled."""

import csv
import gzip
import json
from collections import Counter
from hashlib import sha256
from pathlib import Path

import tracker
from tracker.matching import Text, compile_rules, match
from tracker.watchers import feed
from tracker.watchers.article import read_article

ROWS = json.loads((Path(tracker.__file__).parent / "data" / "match_rules.json").read_text("utf-8"))
RULES = compile_rules(
    [row | {"indicators": ["registry"]} for row in ROWS if row.get("target") == "registry"]
    + [row for row in ROWS if row["role"] != "rule"]
)
LABELS = Path(__file__).parent / "deal_labels.csv"
PRECISION, RECALL = 0.95, 0.85  # measured, see docs/rules.md: 1 and .87
DEALS = """
fr Nvidia va investir jusqu’à 100 milliards de dollars dans OpenAI.
fr OpenAI s’offre 300 milliards de dollars de calcul : contrat signé avec Oracle.
fr Un contrat de 11,9 milliards de dollars lie CoreWeave à OpenAI.
fr Mistral AI lève 1,7 milliard d’euros ; ASML devient son premier actionnaire.
fr Mistral serait sur le point de lever un milliard d’euros.
fr L’entreprise utilisera 18 000 puces de Nvidia dans son centre de l’Essonne, a dit Nvidia : 18 000 processeurs.
fr AMD livrera six gigawatts à OpenAI, un accord de plusieurs dizaines de milliards.
fr Nvidia entre au capital de Poolside.
fr Le constructeur rachète une part de Cerebras.
fr Une levée de fonds de 6,6 milliards de dollars pour OpenAI.
fr SoftBank emprunte : un prêt de 40 milliards de dollars pour financer OpenAI.
fr La première levée de Mistral, de 113 millions de dollars, date de juin.
fr Un grand quotidien signe un accord avec OpenAI.
en Nvidia to invest up to $100 billion in OpenAI.
en OpenAI inks $38B deal with AWS.
en Oracle signed a five-year contract worth $300 billion with OpenAI.
en AMD grants OpenAI warrants for a 10% equity stake.
en CoreWeave raises $7.5bn in debt financing.
en The chip maker takes a stake in Nscale.
en The chip maker would put $100 billion into OpenAI.
en A debt of $830 million pays for the chips of Nvidia.
en xAI closes a Series E.
en Amazon doubles its investment in Anthropic.
en Broadcom and OpenAI agree to deploy 10 gigawatts of custom accelerators.
en Nvidia agreed to buy any unsold capacity of CoreWeave, an order of $6.3 billion.
en A letter of intent was signed by Nvidia.
en Groq acquires a start-up for its compilers.
de Nvidia investiert bis zu 100 Milliarden Dollar in OpenAI.
de Nvidia will sich mit 100 Mrd. Dollar an OpenAI beteiligen.
de OpenAI schließt mit Oracle einen Vertrag über 300 Milliarden Dollar.
de 100 Milliarden Dollar will Nvidia in den nächsten Jahren in OpenAI investieren.
de Finanzierungsrunde über 600 Millionen Euro für Aleph Alpha.
es Nvidia invertirá hasta US$100.000 millones en OpenAI.
es OpenAI firma un contrato de 38.000 millones de dólares con Amazon.
es Un cheque de 30.000 millones de dólares para entrar en OpenAI.
es La ronda de Mistral alcanza 1.700 millones de euros: inversión de ASML en Mistral.
"""
OTHERS = """
fr Nvidia publie un chiffre d’affaires de 57 milliards de dollars, devant AMD.
fr Nvidia vaut désormais 5 000 milliards de dollars en Bourse.
fr OpenAI revendique 800 millions d’utilisateurs par semaine.
fr Le mistral souffle à 110 km/h : trois millions d’euros de dégâts.
fr Le vent : Le Mistral a coûté 3 millions d’euros d’investissement au port.
fr La France commande 300 missiles Mistral, un contrat de 600 millions d’euros avec MBDA.
fr Le contrat des navires Mistral avec la Russie portait sur 1,2 milliard d’euros.
fr Les prédictions de l’oracle de Delphes attirent dix millions de visiteurs.
fr Incendies en Amazonie : l’Amazone reçoit 200 millions d’euros d’engagements.
fr Une marque de vêtements investit 3 millions d’euros à Saint-Cloud.
fr Aux puces de Saint-Ouen, les achats ont dépassé deux millions d’euros.
fr La région engage 40 millions d’euros pour la méta-analyse des sols.
fr OpenAI condamné à une amende de 15 millions d’euros.
fr Nvidia relève ses prévisions : 65 milliards de dollars attendus.
fr Gabriela Mistral : un prêt de la bibliothèque, 3 millions de lecteurs.
en Nvidia raises its revenue forecast to $65 billion.
en AMD shares fell; the market value lost $20 billion.
en OpenAI users spend 2 million hours a day with the assistant.
en Nvidia has invested over $58.2 billion in research and development.
en Anthropic is donating $20 million to a charity.
en Anthropic commits $10 million to university AI research.
en Amazon rainforest: donors pledge $5 billion in commitments.
en The oracle of the market, Warren Buffett, buys $4 billion of shares.
en Stargate SG-1 fans raise questions about season 11.
en OpenAI fined $15 million after an antitrust settlement.
en Microsoft, Amazon report on Wednesday; foreigners bought 48 billion won of stocks.
en Nvidia raises prices of cards to $2,000.
en French navy’s Mistral-class warships: a $1.2 billion contract.
de Nvidia meldet einen Umsatz von 57 Milliarden Dollar.
de Der Mistral weht in der Provence, Millionen Euro Schaden.
es Nvidia vale 5 billones de dólares en bolsa.
es El misil Mistral: contrato de 300 millones con MBDA.
"""


def found(line: str) -> list[str]:
    language, text = line.split(" ", 1)
    return [each.rule for each in match(Text(text=text, language=language, kind="article"), RULES)]


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


def test_sentences_that_tell_of_a_deal_are_proposed() -> None:
    assert [line for line in lines(DEALS) if "deal-news" not in found(line)] == []


def test_sentences_of_the_same_words_that_tell_of_none_are_not() -> None:
    assert {line: rules for line in lines(OTHERS) if (rules := found(line))} == {}


def texts_of(path: Path) -> dict[str, Text]:
    """What is read of a feed, or of a filing, by the mark under which it is labelled."""
    body = path.read_bytes()
    if path.suffix == ".gz":
        article = read_article(gzip.decompress(body), url="https://www.sec.gov/")
        return {"": Text(title=article.title, text=article.text, language="en", kind="article")}
    return {
        sha256(entry.external_id.encode()).hexdigest()[:12]: Text(
            title=entry.title, text=entry.text, language=entry.language, kind="article"
        )
        for entry in feed.read(body).entries
    }


def test_real_texts_are_proposed_if_people_call_them_deals(shared: Path) -> None:
    """Feeds of AI laboratories, of French papers and others, and annual reports; none proposed that nobody labelled."""
    with LABELS.open(encoding="utf-8", newline="") as file:
        labels = {(row["file"], row["entry"]): row["label"] for row in csv.DictReader(file)}
    read = {
        (name, mark): text
        for name in sorted({name for name, _ in labels})
        for mark, text in texts_of(shared / "data" / name).items()
    }
    assert labels.keys() <= read.keys()
    once = {(text.title, text.text): key for key, text in sorted(read.items(), reverse=True)}
    proposed = {key for key in once.values() if match(read[key], RULES)}
    told = Counter(labels.get(key, "unlabelled") for key in proposed)
    deals = sum(label == "deal" for label in labels.values())
    assert told["unlabelled"] == 0
    assert told["deal"] / len(proposed) >= PRECISION
    assert told["deal"] / deals >= RECALL
