"""RTP in a process of its own: voice, digits and their pace, and nothing else.

Must not know SIP, the queue, the database or a call's meaning: it knows streams, prompts and bridges.

    dialer (asyncio)                           media process (one thread, epoll)
    client.MediaProcess ── unix socket ──► engine.Engine ──► stream.Stream ◄─► UDP ◄─► phone
         ▲   wanted.WantedState                 │
         └────── digit, playback ended, ────────┘
                 limit, timeout, stats

`rtp codecs dtmf rtcp tones wav` are pure and serve simulated handsets as well. Standard library only.
"""
