"""The times of a call, as the configuration gives them to the session, which knows no configuration."""

from callback.config import Config
from callback.core.session import Policy


def policy(config: Config) -> Policy:
    """What is configured; the rest as the session's own defaults say."""
    times = config.session
    return Policy(
        ring_a_s=times.ring_a_s,
        ring_b_s=times.ring_b_s,
        first_digit_s=times.first_digit_s,
        next_digit_s=times.next_digit_s,
        talk_max_s=times.talk_max_s,
        grow_before_s=config.hold.grow_before_s,
    )
