"""A check of the tap on the real service, by default Mews' public demo environment.

It runs `--test`, reads the last days of every default stream, and asks what Mews does
not document. The report has counts, names and types, and nothing of a guest: it can be
attached to an issue.

    export TAP_MEWS_CLIENT_TOKEN=… TAP_MEWS_ACCESS_TOKEN=…
    make live
"""
