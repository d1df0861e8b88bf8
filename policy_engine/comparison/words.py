"""The words of a comparison, in English and French."""

from typing import Self

from policy_engine.explanation.locale import Language

ENGLISH: dict[str, str] = {
    "changes": "What changed in the policy",
    "changes.columns": "Change|Where|Before|After",
    "changes.none": "Both say the same: the digests are equal.",
    "added": "added",
    "removed": "removed",
    "changed": "changed",
    "moved": "moved to place",
    "later": "later",
    "earlier": "earlier",
    "transitions": "Where invoices go: before (down), after (across)",
    "transitions.before": "before",
    "transitions.stay": "{count} {count:invoice stays where it is|invoices stay where they are}",
    "transitions.amounts": "The largest moves",
    "transitions.columns": "Before|After|Invoices|Outstanding",
    "stages": "Customers by stage",
    "steps": "Customers by step",
    "reached.columns": "Name|Before|After|Newly|No longer",
    "segments": "By segment",
    "segments.columns": (
        "Segment|Customers before|Customers after|Actions before|Actions after|Asked before|Asked after"
    ),
    "contacts": "Contacted today",
    "pseudonym.customer": "customer {count}",
    "pseudonym.invoice": "invoice {count}",
    "mark": ":",
    "orders": "Orders by verdict",
    "orders.columns": "Before|After|Orders",
    "orders.moved": "Orders with another verdict",
    "orders.moved.columns": "Order|Customer|Amount|Before|After",
    "orders.order": "order {count}",
    "orders.more": "{count} more {count:order gets|orders get} another verdict",
    "orders.-": "not decided",
    "orders.approve": "approved",
    "orders.refer": "referred",
    "orders.refuse": "refused",
    "credit_alerts": "Customers by credit alert",
    "summary.orders": "; {moved} of {all} orders {moved:gets|get} another verdict",
    "too_many.orders": "{count} {count:order|orders} would newly be {name}, {most} {most:is|are} allowed",
    "too_many.orders.lost": "{count} {count:order|orders} would no longer be {name}, {most} {most:is|are} allowed",
    "alerts": "What the data shows of the law",
    "alerts.columns": "Alert|Before|After",
    "alerts.contract_rate_below_floor": "customers with an agreed rate below the legal floor",
    "alerts.terms_above_maximum": "open invoices with terms above the legal maximum",
    "contacts.columns": "What|Customers",
    "contacts.newly": "newly contacted",
    "contacts.left": "newly left alone",
    "customers": "{customer}: {outstanding} outstanding",
    "customers.columns": "Invoice|Due|Outstanding|Before|After",
    "customers.others": "and {count} settled or uncovered {count:invoice|invoices}",
    "customers.more": "{count} more {count:customer changes|customers change}; --customers shows more",
    "explained": "{customer}, {side}",
    "old": "before",
    "new": "after",
    "nothing": "nothing is asked",
    "summary": (
        "{changes} {changes:change|changes} in the policy; {invoices} of {all} invoices and {customers}"
        " {customers:customer|customers} come out differently;"
        " {newly} newly contacted, {left} newly left alone"
    ),
    "too_many": "{count} {count:customer|customers} would newly get `{name}`, {most} {most:is|are} allowed",
    "too_many.customers": "{count} {count:customer|customers} would be newly contacted, {most} {most:is|are} allowed",
    "too_many.changed": "{count} {count:invoice comes|invoices come} out differently, {most} {most:is|are} allowed",
    "too_many.lost": "{count} {count:customer|customers} would no longer get `{name}`, {most} {most:is|are} allowed",
    "too_many.left": "{count} {count:customer|customers} would be newly left alone, {most} {most:is|are} allowed",
    "too_many.help": "look at the customers above; raise the bound only when this is what the change is for",
}

