"""Alerts and problems in the reader's language. What raised them says it in English, with the author's own words.

A sentence in another language is made of the finding's code, its subject and count, and the words that its message
quotes: those are the author's and belong to no language.
"""

import re
from collections.abc import Iterable

from policy_engine.explanation.sentences import Words
from policy_engine.plan.model import Outcome
from policy_engine.snapshot.model import Alert

FRENCH_ALERTS = {
    "correction_of_nothing": "une correction du bureau (desk) concerne {subject}, que l’export ne contient pas",
    "facts_missing": "lignes inutilisables dans {subject} : {count} ; ce qu’elles disaient manque",
    "limit_without_currency": "le plafond de {subject} n’a pas de devise : il n’est pas retenu",
    "rate_ended": (
        "le taux {subject} n’est plus connu : les intérêts qui en dépendent ne peuvent pas être chiffrés"
        " (voir `dunning rates list`)"
    ),
    "rate_ending": (
        "le taux {subject} ne sera plus connu dans moins de 30 jours : le mettre à jour (voir `dunning rates list`)"
    ),
    "rewound_history": "lignes de {subject} postérieures au jour du plan, non retenues : {count}",
    "unattributed_rows": "lignes acceptées sans client connu, qui ne protègent personne : {count}",
    "unchecked_total": "total de contrôle de {subject} impossible à comparer ; lignes sans montant lisible : {count}",
    "unknown_column": "la colonne {subject} est inconnue : elle n’est pas lue",
    "unknown_table": "{subject} n’est pas une table d’export : elle n’est pas lue",
}
"""Alerts whose English sentence is the message itself, as it holds more than the subject."""

FRENCH_PROBLEMS = {
    "DUN520": "valeur illisible",
    "DUN521": "valeur manquante",
    "DUN522": "ligne mal formée",
    "DUN523": "identifiant présent plusieurs fois",
    "DUN524": "client inconnu",
    "DUN525": "facture ou échéance partielle inconnue",
    "DUN526": "facture d’un autre client",
    "DUN527": "affectations incohérentes",
    "DUN528": "paiement négatif que rien n’explique",
    "DUN529": "contre-passation qui n’annule pas exactement un paiement",
    "DUN530": "signe contradictoire",
    "DUN531": "dates dans le désordre",
    "DUN532": "ni échéance ni conditions de paiement",
    "DUN533": "valeur hors limites",
    "DUN534": "mot inconnu",
    "DUN535": "ligne contradictoire",
    "DUN536": "échéances partielles qui ne font pas le total",
    "DUN537": "devise inconnue",
}
"""What is wrong with a row, by code (docs/diagnostics-snapshot.md)."""

_QUOTED = re.compile(r"`([^`]*)`")


def alert_sentence(alert: Alert, words: Words) -> str:
    """The alert in the reader's language; as it was raised, in English, where nobody wrote another sentence."""
    count = words.locale.count(alert.count)
    try:
        return words.say(f"alert.{alert.code}", subject=alert.subject, count=count)
    except KeyError:
        pass
    if words.language == "fr" and alert.code in FRENCH_ALERTS:
        return FRENCH_ALERTS[alert.code].replace("{count}", count).replace("{subject}", alert.subject)
    return alert.message


def problem_sentence(code: str, message: str, words: Words) -> str:
    """What is wrong with a row: in French what the code means, and what the message quotes of the row."""
    meaning = FRENCH_PROBLEMS.get(code)
    if words.language == "en" or meaning is None:
        return message
    quoted = ", ".join(dict.fromkeys(text for text in _QUOTED.findall(message) if text))
    return f"{meaning} ({quoted})" if quoted else meaning


def in_words(outcome: Outcome, known: Iterable[tuple[str, object]], words: Words) -> tuple[tuple[str, object], ...]:
    """What else is known of an outcome, the message of a broken row in the reader's language."""
    code = dict(outcome.detail).get("problem", "")
    return tuple(
        (key, problem_sentence(code, value, words) if key == "message" and isinstance(value, str) else value)
        for key, value in known
    )
