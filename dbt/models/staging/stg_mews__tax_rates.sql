-- Generated from schemas/tax_rates.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('tax_rates', {
        'Code': 'text',
        'TaxationCode': 'text',
        'Value': 'decimal',
        'ValidityInvervalsUtc': 'json',
        'Strategy': 'json',
    }) }}

)

select
    code,
    taxation_code,
    value,
    validity_invervals_utc,
    strategy,
    {{ mews.json_text('strategy', ['Discriminator']) }} as strategy_discriminator
from typed
