-- Generated from schemas/tax_environments.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('tax_environments', {
        'Code': 'text',
        'CountryCode': 'text',
        'ValidityStartUtc': 'timestamp',
        'ValidityEndUtc': 'timestamp',
        'TaxationCodes': 'json',
    }) }}

)

select
    code,
    country_code,
    validity_start_utc,
    validity_end_utc,
    taxation_codes
from typed
