-- Generated from schemas/currencies.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('currencies', {
        'Code': 'text',
        'Precision': 'integer',
    }) }}

)

select
    code,
    precision
from typed