FRENCH: dict[str, str] = {
    "changes": "Ce qui change dans la politique",
    "changes.columns": "Changement|Où|Avant|Après",
    "changes.none": "Les deux disent la même chose : les empreintes sont égales.",
    "added": "ajouté",
    "removed": "retiré",
    "changed": "modifié",
    "moved": "déplacé au rang",
    "later": "plus tard",
    "earlier": "plus tôt",
    "transitions": "Où vont les factures : avant (lignes), après (colonnes)",
    "transitions.before": "avant",
    "transitions.stay": "{count} {count:facture reste où elle est|factures restent où elles sont}",
    "transitions.amounts": "Les plus gros mouvements",
    "transitions.columns": "Avant|Après|Factures|Restant dû",
    "stages": "Clients par stade",
    "steps": "Clients par étape",
    "reached.columns": "Nom|Avant|Après|Nouveaux|Plus concernés",
    "segments": "Par segment",
    "segments.columns": "Segment|Clients avant|Clients après|Actions avant|Actions après|Réclamé avant|Réclamé après",
    "alerts": "Ce que les données montrent au regard de la loi",
    "alerts.columns": "Alerte|Avant|Après",
    "alerts.contract_rate_below_floor": "clients dont le taux convenu est sous le plancher légal",
    "alerts.terms_above_maximum": "factures ouvertes à un délai supérieur au maximum légal",
    "contacts": "Contactés aujourd’hui",
    "pseudonym.customer": "client {count}",
    "pseudonym.invoice": "facture {count}",
    "mark": " :",
    "orders": "Commandes par décision",
    "orders.columns": "Avant|Après|Commandes",
    "orders.moved": "Commandes dont la décision change",
    "orders.moved.columns": "Commande|Client|Montant|Avant|Après",
    "orders.order": "commande {count}",
    "orders.more": "{count} {count:autre commande change|autres commandes changent} de décision",
    "orders.-": "pas de décision",
    "orders.approve": "acceptée",
    "orders.refer": "soumise",
    "orders.refuse": "refusée",
    "credit_alerts": "Clients par alerte de crédit",
    "summary.orders": " ; {moved} {moved:commande|commandes} sur {all} {moved:change|changent} de décision",
    "too_many.orders": "{count} {count:commande serait|commandes seraient} nouvellement « {name} »,"
    " {most} {most:est admise|sont admises}",
    "too_many.orders.lost": "{count} {count:commande ne serait|commandes ne seraient} plus « {name} »,"
    " {most} {most:est admise|sont admises}",
    "contacts.columns": "Quoi|Clients",
    "contacts.newly": "nouvellement contactés",
    "contacts.left": "nouvellement laissés en paix",
    "customers": "{customer} : {outstanding} de restant dû",
    "customers.columns": "Facture|Échéance|Restant dû|Avant|Après",
    "customers.others": "et {count} {count:facture soldée ou non couverte|factures soldées ou non couvertes}",
    "customers.more": "{count} {count:autre client change|autres clients changent} ; --customers en montre davantage",
    "explained": "{customer}, {side}",
    "old": "avant",
    "new": "après",
    "nothing": "rien n’est réclamé",
    "summary": (
        "{changes} {changes:changement|changements} dans la politique ; {invoices} {invoices:facture|factures}"
        " sur {all} et {customers} {customers:client|clients} ont une autre issue ;"
        " {newly} nouvellement {newly:contacté|contactés}, {left} nouvellement {left:laissé|laissés} en paix"
    ),
    "too_many": "{count} {count:client recevrait|clients recevraient} nouvellement `{name}`,"
    " {most} {most:est admis|sont admis}",
    "too_many.customers": "{count} {count:client serait nouvellement contacté|clients seraient nouvellement contactés},"
    " {most} {most:est admis|sont admis}",
    "too_many.changed": "{count} {count:facture a|factures ont} une autre issue, {most} {most:est admise|sont admises}",
    "too_many.lost": "{count} {count:client ne recevrait|clients ne recevraient} plus `{name}`,"
    " {most} {most:est admis|sont admis}",
    "too_many.left": "{count} {count:client serait nouvellement laissé|clients seraient nouvellement laissés} en paix,"
    " {most} {most:est admis|sont admis}",
    "too_many.help": "regardez les clients ci-dessus ; ne relevez la borne que si c’est le but du changement",
}


def say(language: Language, key: str, **values: object) -> str:
    """A sentence with its blanks filled in."""
    texts, fewest = (FRENCH, 2) if language == "fr" else (ENGLISH, 1)
    counts = {name: _Count(value, fewest) if isinstance(value, int) else value for name, value in values.items()}
    return texts[key].format(**counts)


class _Count(int):
    """A number that chooses its words: `{count:order|orders}`. French counts nought as one, English doesn't."""

    _one: bool

    def __new__(cls, value: int, fewest: int) -> Self:
        made = super().__new__(cls, value)
        made._one = value == 1 or (value == 0 and fewest == 2)
        return made

    def __format__(self, spec: str) -> str:
        one, bar, many = spec.partition("|")
        return (one if self._one else many) if bar else super().__format__(spec)
