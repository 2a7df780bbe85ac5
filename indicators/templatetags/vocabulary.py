"""The words for the codes of the registry and of the founding facts."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from indicators.models import Leg

FLOWS = {
    Leg.Flow.FINANCING: _("%(payer)s finances %(payee)s"),
    Leg.Flow.PURCHASE: _("%(payer)s pays %(payee)s"),
    Leg.Flow.DATA: _("%(payer)s provides data or something else to %(payee)s"),
    Leg.Flow.UNKNOWN: _("%(payer)s and %(payee)s: the source does not say who pays"),
}
INSTRUMENTS = {
    "equity": _("share of capital"),
    "acquisition": _("acquisition"),
    "chip_purchase": _("purchase of chips"),
    "cloud_commitment": _("cloud commitment"),
    "licence_acquihire": _("licence and hiring of the team (“acquihire”)"),
    "data_access": _("access to data"),
    "jv_contribution": _("contribution to a joint venture"),
    "unclear": _("contract unclear"),
    "convertible": _("convertible"),
    "loan": _("loan"),
    "prepayment": _("prepayment"),
    "warrant_grant": _("grant of warrants"),
    "stock_grant": _("grant of shares"),
    "lease_financing": _("financing of a lease"),
    "backstop": _("backstop"),
    "residual_value_guarantee": _("guarantee of a residual value"),
    "colocation_lease": _("colocation lease"),
    "licence": _("licence"),
    "services": _("services"),
    "energy": _("energy"),
    "revenue_share": _("share of revenue"),
}
DEAL_KINDS = {
    "deal": _("deal"),
    "partnership": _("partnership"),
    "programme": _("programme"),
    "umbrella": _("umbrella of other deals"),
}
STATUSES = {
    "rumoured": _("rumoured"),
    "announced": _("announced"),
    "loi": _("letter of intent"),
    "signed": _("signed"),
    "active": pgettext_lazy("of a deal", "active"),
    "completed": _("completed"),
    "cancelled": _("cancelled"),
    "expired": pgettext_lazy("of a deal", "expired"),
    "superseded": pgettext_lazy("of a deal", "superseded"),
    "disputed": _("disputed"),
    "exclusivity_changed": _("exclusivity changed"),
}
ROLES = {
    "partner": _("partner"),
    "customer": _("customer"),
    "supplier": _("supplier"),
    "investor": _("investor"),
    "investee": _("receives the investment"),
    "partner_or_investor": _("partner or investor"),
    "intermediary": _("intermediary"),
    "intermediary_per_source": _("intermediary, says the source"),
    "customer_or_partner": _("customer or partner"),
    "spender": _("spends"),
    "investor_or_supplier": _("investor or supplier"),
    "investee_or_customer": _("receives the investment, or customer"),
    "licensee_or_acquirer": _("licensee or acquirer"),
    "licensor_or_target": _("licensor or target"),
    "integrator": _("integrator"),
    "initiator": _("initiator"),
    "operator": _("operator"),
    "financier": _("financier"),
    "technology_partner": _("technology partner"),
    "cloud_supplier": _("cloud supplier"),
    "model_developer": _("model developer"),
    "cited_expert": _("cited expert"),
    "vehicle_maker": _("vehicle maker"),
    "chip_supplier": _("chip supplier"),
    "chip_designer": _("chip designer"),
}
ACTOR_KINDS = {
    "company": _("company"),
    "public_body": _("public body"),
    "business_unit": _("business unit"),
    "programme": _("programme"),
    "company_group": _("group of companies"),
}
FACT_KINDS = {
    "meta": _("About the article"),
    "claim": _("Claims"),
    "deal": _("Deals"),
    "figure": _("Figures"),
    "action": _("Proposed actions"),
    "indicator": _("Indicators"),
    "pillar": _("Pillars"),
    "table1": _("Table of amounts"),
    "table2": _("Table of commitments"),
    "table3": _("Table of partnerships"),
    "opportunity": _("Opportunities"),
    "alloc": _("Allocation of chips"),
    "risk": _("Risks"),
    "quote": _("Quotes"),
    "role": _("Roles"),
    "warning": _("Warnings"),
    "vigilance": _("Points of vigilance"),
    "scenario": _("Scenarios"),
    "gap": _("What the article does not say"),
    "score": _("Score"),
    "frame": _("Framework"),
    "formula": _("Phrasing"),
    "principle": _("Principle"),
    "call": _("Call to contribute"),
    "tech": _("Technology"),
    "cycle": _("Circular financing"),
}

FLAGS = {
    "contested": _("contested"),
    "stalled": _("stalled"),
    "blind": _("partly blind"),
    "regressed": _("regressed"),
    "single_source": _("single source"),
    "definition_changed": _("new definition"),
    "override": _("exception"),
}
FLAGS_EXPLAINED = {
    "contested": _("counter-examples weigh half as much as the examples, or more, or a dispute is open"),
    "stalled": _("nothing new for longer than the definition allows"),
    "blind": _(
        "over 90 days the watch covered less than four fifths of what it should, or nobody measured it"
    ),
    "regressed": _("the answer was higher six months ago"),
    "single_source": _("one owner, one site or one text is behind everything that holds this answer"),
    "definition_changed": _("the sentence is read differently since less than 90 days"),
    "override": _("an editor has set this answer aside, with a reason"),
}
CIRCUITS = {
    "mixed": _("declared cross-financing circuit"),
    "financial": _("financing of each other"),
    "commercial": _("purchases from each other"),
}
LINKS = {
    "explicit": _("a source links these payments"),
    "coexisting": _("payments that exist side by side; no source links them all"),
    "same_deal": _("payments of one deal"),
    "asserted_without_detail": _("a source says that these payments are linked, without saying how"),
}
PAIRS = {
    "supplier_finances_customer": _("%(one)s finances %(other)s, which buys from it"),
    "customer_finances_supplier": _(
        "%(one)s finances %(other)s and buys from it: the money does not come back"
    ),
    "reciprocal_commercial": _("%(one)s and %(other)s buy from each other"),
    "cross_holding": _("%(one)s and %(other)s finance each other"),
}
LEFT_OUT = {
    "not_yet": _("not announced yet on that day"),
    "flow_unknown": _("the source does not say who pays whom, or no money is paid"),
    "umbrella": _("part of a whole that is counted elsewhere"),
    "derived": _("inferred by us"),
    "contingent": _("a guarantee: paid only if something happens"),
    "noncash": _("paid in something else than money"),
    "confidence": _("confidence below what you ask for"),
    "intragroup": _("within one group"),
}
BASES = {
    "exact": _("exactly"),
    "up_to": _("up to"),
    "at_least": _("more than, at least"),
    "approx": _("roughly"),
    "range": _("between two amounts"),
    "several": _("several"),
    "undisclosed": _("not disclosed"),
}
AMOUNT_FLAGS = {
    "scale_word_ambiguous_in_french": _(
        "“Billion” and “trillion” in a French text are nearly always English (10⁹ and 10¹²), though in French they are"
        " 10¹² and 10¹⁸; “MM” is read as millions, and may be thousands of them: look at the source."
    ),
    "no_currency": _("The source names no currency here: look whether it does so elsewhere."),
}
VOCABULARIES = {
    "basis": BASES,
    "amount flag": AMOUNT_FLAGS,
    "circuit": CIRCUITS,
    "link": LINKS,
    "left out": LEFT_OUT,
    "flag": FLAGS,
    "flag explained": FLAGS_EXPLAINED,
    "instrument": INSTRUMENTS,
    "status": STATUSES,
    "role": ROLES,
    "actor": ACTOR_KINDS,
    "deal": DEAL_KINDS,
    "fact": FACT_KINDS,
}
