-- Generated from schemas/sources.json. Renew it with: make docs
with typed as (

    {{ mews.typed_columns('sources', {
        'Id': 'text',
        'Name': 'text',
        'Type': 'text',
        'UpdatedUtc': 'timestamp',
        'Code': 'integer',
    }) }}

)

select
    id,
    name,
    type,
    updated_utc,
    code
from typed
