"""The words of every SMS we send, in Polish: without diacritics, as people in Poland text.

One ogonek would turn an SMS of 160 characters into one of 70 (3GPP TS 23.038 §6.2.3: UCS-2), and double what
it costs. See `replies.py` for what the tables are.
"""

from collections.abc import Mapping

from callback.core.outcomes import Reason
from callback.core.sms import ReplyKind

TEXTS: Mapping[str, str] = {
    ReplyKind.REGISTERED: "{number} zarejestrowany. Napisz U.login P.haslo, a oddzwonimy na ten numer.",
    ReplyKind.NUMBER_PENDING: (
        "Wyslalismy 6-cyfrowy kod na {number}. Z tego telefonu napisz OK i kod w ciagu 15 minut."
    ),
    ReplyKind.CODE_SMS: (
        "Twoj kod: {code}. Aby potwierdzic ten telefon, odpisz: OK {code}. "
        "Wazny 15 minut. Jesli to nie Ty, zignoruj ten SMS."
    ),
    ReplyKind.NUMBER_VERIFIED: "{number} potwierdzony. Napisz U.login P.haslo, a oddzwonimy na ten numer.",
    ReplyKind.NUMBER_MOVED: (
        "{number} przeniesiono z Twojego konta na inne i juz na niego nie dzwonimy. "
        "Jesli to blad, skontaktuj sie z biurem obslugi."
    ),
    ReplyKind.CALLBACK_ACCEPTED: "Dzwonimy teraz na {number}. Odbierz, potem wybierz numer docelowy.",
    ReplyKind.CALLBACK_REPLACED: "Zmienilismy zlecenie i dzwonimy teraz na {number}. Odbierz telefon.",
    ReplyKind.BALANCE: "Twoje saldo: {balance}.",
    ReplyKind.HELP: (
        "Oddzwonienie: U.login P.haslo. Polaczenie: dodaj T.numer. Saldo: dodaj B. "
        "Rejestracja telefonu: dodaj R.numer. Numery pisz z kodem kraju."
    ),
    Reason.MALFORMED: "Nie rozumiemy SMS-a ({token}). Napisz: U.login P.haslo T.48600123456 lub HELP.",
    Reason.MISSING_PART: "W SMS-ie brak wartosci po {part} Napisz: U.login P.haslo T.48600123456 lub HELP.",
    Reason.BAD_CREDENTIALS: "Login lub haslo jest bledne. Sprawdz je i wyslij SMS ponownie.",
    Reason.ACCOUNT_BLOCKED: "Twoje konto jest zablokowane. Skontaktuj sie z biurem obslugi.",
    Reason.TOO_MANY_TRIES: "Za duzo prob. Odczekaj minute i wyslij SMS ponownie.",
    Reason.INVALID_NUMBER: "Na {number} nie mozemy zadzwonic. Napisz go z kodem kraju, np. 48600123456.",
    Reason.EMERGENCY_NUMBER: "Nie laczymy z numerami alarmowymi. Wybierz {number} prosto z telefonu.",
    Reason.PREMIUM_NUMBER: "{number}: numer specjalny lub o podwyzszonej oplacie. Z takimi nie laczymy.",
    Reason.NOT_YOUR_NUMBER: "{number}: to nie Twoj numer. Aby go dodac, napisz U.login P.haslo R.numer.",
    Reason.NUMBER_PENDING: "{number} czeka na potwierdzenie. Napisz z niego OK i kod, ktory wyslalismy.",
    Reason.SAME_NUMBER: "Na {number} mamy zadzwonic do Ciebie. Numer docelowy podaj po T.",
    Reason.NO_NUMBER: "Nie masz potwierdzonego telefonu. Aby go dodac, napisz U.login P.haslo R.numer.",
    Reason.WRONG_CODE: "Kod jest bledny. Sprawdz SMS z kodem i napisz OK i jego 6 cyfr.",
    Reason.CODE_EXPIRED: "Kod stracil waznosc. Aby dostac nowy, napisz U.login P.haslo R.numer.",
    Reason.TOO_MANY_CODES: "Zamowiono zbyt wiele kodow. Sprobuj ponownie jutro.",
    Reason.NO_CODE_THERE: "Na {number} nie wysylamy kodow. Popros biuro obslugi o rejestracje.",
    Reason.NO_SMS_LINK: "Nie wysylamy kodow SMS-em. Na naszej stronie popros o telefon, ktory odczyta kod.",
    Reason.NO_RATE: "Nie oferujemy polaczen z {number}. Wybierz inny numer.",
    Reason.NO_ROUTE: "Z numerem {number} nie mozna sie teraz polaczyc. Sprobuj pozniej.",
    Reason.BALANCE_LOW: "Za malo srodkow na to polaczenie. Doladuj konto i wyslij SMS ponownie.",
    Reason.CALL_IN_SETUP: ("Na {number} trwa juz polaczenie. Odbierz je albo zakoncz i wyslij SMS ponownie."),
    Reason.NOT_AVAILABLE: "Rozumiemy {token}, ale tu tego nie oferujemy. Napisz HELP, aby zobaczyc co mamy.",
    Reason.SYSTEM_TROUBLE: "Przepraszamy, mamy problem techniczny. Wyslij SMS ponownie za kilka minut.",
}
MORE_KNOWN: Mapping[tuple[str, str], str] = {
    (ReplyKind.CALLBACK_ACCEPTED, "destination"): (
        "Dzwonimy teraz na {number}. Odbierz, a polaczymy z {destination}."
    ),
    (ReplyKind.CALLBACK_REPLACED, "destination"): (
        "Zmienilismy zlecenie: odbierz {number}, a polaczymy z {destination}."
    ),
    (ReplyKind.BALANCE, "held"): "Twoje saldo: {balance}. Kolejne {held} odlozone na trwajace polaczenie.",
}
UNNAMED: Mapping[str, str] = {
    "number": "Ten numer",
    "token": "tekst",
    "part": "kluczu.",
    "balance": "nieznane",
    "code": "",
}
