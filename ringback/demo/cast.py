"""Who plays in the demo, what they own and what a minute costs. Pure.

The numbers are real in shape, and nobody is called: everything stays on this machine.
"""

from dataclasses import dataclass

LOGIN = "anna"
PASSWORD = "secret"  # noqa: S105 - on the screen for everybody to see
OPERATOR = "demo"
OPERATOR_PASSWORD = "everything-local"  # noqa: S105 - as above
OPERATOR = "demo"
OPERATOR_PASSWORD = "everything-local"  # noqa: S105 - as above
BALANCE = "10.00"
CURRENCY = "EUR"
COUNTRY = "PL"
ACCESS_NUMBER = "+48221234567"  # of the service: SMS go there, and phones show it


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    number: str
    shown: str  # as people write it
    tune_hz: int


ANNA = Person("Anna", "+48600316058", "+48 600 316 058", 659)
BORIS = Person("Boris", "+493023125042", "+49 30 2312 5042", 523)
PEOPLE = (ANNA, BORIS)

DIALLED = "00" + BORIS.number.removeprefix("+")  # as people dial abroad

REGISTER = f"U.{LOGIN} P.{PASSWORD} R.{ANNA.number}"
# Ways to say the same: within 30 s, the very same SMS would be taken for a repeat by the SMS centre.
CALL_ME = (  # on the page
    f"U.{LOGIN} P.{PASSWORD}",
    f"U.{LOGIN} P.{PASSWORD} C",
    f"C U.{LOGIN} P.{PASSWORD}",
    f"C P.{PASSWORD} U.{LOGIN}",
)
CALL_ME_HERE = (f"P.{PASSWORD} U.{LOGIN}", f"P.{PASSWORD} U.{LOGIN} C")  # on the terminal

RATES = """\
country,prefix,role,connect_fee,first,next,price_per_minute
Poland,48,A,0.01,1,1,0.06
Poland,48,B,0.01,30,6,0.08
Germany,49,both,0.02,30,6,0.09
United Kingdom,44,both,0.02,30,6,0.10
France,33,both,0.02,30,6,0.11
United States,1,both,0.00,60,60,0.05
"""


def person_of(number: str) -> Person | None:
    return next((person for person in PEOPLE if person.number == number), None)
