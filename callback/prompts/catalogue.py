"""Prompt keys, their words and their files. Pure but for looking whether a file is there.

Prompts are short sentences made to follow each other: "That number is busy." "Please enter another number,
or hang up." Each file is 8 kHz mono mu-law WAV, spoken at -20 dBFS; `tools/build_prompts.py` makes them from
the words here. A new language is a folder and an entry in `WORDS`.
"""

from pathlib import Path

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "enter_number": "Please enter the number you wish to call, followed by the hash key.",
        "another_number": "Please enter another number, or hang up.",
        "connecting": "Connecting your call.",
        "busy": "That number is busy.",
        "no_answer": "There is no answer.",
        "wrong_number": "That number is not in service.",
        "unreachable": "That number cannot be reached at the moment.",
        "invalid_number": "That is not a valid number.",
        "no_input": "No number was entered.",
        "not_allowed": "This call is not permitted.",
        "no_rate": "Calls to that destination are not offered.",
        "emergency": "This service cannot reach emergency numbers. Please hang up and dial 112 directly.",
        "balance_low": "Your balance is too low for this call.",
        "call_ended": "The other party has hung up.",
        "system_trouble": "Something went wrong on our side. Please try again later.",
        "goodbye": "Goodbye.",
        "confirm_code": (
            "To hear the code that confirms this phone, press one. If you did not ask for it, please hang up."
        ),
        "your_code_is": "Your code is:",
        "digit_0": "Zero.",
        "digit_1": "One.",
        "digit_2": "Two.",
        "digit_3": "Three.",
        "digit_4": "Four.",
        "digit_5": "Five.",
        "digit_6": "Six.",
        "digit_7": "Seven.",
        "digit_8": "Eight.",
        "digit_9": "Nine.",
    },
}

# How a number is to be read aloud where the words hold one.
SAID_AS = {"112": "one, one, two"}

_FOLDER = Path(__file__).parent


class PromptMissing(Exception):
    """There is no such prompt; the message names key and language."""

    transient = False


def languages() -> list[str]:
    """The languages that have prompts."""
    return list(WORDS)


def prompts_of(language: str) -> list[Path]:
    """Every recording there is in a language, to be read before it is needed."""
    return sorted((_FOLDER / _spoken(language)).glob("*.wav"))


def find_prompt(language: str, key: str) -> Path:
    """The file of a prompt; raises `PromptMissing`. `language` may carry a region: `en-GB` speaks `en`."""
    spoken = _spoken(language)
    if key not in WORDS.get(spoken, {}):
        raise PromptMissing(f"there is no prompt '{key}' in the language '{language}'")
    path = _FOLDER / spoken / f"{key}.wav"
    if not path.is_file():
        raise PromptMissing(
            f"the recording of prompt '{key}' in the language '{language}' is missing: {path}"
        )
    return path


def _spoken(language: str) -> str:
    return language.lower().partition("-")[0]
