"""The sentences of `dunning triage` in both languages: parts of the catalogues of `english` and `french`."""

ENGLISH_TRIAGE: dict[str, str | tuple[str, ...]] = {
    "triage.title": "Triage:",
    "triage.head": "policy {policy} version {version}, as of {as_of:day}",
    "triage.hold": (
        "waiting for a person, overdue before {day:day} and without history: "
        "invoices {count}, customers {customers}, {amount}"
    ),
    "triage.by_age": (
        "entering by age without a person, overdue before {day:day} and without history: "
        "invoices {count}, customers {customers}, {amount}"
    ),
    "triage.none": (
        "overdue, no history says what was sent, and the policy has no `onboarding`, so the first run treats them as "
        "new: invoices {count}, customers {customers}, {amount}"
    ),
    "triage.none_missed": (
        "without history although a step above their next one is reached, and the policy has no `onboarding`: "
        "invoices {count}, customers {customers}, {amount}"
    ),
    "triage.nothing.hold": "no invoice waits for a person",
    "triage.nothing.by_age": "no invoice enters by its age",
    "triage.nothing.none": "no invoice needs a person",
    "triage.at_once.hold": "What the ladder would do today if nobody was asked",
    "triage.at_once.by_age": "What the ladder does today",
    "triage.at_once.none": "What the first run would do today",
    "triage.nothing_today": "nothing today",
    "triage.step": "step",
    "triage.stage": "stage",
    "triage.oldest": "oldest",
    "triage.argued": "objections",
    "triage.late_then": "late then",
    "triage.late": "late",
    "triage.enters": "unasked",
    "triage.enters_on": "{step} on {on:day}",
    "triage.no_step": "no step left",
    "triage.proposed": "stand on",
    "triage.then": "then",
    "triage.more": "... and {count} more customers, see --format json or --worksheet",
    "triage.propose.start": "start",
    "triage.propose.leave_alone": "leave alone",
    "triage.propose.repair": "repair the data",
    "triage.against.data_problem": ("data problem {problem} at {where}", "data problem {problem}"),
    "triage.against.block": (
        "blocked until {until:day}: {reason}",
        "blocked: {reason}",
        "blocked until {until:day}",
        "blocked",
    ),
    "triage.against.hold": "hold {name}",
    "triage.against.dispute": (
        "disputed since {since:day}, {amount}: {reason}",
        "disputed since {since:day}, {amount}",
        "disputed since {since:day}: {reason}",
        "disputed since {since:day}",
    ),
    "triage.against.promise": ("promised by {until:day}", "promised"),
    "triage.against.payment_plan": "payment plan kept",
    "triage.against.insolvent": ("insolvent since {since:day}", "insolvent"),
    "triage.against.factored": "sold to a factor",
    "triage.against.limitation": "perhaps time-barred since {since:day}",
    "triage.against.pending": ("{step} under way since {since:day}", "an action under way since {since:day}"),
    "triage.against.below_minimum": "below the minimum",
    "triage.suggestion": "Add to the policy",
    "triage.look.worksheet": "a worksheet with an empty column `step`, to be filled in",
    "triage.look.apply": "reads it back: rows of history and blocks on the desk, all or none",
}

FRENCH_TRIAGE: dict[str, str | tuple[str, ...]] = {
    "triage.title": "Triage :",
    "triage.head": "politique {policy} version {version}, au {as_of:day}",
    "triage.hold": (
        "en attente d’une personne, en retard avant le {day:day} et sans historique : "
        "factures {count}, clients {customers}, {amount}"
    ),
    "triage.by_age": (
        "entrent selon leur âge sans personne, en retard avant le {day:day} et sans historique : "
        "factures {count}, clients {customers}, {amount}"
    ),
    "triage.none": (
        "en retard, aucun historique ne dit ce qui a été envoyé et la politique n’a pas d’`onboarding`, le premier "
        "passage les traite donc comme nouvelles : factures {count}, clients {customers}, {amount}"
    ),
    "triage.none_missed": (
        "sans historique alors qu’une étape au-delà de la prochaine est atteinte, et la politique n’a pas "
        "d’`onboarding` : factures {count}, clients {customers}, {amount}"
    ),
    "triage.nothing.hold": "aucune facture n’attend une personne",
    "triage.nothing.by_age": "aucune facture n’entre selon son âge",
    "triage.nothing.none": "aucune facture n’a besoin d’une personne",
    "triage.at_once.hold": "Ce que l’échelle ferait aujourd’hui sans consulter personne",
    "triage.at_once.by_age": "Ce que l’échelle fait aujourd’hui",
    "triage.at_once.none": "Ce que le premier passage ferait aujourd’hui",
    "triage.nothing_today": "rien aujourd’hui",
    "triage.step": "étape",
    "triage.stage": "niveau",
    "triage.oldest": "au plus",
    "triage.argued": "objections",
    "triage.late_then": "alors",
    "triage.late": "retard",
    "triage.enters": "d’office",
    "triage.enters_on": "{step} le {on:day}",
    "triage.no_step": "plus d’étape",
    "triage.proposed": "placer sur",
    "triage.then": "puis",
    "triage.more": "... et {count} autres clients, voir --format json ou --worksheet",
    "triage.propose.start": "start",
    "triage.propose.leave_alone": "laisser (leave alone)",
    "triage.propose.repair": "corriger les données",
    "triage.against.data_problem": ("problème de données {problem} en {where}", "problème de données {problem}"),
    "triage.against.block": (
        "bloquée jusqu’au {until:day} : {reason}",
        "bloquée : {reason}",
        "bloquée jusqu’au {until:day}",
        "bloquée",
    ),
    "triage.against.hold": "suspension {name}",
    "triage.against.dispute": (
        "contestée depuis le {since:day}, {amount} : {reason}",
        "contestée depuis le {since:day}, {amount}",
        "contestée depuis le {since:day} : {reason}",
        "contestée depuis le {since:day}",
    ),
    "triage.against.promise": ("promise pour le {until:day}", "promise"),
    "triage.against.payment_plan": "échéancier respecté",
    "triage.against.insolvent": ("procédure collective depuis le {since:day}", "procédure collective"),
    "triage.against.factored": "cédée à un factor",
    "triage.against.limitation": "peut-être prescrite depuis le {since:day}",
    "triage.against.pending": ("{step} en cours depuis le {since:day}", "action en cours depuis le {since:day}"),
    "triage.against.below_minimum": "sous le minimum",
    "triage.suggestion": "À ajouter à la politique",
    "triage.look.worksheet": "une feuille dont la colonne `step` est vide, à remplir",
    "triage.look.apply": "la relit : lignes d’historique et blocages, toutes ou aucune",
}
