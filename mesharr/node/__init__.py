"""The stages of a node. Each `step(now)` does what is due and returns; each may run twice.

app ─► inbox ─► intake ─► transfer ─► publish ─► store
store ─► follow ─► reconcile ─► app, scan
"""
