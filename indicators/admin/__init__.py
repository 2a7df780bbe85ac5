"""The knowledge in the admin: texts, evidence, and what editors decide by two."""

from indicators.admin.answers import AnswerAdmin
from indicators.admin.proposalforms import NestedDecoder
from indicators.admin.proposals import OverrideAdmin, ProposalAdmin
from indicators.admin.record import CorrectForm, DefinitionAdmin, EvidenceAdmin, FixedAdmin

__all__ = [
    "AnswerAdmin",
    "CorrectForm",
    "DefinitionAdmin",
    "EvidenceAdmin",
    "FixedAdmin",
    "NestedDecoder",
    "OverrideAdmin",
    "ProposalAdmin",
]
