"""The words of lists, in the language of the house that works them off: French or English.

English sheets have the columns' own names. `dunning desk import-calls` reads both (`COLUMNS`).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from policy_engine.explanation.locale import Language, locale_of
from policy_engine.templates.table_words import CHANNELS, STAGES
from policy_engine.values.money import parse_minor

COLUMNS: dict[Language, dict[str, str]] = {
    "en": {},
    "fr": {
        "send_on": "prévu le", "deadline": "date limite", "customer": "client", "name": "nom", "phone": "téléphone",
        "person": "interlocuteur", "role": "fonction", "other_phones": "autres numéros", "language": "langue",
        "currency": "devise", "total": "total", "principal": "principal", "interest": "intérêts",
        "lump_sums": "indemnités", "oldest_days_late": "jours de retard", "invoices": "factures",
        "last_contacts": "derniers contacts", "promises": "promesses", "promises_broken": "promesses non tenues",
        "disputes": "litiges", "outcome": "résultat", "promised_date": "date promise",
        "promised_amount": "montant promis", "note": "note", "done_on": "fait le", "step": "étape", "stage": "stade",
        "collector": "chargé", "trial": "essai", "script": "déroulé", "file": "fichier", "key": "clé",
    },
}  # fmt: skip
"""What columns are called where it isn't by their names."""
WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "call": "Call", "task": "Task", "ask": "Ask for", "phone": "Phone", "no phone": "no phone number known",
        "others": "Other numbers", "asked": "Asked for", "interest": "of which interest",
        "lump_sums": "of which lump sums", "due": "due", "before": "Sent or said before", "promises": "Promises",
        "disputes": "Open disputes", "script": "Script", "trial": "TRIAL, call nobody", "deadline": "Deadline",
        "customer": "Customer", "colon": ":", "trial mark": "trial", "all": "all",
        "promise": "{made} promised {amount} by {day}", "dispute": "{invoice}{amount} since {day}",
    },
    "fr": {
        "call": "Appel", "task": "Tâche", "ask": "Demander", "phone": "Téléphone",
        "no phone": "pas de numéro connu", "others": "Autres numéros", "asked": "Réclamé",
        "interest": "dont intérêts", "lump_sums": "dont indemnités", "due": "échéance", "before": "Déjà fait",
        "promises": "Promesses", "disputes": "Litiges en cours", "script": "Déroulé",
        "trial": "ESSAI, n'appeler personne", "deadline": "Date limite", "customer": "Client",
        "colon": "\u00a0:", "trial mark": "essai", "all": "la totalité",
        "promise": "{made} promis {amount} pour le {day}", "dispute": "{invoice}{amount} depuis le {day}",
    },
}  # fmt: skip
STATES: Mapping[str, str] = {
    "broken": "non tenue", "kept": "tenue", "running": "en cours", "planned": "prévu",
    "awaiting_approval": "à valider", "approved": "validé", "sending": "envoi en cours", "returned": "revenu",
    "in_doubt": "incertain", "voided": "annulé", "failed": "échoué", "expired": "périmé", "rejected": "refusé",
}  # fmt: skip
"""What became of promises and of contacts, in French."""
_STEPS: Mapping[str, str] = {
    "pre_due_notice": "Avis avant échéance", "courtesy_reminder": "Première relance",
    "second_reminder": "Deuxième relance", "phone_call": "Appel téléphonique", "formal_notice": "Mise en demeure",
    "collection_agency": "Remise au recouvrement", "legal_action": "Remise au contentieux",
    "declare_claim": "Déclaration de créance",
}  # fmt: skip
"""The steps of the shipped policies, in French."""


def language_of(tag: str | None) -> Language:
    """The language of lists for a tag such as `fr-FR`: French or English."""
    return "fr" if (tag or "").lower().startswith("fr") else "en"


def step_said(step: str, stage: str | None, language: Language) -> str:
    """A step in words: its own, its stage's, or its name."""
    if language == "en":
        return step
    return _STEPS.get(step) or STAGES[language].get(stage or "") or step.replace("_", " ")


def stage_said(stage: str, language: Language) -> str:
    """A stage in words; a policy's own ones by their name."""
    return stage if language == "en" else STAGES[language].get(stage, stage.replace("_", " "))


def channel_said(channel: str, language: Language) -> str:
    """By what something was said or sent."""
    return channel if language == "en" else CHANNELS[language].get(channel, channel)


def state_said(state: str, language: Language) -> str:
    """What became of a promise or a contact."""
    return STATES.get(state, state.replace("_", " ")) if language == "fr" else state.replace("_", " ")


def day_said(day: str, language: Language) -> str:
    """A day within a text: ISO in English, dd/mm/yyyy in French."""
    return locale_of(language).day(date.fromisoformat(day))


def amount_said(amount: str, currency: str, language: Language) -> str:
    """An amount within a text: `1250.00 EUR`, `1 250,00 €`."""
    if language == "en":
        return f"{amount} {currency}".rstrip()
    try:
        return locale_of(language).amount(parse_minor(amount, currency), currency)
    except ValueError:  # of another currency's decimals
        return f"{amount} {currency}".rstrip()


def late_said(days: int, language: Language) -> str:
    """How late something is."""
    if language == "fr":
        return f"{days} jour{'s' if days > 1 else ''} de retard"
    return f"{days} day{'' if days == 1 else 's'} late"


def labelled(label: str, value: Any, words: Mapping[str, str]) -> str:
    """`Phone: 02`, with the French blank before the colon."""
    return f"{words[label]}{words['colon']} {value}"
