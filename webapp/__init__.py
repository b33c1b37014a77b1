"""The web face: sign in, my numbers, the Call-me button; the operator's console. A front door, as smsgw is."""
