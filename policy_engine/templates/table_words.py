"""The words of tables in French and English."""

from policy_engine.explanation.locale import Language

WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "number": "Facture", "issued": "Émise le", "due": "Échéance", "days_late": "Jours de retard",
        "amount": "Montant TTC", "settled": "Déjà réglé", "credited": "Avoirs",
        "settled_credited": "Règlements et avoirs", "disputed": "En litige", "later": "Non échu",
        "asked": "À payer", "total": "Total", "principal": "Principal", "interest": "Intérêts",
        "lump_sum": "Indemnité", "lump_sums": "Indemnités forfaitaires de recouvrement",
        "late_interest": "Intérêts de retard", "credits": "Avoirs et paiements non affectés", "item": "Libellé",
        "to_pay": "Total à payer", "from": "Du", "to": "Au", "days": "Jours", "base": "Assiette", "rate": "Taux annuel",
        "already_counted": "déjà facturés, réglés ou remis", "outstanding": "Reste dû", "date": "Date",
        "on_invoice": "Sur la facture", "asked_now": "Réclamée", "yes": "oui", "no": "non", "balance": "Solde",
        "open": "Reste ouvert", "by": "Par", "invoices": "Factures", "all": "la totalité", "promised_on": "Promis le",
        "promised_for": "Pour le", "paid_on": "Réglée le", "sum": "Montant",
    },
    "en": {
        "number": "Invoice", "issued": "Issued", "due": "Due", "days_late": "Days late",
        "amount": "Amount incl. VAT", "settled": "Already paid", "credited": "Credit notes",
        "settled_credited": "Paid or credited", "disputed": "Disputed", "later": "Not yet due",
        "asked": "To pay", "total": "Total", "principal": "Principal", "interest": "Interest",
        "lump_sum": "Lump sum", "lump_sums": "Lump sums for recovery costs",
        "late_interest": "Late-payment interest", "credits": "Credit notes and unallocated payments", "item": "Item",
        "to_pay": "Total to pay", "from": "From", "to": "To", "days": "Days", "base": "Base", "rate": "Yearly rate",
        "already_counted": "already invoiced, paid or waived", "outstanding": "Outstanding", "date": "Date",
        "on_invoice": "On invoice", "asked_now": "Asked now", "yes": "yes", "no": "no", "balance": "Balance",
        "open": "Open", "by": "By", "invoices": "Invoices", "all": "everything", "promised_on": "Promised on",
        "promised_for": "For", "paid_on": "Paid on", "sum": "Amount",
    },
}  # fmt: skip
KINDS: dict[Language, dict[str, str]] = {
    "fr": {"invoice": "Facture", "prepayment": "Acompte", "credit_note": "Avoir", "payment": "Paiement"},
    "en": {"invoice": "Invoice", "prepayment": "Prepayment", "credit_note": "Credit note", "payment": "Payment"},
}
STAGES: dict[Language, dict[str, str]] = {
    "fr": {
        "notice": "Avis avant échéance", "reminder": "Relance", "call": "Appel téléphonique",
        "formal_notice": "Mise en demeure", "agency": "Remise au recouvrement", "legal": "Remise au contentieux",
    },
    "en": {
        "notice": "Notice before the due date", "reminder": "Reminder", "call": "Telephone call",
        "formal_notice": "Formal notice", "agency": "Placement with a collection agency", "legal": "Legal file",
    },
}  # fmt: skip
CHANNELS: dict[Language, dict[str, str]] = {
    "fr": {
        "email": "courriel", "letter": "lettre", "registered_letter": "lettre recommandée", "call": "téléphone",
        "task": "tâche", "webhook": "message", "placement": "remise", "order_hold": "blocage des commandes",
        "order_release": "déblocage des commandes",
    },
    "en": {
        "email": "e-mail", "letter": "letter", "registered_letter": "registered letter", "call": "telephone",
        "task": "task", "webhook": "message", "placement": "placement", "order_hold": "order hold",
        "order_release": "order release",
    },
}  # fmt: skip
ROLES: dict[str, str] = {
    "accounting": "comptabilité", "accounts": "comptabilité", "accounts payable": "comptabilité fournisseurs",
    "accountant": "comptable", "manager": "direction", "management": "direction", "managing director": "direction",
    "director": "direction", "finance": "finances", "treasury": "trésorerie", "purchasing": "achats",
    "buyer": "achats", "sales": "ventes", "legal": "service juridique", "owner": "propriétaire",
    "invoicing": "facturation",
}  # fmt: skip
"""What persons are, as systems call it in English."""


def role_said(role: str, language: Language) -> str:
    """What a person is, where the word is known."""
    return role if language == "en" else ROLES.get(role.strip().lower().replace("_", " "), role)
