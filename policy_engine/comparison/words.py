"""The words of a comparison, in English and French."""

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
    "transitions.stay": "{count} invoices stay where they are",
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
    "alerts": "What the data shows of the law",
    "alerts.columns": "Alert|Before|After",
    "alerts.contract_rate_below_floor": "customers with an agreed rate below the legal floor",
    "alerts.terms_above_maximum": "open invoices with terms above the legal maximum",
    "contacts.columns": "What|Customers",
    "contacts.newly": "newly contacted",
    "contacts.left": "newly left alone",
    "customers": "{customer}: {outstanding} outstanding",
    "customers.columns": "Invoice|Due|Outstanding|Before|After",
    "customers.others": "and {count} settled or uncovered invoices",
    "customers.more": "{count} more customers change; --customers shows more",
    "explained": "{customer}, {side}",
    "old": "before",
    "new": "after",
    "nothing": "nothing is asked",
    "summary": (
        "{changes} changes in the policy; {invoices} of {all} invoices and {customers} customers come out differently;"
        " {newly} newly contacted, {left} newly left alone"
    ),
    "too_many": ("{count} customers would newly get `{name}`, {most} are allowed"),
    "too_many.customers": "{count} customers would be newly contacted, {most} are allowed",
    "too_many.changed": "{count} invoices come out differently, {most} are allowed",
    "too_many.lost": "{count} customers would no longer get `{name}`, {most} are allowed",
    "too_many.left": "{count} customers would be newly left alone, {most} are allowed",
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
    "transitions.stay": "{count} factures restent où elles sont",
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
    "contacts.columns": "Quoi|Clients",
    "contacts.newly": "nouvellement contactés",
    "contacts.left": "nouvellement laissés en paix",
    "customers": "{customer} : {outstanding} de restant dû",
    "customers.columns": "Facture|Échéance|Restant dû|Avant|Après",
    "customers.others": "et {count} factures soldées ou non couvertes",
    "customers.more": "{count} autres clients changent ; --customers en montre davantage",
    "explained": "{customer}, {side}",
    "old": "avant",
    "new": "après",
    "nothing": "rien n’est réclamé",
    "summary": (
        "{changes} changements dans la politique ; {invoices} factures sur {all} et {customers} clients ont une autre"
        " issue ; {newly} nouvellement contactés, {left} nouvellement laissés en paix"
    ),
    "too_many": "{count} clients recevraient nouvellement `{name}`, {most} sont admis",
    "too_many.customers": "{count} clients seraient nouvellement contactés, {most} sont admis",
    "too_many.changed": "{count} factures ont une autre issue, {most} sont admises",
    "too_many.lost": "{count} clients ne recevraient plus `{name}`, {most} sont admis",
    "too_many.left": "{count} clients seraient nouvellement laissés en paix, {most} sont admis",
    "too_many.help": "regardez les clients ci-dessus ; ne relevez la borne que si c’est le but du changement",
}


def say(language: Language, key: str, **values: object) -> str:
    """A sentence with its blanks filled in."""
    texts = FRENCH if language == "fr" else ENGLISH
    return texts[key].format(**values)
