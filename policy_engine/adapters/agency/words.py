"""The words of a file for a collector, in French and English."""

from typing import Literal, TypeAlias

Language: TypeAlias = Literal["fr", "en"]

KIND = {
    "fr": {
        "agency": "Dossier de recouvrement amiable", "legal": "Dossier contentieux",
        "insolvency": "Dossier de procédure collective", "other": "Dossier de créance",
    },
    "en": {
        "agency": "Collection file", "legal": "Legal file", "insolvency": "Insolvency file", "other": "Claim file",
    },
}  # fmt: skip
MISSING = {
    "fr": {
        "invoices": "facture", "orders": "bon de commande", "deliveries": "preuve de livraison",
        "contract": "contrat", "terms": "conditions générales", "formal_notice": "mise en demeure",
        "statement": "relevé de compte", "note": "note de transmission", "proof": "preuve d'envoi",
    },
    "en": {
        "invoices": "invoice", "orders": "order", "deliveries": "proof of delivery", "contract": "contract",
        "terms": "general terms", "formal_notice": "formal notice", "statement": "statement of account",
        "note": "covering note", "proof": "proof of sending",
    },
}  # fmt: skip
WHY = {
    "fr": {
        "no file": "aucun fichier n'a été trouvé",
        "shared name": "le fichier de ce nom peut être celui d'une autre pièce",
        "unreadable": "le fichier ne peut pas être lu",
        "too large": "le fichier est trop volumineux",
        "none delivered": "aucune n'a été remise d'après le registre et l'historique",
        "erp only": "remise d'après l'historique de l'ERP ; la lettre elle-même n'est pas au registre",
        "purged": "les données de la lettre ont été effacées du registre ; la preuve d'envoi demeure",
        "not a letter": "pas de lettre au registre : son texte est joint",
        "not written": "aucun texte n'a été rédigé",
        "erp history": "des relances ne sont connues que par l'historique de l'ERP, sans preuve au registre",
    },
    "en": {
        "no file": "no file was found",
        "shared name": "the file of that name may be another document's",
        "unreadable": "the file can't be read",
        "too large": "the file is too large",
        "none delivered": "none was delivered, as far as ledger and history know",
        "erp only": "delivered as the ERP's history says; the letter itself isn't in the ledger",
        "purged": "the letter's data were purged from the ledger; the proof of sending remains",
        "not a letter": "no letter in the ledger: its text is enclosed",
        "not written": "no text was written",
        "erp history": "some reminders are known by the ERP's history alone, without proof in the ledger",
    },
}  # fmt: skip
README = {
    "fr": {
        "reference": "Référence", "key": "clé", "date": "Remis le", "as of": "Comptes arrêtés au",
        "deadline": "Date limite",
        "creditor": "Créancier", "debtor": "Débiteur", "registration": "N° d'immatriculation",
        "contact": "Interlocuteur", "policy": "N° de police", "client": "N° de client chez vous",
        "insolvent": "Procédure collective ouverte", "claim": "Créance", "principal": "Principal",
        "credits": "déduit : avoirs et paiements non affectés", "interest": "Intérêts de retard",
        "lump_sums": "Indemnités forfaitaires (accessoires)", "total": "Total réclamé",
        "listed": "Reste dû des factures listées", "content": "Contenu", "missing": "Ce qui manque",
        "nothing": "Rien.", "payment": "Paiement", "bank": "Titulaire : {holder}, IBAN {iban}",
        "no bank": "Les coordonnées bancaires du créancier vous sont transmises par une voie distincte.",
        "disputes": "Contestations", "opened": "ouverte le", "closed": "close le", "none": "aucune",
        "letter": "Pour votre première lettre (CPCE art. R124-4)",
        "trial": "ESSAI. Ce dossier n'est pas une créance confiée : ne contactez personne. Demandé par",
        "parts": "Ce dossier est en plusieurs fichiers",
        "colon": " :",
    },
    "en": {
        "reference": "Reference", "key": "key", "date": "Placed on", "as of": "Account as of",
        "deadline": "Deadline",
        "creditor": "Creditor", "debtor": "Debtor", "registration": "Registration number",
        "contact": "Contact", "policy": "Policy number", "client": "Client number with you",
        "insolvent": "Insolvent since", "claim": "Claim", "principal": "Principal",
        "credits": "taken off: credit notes and payments not allocated", "interest": "Interest for late payment",
        "lump_sums": "Lump sums (accessories)", "total": "Total claimed",
        "listed": "Outstanding of the invoices listed", "content": "Content", "missing": "What is missing",
        "nothing": "Nothing.", "payment": "Payment", "bank": "Holder: {holder}, IBAN {iban}",
        "no bank": "The creditor's bank details reach you another way.",
        "disputes": "Disputes", "opened": "opened on", "closed": "closed on", "none": "none",
        "letter": "For your first letter (in France: CPCE art. R124-4)",
        "trial": "TRIAL. No claim is placed with this file: contact nobody. Asked for by",
        "parts": "This file has several parts",
        "colon": ":",
    },
}  # fmt: skip
FILES = {
    "fr": {
        "placement.json": "la créance, données (schéma placement)", "invoices.csv": "les factures, pour un tableur",
        "statement.pdf": "relevé de compte", "note.txt": "note de transmission",
        "note.html": "note de transmission, mise en page",
        "proof/reminders.html": "relances et preuves d'envoi, à lire",
        "proof/reminders.json": "relances et preuves d'envoi, avec les empreintes du registre",
        "invoices/": "facture", "orders/": "bon de commande", "deliveries/": "preuve de livraison",
        "contract/": "contrat, conditions générales", "formal_notice/": "mise en demeure",
        "manifest.json": "empreinte sha256 de chaque fichier",
    },
    "en": {
        "placement.json": "the claim as data (schema placement)", "invoices.csv": "the invoices, for a spreadsheet",
        "statement.pdf": "statement of account", "note.txt": "covering note", "note.html": "covering note, laid out",
        "proof/reminders.html": "reminders and proofs of sending, to be read",
        "proof/reminders.json": "reminders and proofs of sending, with the ledger's hashes",
        "invoices/": "invoice", "orders/": "order", "deliveries/": "proof of delivery",
        "contract/": "contract, general terms", "formal_notice/": "formal notice",
        "manifest.json": "sha256 of each file",
    },
}  # fmt: skip
LETTER = {
    "fr": (
        "vos nom ou dénomination, adresse, et que vous exercez le recouvrement amiable : à vous de les ajouter",
        "le nom ou la dénomination du créancier et son adresse : ci-dessus, « Créancier »",
        "le fondement de la créance : les factures, la commande, le contrat (liste ci-dessous, `placement.json`)",
        "le montant dû, principal, intérêts et accessoires séparés, sans frais du créancier : ci-dessus, « Créance »",
        "l'indication de payer et les modalités de paiement : ci-dessous, « Paiement »",
        "la reproduction des alinéas 2 et 3 de l'article L111-8 du CPCE : à vous de l'ajouter",
        "les références et la date de cette lettre dans toute relance ultérieure",
    ),
    "en": (
        "your name, address and that you collect debts out of court: yours to add",
        "the creditor's name and address: above, \"Creditor\"",
        "the basis of the claim: invoices, order, contract (listed below, `placement.json`)",
        "the amount due, principal, interest and accessories apart, no costs that the creditor bears: above, \"Claim\"",
        "that it is to be paid, and how: below, \"Payment\"",
        "the text of CPCE art. L111-8, paragraphs 2 and 3: yours to add",
        "the reference and the date of this letter in each later contact",
    ),
}  # fmt: skip
PROOF = {
    "fr": {
        "title": "Relances et preuves d'envoi", "day": "Date", "what": "Étape", "channel": "Par",
        "invoices": "Factures", "status": "État", "receipt": "Accusé du transporteur", "source": "Source",
        "ledger": "registre", "snapshot": "historique de l'ERP", "transitions": "Inscriptions au registre",
        "number": "N°", "at": "Instant (UTC)", "after": "Devenu", "by": "Adaptateur", "hash": "Empreinte",
        "copy to come": "remis, copie à suivre", "none": "Aucune relance n'est connue pour ces factures.",
        "purged": "accusé effacé selon la durée de conservation",
        "how": "Chaque inscription au registre porte l'empreinte sha256 de la précédente ; `dunning ledger verify"
        " --head EMPREINTE` montre qu'elle y figure et que rien n'a été changé. Une relance ou une mise en demeure"
        " n'interrompt pas la prescription.",
    },
    "en": {
        "title": "Reminders and proofs of sending", "day": "Date", "what": "Step", "channel": "By",
        "invoices": "Invoices", "status": "State", "receipt": "What the carrier said", "source": "Source",
        "ledger": "ledger", "snapshot": "the ERP's history", "transitions": "Entries in the ledger",
        "number": "No.", "at": "Time (UTC)", "after": "Became", "by": "Adapter", "hash": "Hash",
        "copy to come": "delivered, a copy to come",
        "none": "No reminder of these invoices is known.", "purged": "receipt deleted when its time was over",
        "how": "Each entry of the ledger holds the sha256 of the one before; `dunning ledger verify --head HASH`"
        " shows that it stands there and that nothing was changed. In France neither a reminder nor a formal notice"
        " interrupts limitation.",
    },
}  # fmt: skip
STATES = {
    "fr": {
        "planned": "prévu", "awaiting_approval": "à valider", "approved": "validé", "sending": "envoi en cours",
        "delivered": "remis", "returned": "revenu", "voided": "annulé", "in_doubt": "incertain",
    },
    "en": {
        "planned": "planned", "awaiting_approval": "awaiting approval", "approved": "approved", "sending": "sending",
        "delivered": "delivered", "returned": "returned", "voided": "voided", "in_doubt": "in doubt",
    },
}  # fmt: skip
