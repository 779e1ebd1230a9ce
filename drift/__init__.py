"""What Mews has changed since the facts were written.

Two sources tell: the OpenAPI document that Mews publishes, and the reports of runs,
which name undocumented properties.

    python -m drift openapi swagger.yaml   what differs from facts/ and schemas/
    python -m drift report report.json     undocumented properties beside the facts
    python -m drift renew swagger.yaml     renews facts/specification/ and schemas/
"""
