"""The ledger of a customer: allocations, reversals, what is left over."""

from datetime import date

from policy_engine.engine.reference.ledger import Credit, allocate, new_item
from policy_engine.snapshot.model import Allocation, Customer, CustomerAccount, Invoice, Payment

AS_OF = date(2026, 10, 30)


def invoice(ident: str, amount: int, kind: str = "invoice", **row: object) -> Invoice:
    day = date(2026, 9, 1)
    return Invoice(ident, ident, "C", kind, "open", "EUR", amount, day, day, **row)  # type: ignore[arg-type]


def settle(*invoices: Invoice, payments: tuple[Payment, ...] = ()) -> tuple[dict[str, int], list[Credit]]:
    account = CustomerAccount(Customer("C", "C", "business"), invoices=invoices, payments=payments)
    items = {row.id: new_item(row, "EUR", AS_OF) for row in invoices}
    left = allocate(account, items, AS_OF)
    return {ident: item.outstanding for ident, item in items.items()}, left


def paid(ident: str, amount: int, *parts: tuple[str, int], day: int = 1, reverses: str | None = None) -> Payment:
    allocations = tuple(Allocation(to, part) for to, part in parts)
    return Payment(ident, "C", date(2026, 10, day), amount, "EUR", allocations, reverses)


def test_a_payment_on_an_invoice_whose_row_is_broken_settles_nothing_else() -> None:
    outstanding, left = settle(invoice("F", 100), payments=(paid("Z", 80, ("broken", 80)),))
    assert outstanding == {"F": 100}
    assert left == []


def test_a_credit_note_for_an_invoice_whose_row_is_broken_is_used_up() -> None:
    note = invoice("A", -50, "credit_note", allocations=(Allocation("broken", -50),))
    outstanding, left = settle(invoice("F", 100), note)
    assert outstanding == {"F": 100, "A": 0}
    assert left == []


def test_a_reversed_payment_never_was() -> None:
    reversal = paid("R", -100, day=20, reverses="Z")
    outstanding, left = settle(invoice("F", 100), payments=(paid("Z", 100, ("F", 100)), reversal))
    assert outstanding == {"F": 100}
    assert left == []


def test_a_reversal_after_as_of_does_not_exist_yet() -> None:
    later = Payment("R", "C", date(2026, 11, 2), -100, "EUR", (), "Z")
    outstanding, _ = settle(invoice("F", 100), payments=(paid("Z", 100, ("F", 100)), later))
    assert outstanding == {"F": 0}


def test_what_is_paid_too_much_is_left_over_from_the_day_of_the_last_payment() -> None:
    payments = (paid("Y", 70, ("F", 70), day=2), paid("Z", 50, ("F", 50), day=9))
    outstanding, left = settle(invoice("F", 100), payments=payments)
    assert outstanding == {"F": -20}
    assert [(credit.id, credit.left, credit.day) for credit in left] == [("F", 20, date(2026, 10, 9))]


def test_what_is_left_over_comes_by_date_then_id() -> None:
    payments = (paid("Z", 5, day=3), paid("B", 5, day=3), paid("Y", 5, day=2))
    _, left = settle(invoice("F", 100), payments=payments)
    assert [credit.id for credit in left] == ["Y", "B", "Z"]


def test_a_refund_uses_a_credit_note_up() -> None:
    refund = paid("Z", -30, ("A", -30))
    outstanding, left = settle(invoice("A", -50, "credit_note"), payments=(refund,))
    assert outstanding == {"A": -20}
    assert [credit.left for credit in left] == [20]
