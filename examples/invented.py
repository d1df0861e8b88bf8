"""Invented French companies, people and towns for the sample portfolio. Nothing here belongs to anybody.

Register numbers fail their check digit on purpose, telephone numbers come from the ranges that the French regulator
keeps free for fiction, and e-mail domains end in `.example`.
"""

from random import Random
from unicodedata import normalize

TRADES = (
    "Menuiserie", "Serrurerie", "Imprimerie", "Transports", "Plomberie", "Boulangerie", "Fromagerie", "Garage",
    "Charpente", "Électricité", "Maçonnerie", "Peinture", "Ateliers", "Établissements", "Conserverie", "Brasserie",
    "Pépinières", "Chaudronnerie", "Papeterie", "Miroiterie", "Tôlerie", "Scierie", "Carrelage", "Distribution",
    "Laboratoire", "Cartonnages", "Outillage", "Négoce", "Mécanique", "Froid", "Levage", "Emballages",
)  # fmt: skip

SURNAMES = (
    "Duval", "Lemoine", "Garnier", "Chauvet", "Roussel", "Perrot", "Vasseur", "Colin", "Marchal", "Boyer", "Guillet",
    "Aubry", "Brunet", "Carpentier", "Deschamps", "Hamelin", "Jacquet", "Kermarec", "Laurent", "Masson", "Nicolle",
    "Ollivier", "Pasquier", "Quéméner", "Renaud", "Sabatier", "Texier", "Urbain", "Vidal", "Weber", "Barbier",
    "Cordier", "Delattre", "Esnault", "Ferrand", "Grosjean", "Huet", "Imbert", "Joubert", "Leclercq", "Maillard",
    "Noblet", "Poirier", "Royer", "Seguin", "Tanguy", "Verdier", "Arnaud", "Besson", "Chartier", "Dumont", "Evrard",
)  # fmt: skip

FORMS = ("SARL", "SAS", "SASU", "EURL", "SA", "et Fils")

FIRST_NAMES = (
    "Claire", "Julien", "Sophie", "Thomas", "Nadia", "Olivier", "Isabelle", "Karim", "Hélène", "Bruno", "Amélie",
    "Pascal", "Leïla", "Vincent", "Martine", "Yann", "Céline", "Farid", "Anne", "Stéphane",
)  # fmt: skip

STREETS = (
    "rue des Lilas", "avenue de la Gare", "rue du Moulin", "zone artisanale des Prés", "route de la Forêt",
    "rue Jean-Jaurès", "quai des Tanneurs", "chemin du Lavoir", "rue de la République", "allée des Charmes",
)  # fmt: skip

TOWNS = (
    ("44000", "Nantes", "02 61 91"), ("35000", "Rennes", "02 61 91"), ("29200", "Brest", "02 61 91"),
    ("69003", "Lyon", "04 65 71"), ("38000", "Grenoble", "04 65 71"), ("13002", "Marseille", "04 65 71"),
    ("34000", "Montpellier", "04 65 71"), ("63000", "Clermont-Ferrand", "04 65 71"), ("33000", "Bordeaux", "05 36 49"),
    ("31000", "Toulouse", "05 36 49"), ("87000", "Limoges", "05 36 49"), ("59800", "Lille", "03 53 01"),
    ("67000", "Strasbourg", "03 53 01"), ("51100", "Reims", "03 53 01"), ("21000", "Dijon", "03 53 01"),
    ("54000", "Nancy", "03 53 01"), ("75011", "Paris", "01 99 00"), ("93200", "Saint-Denis", "01 99 00"),
    ("78000", "Versailles", "01 99 00"), ("91000", "Évry", "01 99 00"), ("76600", "Le Havre", "02 61 91"),
    ("14000", "Caen", "02 61 91"), ("37000", "Tours", "02 61 91"), ("86000", "Poitiers", "05 36 49"),
)  # fmt: skip

PUBLIC_BODIES = (
    "Commune de Valbreuil", "Commune de Saint-Aubin-des-Prés", "Lycée professionnel des Trois-Rivières",
    "Centre hospitalier du Val-Fleury", "Communauté de communes du Haut-Marais", "Collège Louise-Weiss de Montclair",
)  # fmt: skip


def company(rng: Random, taken: set[str]) -> str:
    """A company name that isn't in `taken` yet."""
    while True:
        name = f"{rng.choice(TRADES)} {rng.choice(SURNAMES)} {rng.choice(FORMS)}"
        if name not in taken:
            taken.add(name)
            return name


def person(rng: Random) -> str:
    """First name and surname."""
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(SURNAMES)}"


def register_number(rng: Random) -> str:
    """Nine digits like a SIREN whose check digit (Luhn) is wrong, so that it can be nobody's."""
    digits = [rng.randrange(3, 9), *(rng.randrange(10) for _ in range(7))]
    doubled = [2 * digit if place % 2 else digit for place, digit in enumerate(digits)]
    check = -sum(value - 9 if value > 9 else value for value in doubled) % 10
    return "".join(map(str, digits)) + str((check + rng.randrange(1, 10)) % 10)


def slug(name: str) -> str:
    """Lower-case ASCII words joined by hyphens, for domains."""
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())


def address(rng: Random) -> tuple[str, str]:
    """A postal address and a telephone number of the same region."""
    code, town, prefix = rng.choice(TOWNS)
    street = f"{rng.randrange(1, 120)} {rng.choice(STREETS)}, {code} {town}"
    return street, f"{prefix} {rng.randrange(100):02d} {rng.randrange(100):02d}"
