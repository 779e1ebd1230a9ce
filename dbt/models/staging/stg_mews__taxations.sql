-- Generated from schemas/taxations.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('taxations', {
        'Code': 'text',
        'Name': 'text',
        'LocalName': 'text',
    }) }}

)

select
    code,
    name,
    local_name
from typed
