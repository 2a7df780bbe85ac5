"""The words of the index: its dimensions, indicators, questions, and what would be needed to know more."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from indicators.models import Answer

DIMENSIONS = {
    "sovereignty": (_("Sovereignty"), _("Can it choose who supplies its computing power?")),
    "unpredictability": (_("Unpredictability"), _("Are its choices settled in advance by those who finance it?")),
    "mobility": (_("Mobility"), _("Can it leave?")),
    "sustainability": (_("Sustainability"), _("Can its revenue bear what it has committed to? Outside the five pillars.")),
    "factuality": (_("Factuality"), _("Does it say what it depends on?")),
    "solidarity": (_("Solidarity"), _("Does its freedom cost that of others?")),
}  # fmt: skip
INDICATORS = {
    "supplier_hhi": _("concentration of suppliers of computing power (HHI)"),
    "top_chip_vendor_share": _("share of the first chip maker in its computing power"),
    "tied_finance_share": _("share of its financing that comes from its suppliers"),
    "purchase_condition": _("no major financing on condition of purchases"),
    "exclusivity": _("no exclusivity in force"),
    "chip_architectures": _("chip architectures in production"),
    "lock_in_years": _("mean length of its contracts, in years"),
    "exposure_ratio": _("commitments, in years of revenue"),
    "dependency_disclosure": _("what it discloses of its dependencies"),
    "deal_disclosure_share": _("share of its deals whose amount and term a party published"),
    "self_financed_sales_share": _("share of its sales that its own financing may pay for"),
    "imposed_dependency_share": _("share of buyers who get more than half of their computing power from it"),
    "openness": _("openness of what it makes"),
}
# How each measure is obtained from what is on record.
OBTAINED = {
    "supplier_hhi": _(
        "The squares of the suppliers’ shares, added up, over all amounts that the sources allow. What is bought from "
        "nobody knows whom is spread thin for the lower bound, and put on the largest supplier for the upper one."
    ),
    "top_chip_vendor_share": _(
        "The amounts whose chips come from the first maker, divided by all amounts; a contract that does not say "
        "counts from nothing to all."
    ),
    "tied_finance_share": _(
        "The financing from those who sell to the actor or to its suppliers, divided by all that it received."
    ),
    "chip_architectures": _("Counted."),
    "lock_in_years": _(
        "The years of each contract, weighed by its amount; a contract without a term counts from 1 to 10 years."
    ),
    "exposure_ratio": _("What it has to pay, divided by its revenue of one year."),
    "deal_disclosure_share": _(
        "The deals whose amount and term a party published, divided by all its deals."
    ),
    "self_financed_sales_share": _(
        "What of its own financing can come back to it as sales (a maximum flow), divided by its sales."
    ),
    "imposed_dependency_share": _(
        "The buyers who get more than half of their computing power from it, divided by all other buyers on record."
    ),
}
# What a document would have to say to narrow each score.
NEEDED = {
    "supplier_hhi": _("a document of its own with all its purchases of computing power, by supplier"),
    "top_chip_vendor_share": _("which chips its clouds run on, and in what share"),
    "tied_finance_share": _("the whole of the financing it received, and from whom"),
    "purchase_condition": _("the terms of its financings: is buying from the financier a condition?"),
    "exclusivity": _("its supply contracts: exclusivity, right of first refusal"),
    "chip_architectures": _("which chip architectures it runs in production"),
    "lock_in_years": _("how long its contracts last"),
    "exposure_ratio": _("its revenue, and the whole of its purchase commitments"),
    "dependency_disclosure": _("its annual report, searched question by question"),
    "deal_disclosure_share": _("for each of its deals: did a party publish amount and term?"),
    "self_financed_sales_share": _("its sales to others than those it finances"),
    "imposed_dependency_share": _("what its customers buy from others"),
    "openness": _("its models, interfaces and hardware: are they open, can one leave?"),
}
QUESTIONS = {
    "no_major_financing_conditional_on_buying_from_the_financier": _(
        "No major financing is conditional on buying from whoever finances."
    ),
    "no_exclusive_or_first_refusal_supply_clause_in_force": _(
        "No exclusive clause, nor right of first refusal, is in force."
    ),
    "annual_report_published": _("An annual report is published."),
    "section_on_technological_dependencies": _("It has a section on technological dependencies."),
    "suppliers_over_10_percent_named": _("Suppliers of more than 10% are named."),
    "purchase_commitments_amount_and_schedule": _("Purchase commitments are told with amount and schedule."),
    "cross_financing_with_suppliers_or_customers_listed": _("Cross-financing with suppliers or customers is listed."),
    "customers_over_10_percent_named": _("Customers of more than 10% are named."),
    "exclusivity_and_conditionality_terms_disclosed": _("Terms of exclusivity and conditions are disclosed."),
    "machine_readable_filing": _("The filing can be read by machines."),
    "open_weights_or_open_hardware_spec": _("Weights, or hardware specifications, are open."),
    "portable_apis_documented_exit": _("Interfaces are portable, and leaving is documented."),
    "runs_on_two_vendors_documented": _("It is documented to run on two makers’ chips."),
    "takes_part_in_public_or_shared_infrastructure": _("It takes part in public or shared infrastructure."),
}  # fmt: skip
FOUND = dict(Answer.Found.choices)
STATUSES = {
    "rated": pgettext_lazy("of an actor", "rated"),
    "indicative": _("indicative"),
    "insufficient_data": _("insufficient data"),
    "not_assessed": _("not assessed"),
    "exploratory": _("exploratory"),
}
FIGURES = {
    "revenue": _("revenue"),
    "other_sales": _("sales to others"),
    "chip_architectures": _("chip architectures in production"),
    "commitments_total_declared": _("total of commitments, declared"),
    "purchases_complete": _("its own document gives all purchases"),
    "financing_complete": _("its own document gives all financing"),
    "cross_financing_complete": _("its own document gives all cross-financing"),
}
CHOICES = {
    "arithmetic": _("arithmetic instead of geometric mean"),
    "without": _("without %(by)s"),
    "floor": _("floor of %(by)s instead of 1"),
    "goalpost": _("worst exposure multiplied by %(by)s"),
}
