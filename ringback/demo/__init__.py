"""`ringback demo`: a telecom in a box, played live, with every stage and every cent shown as it happens.

    simulated SMSC ──SMPP──► ringback serve ──SIP, RTP──► simulated carrier ─► Anna's and Boris's phones

Five kinds of process on loopback, and between them nothing but the real protocols. The service is the real
one, with a generated configuration in a directory of its own.

    cast                                  who plays, what they own, what a minute costs
    directory ► premises ► town           a place, its configuration and books, the processes
    mailbox, ears, phones                 the phones' SMS; what they hear, and the proof of it
    witness ► journey                     the service's own records, as moments of a timeline
    stagecraft ► tour                     the play: seven stages, each proven or named as missing
    news ► scene ► screen, panels         what is told, and how it looks on a terminal
         ► paper                          the same on paper, and for machines
    performance                           all of it, from the first process to the last

On the page (`webapp/demo.py`) whoever watches plays: the web face of that same service is given a stage.

    page_stage ► page_troupe              verbs in, pictures and sound out; phones, SMS centre and carrier
    page_phone, coach, listeners          what a phone shows, what to do next, who listens
    page_records ► page_story             the database, as chapters, charge and captions
    victims                               whom to kill

Every line shown was read from the service's database or reported by a simulator; nothing is assumed.
"""
