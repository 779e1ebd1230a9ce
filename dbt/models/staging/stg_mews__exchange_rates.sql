-- Generated from schemas/exchange_rates.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('exchange_rates', {
        'Id': 'text',
        'EnterpriseId': 'text',
        'SourceCurrency': 'text',
        'TargetCurrency': 'text',
        'Value': 'decimal',
    }) }}

)

select
    id,
    enterprise_id,
    source_currency,
    target_currency,
    value
from typed
