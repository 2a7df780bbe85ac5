"""What we assert."""

from indicators.models.action import (
    Action,
    ArticleAssessment,
    Definition,
    Indicator,
    Pillar,
    PillarPoints,
    Publication,
)
from indicators.models.answer import Contestation, CorrectionRequest, Reply
from indicators.models.append_only import AppendOnly
from indicators.models.choices import (
    Cause,
    Confidence,
    Directness,
    Form,
    Kind,
    LinkState,
    Precision,
    Rung,
    Stance,
    Tier,
)
from indicators.models.deal import (
    Actor,
    Contradiction,
    Deal,
    DealEvent,
    DealParty,
    Leg,
    LegAmount,
    Statement,
)
from indicators.models.evidence import Assessment, Citation, Evidence, LinkCheck
from indicators.models.fact import Fact, Figure, QualityNote
from indicators.models.index import Answer, Edition, EditionFile, Preview, Score
from indicators.models.ledger import Checkpoint, LedgerEntry
from indicators.models.money import Circulation, ExchangeRate, WantedView
from indicators.models.over_time import Control, LegDetail
from indicators.models.proposal import Proposal
from indicators.models.status import Measure, Observation, Override, Status, StatusChange

__all__ = [
    "Action",
    "Actor",
    "Answer",
    "AppendOnly",
    "ArticleAssessment",
    "Assessment",
    "Cause",
    "Checkpoint",
    "Circulation",
    "Citation",
    "Confidence",
    "Contestation",
    "Contradiction",
    "Control",
    "CorrectionRequest",
    "Deal",
    "DealEvent",
    "DealParty",
    "Definition",
    "Directness",
    "Edition",
    "EditionFile",
    "Evidence",
    "ExchangeRate",
    "Fact",
    "Figure",
    "Form",
    "Indicator",
    "Kind",
    "LedgerEntry",
    "Leg",
    "LegAmount",
    "LegDetail",
    "LinkCheck",
    "LinkState",
    "Measure",
    "Observation",
    "Override",
    "Pillar",
    "PillarPoints",
    "Precision",
    "Preview",
    "Proposal",
    "Publication",
    "QualityNote",
    "Reply",
    "Rung",
    "Score",
    "Stance",
    "Statement",
    "Status",
    "StatusChange",
    "Tier",
    "WantedView",
]
