-- Generated from schemas/loyalty_programs.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('loyalty_programs', {
        'Id': 'text',
        'ChainId': 'text',
        'Name': 'text',
        'Code': 'text',
        'Type': 'text',
        'Subscription': 'text',
    }) }}

)

select
    id,
    chain_id,
    name,
    code,
    type,
    subscription
from typed
