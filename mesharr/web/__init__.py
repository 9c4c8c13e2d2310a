"""The page of a node, its JSON API and its metrics, served by the listener of the webhooks.

Everything is read from the node's own database over a connection of its own, in a few threads, so that
neither a slow reader nor a thousand of them delay a webhook.
"""
